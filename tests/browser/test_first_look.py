"""The first look: sign in, see the flow, switch licences, look packages up, and all by keyboard."""

from __future__ import annotations

import csv
import io

import pytest
from playwright.sync_api import expect

from glassbox.cli.demo_brand import MAKER, MOVER
from tests.browser.conftest import SUPPLIER, Visit
from tests.browser.house import House
from tests.browser.visitor import Visitor

OIL = "#main table.package-grid tbody tr"
OUTLINE_OF_THE_FOCUS = (
    "() => { const style = getComputedStyle(document.activeElement);"
    " return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0; }"
)


@pytest.mark.parametrize(
    "name", ["Ana", "Ben", "Cy", "Dee", "Eve", "Fay", "Gus", "Hal", "Ivy", "Owen", "Nell"]
)
def test_everybody_signs_in_and_lands_on_the_flow(visit: Visit, name: str) -> None:
    visitor = visit(name)

    expect(visitor.page.locator(".who")).to_contain_text(name)
    expect(visitor.page.locator(".flow-picture .step")).not_to_have_count(0)


def test_the_neighbour_sees_no_package_of_ours(visit: Visit) -> None:
    nell = visit("Nell")

    nell.open("/both/packages/?view=all")

    expect(nell.page.locator(OIL)).to_have_count(0)
    nell.sees("No package is in this view")


def test_the_flow_counts_what_there_is_and_a_count_opens_its_list(
    house: House, visit: Visit
) -> None:
    goods = {"item": "Crude Oil", "quantity": 10, "unitOfMeasure": "Grams"}
    house.desk.do("ship-in", fromLicense=SUPPLIER, toLicense=MAKER, packages=[goods])
    house.read(MAKER)
    fay = visit("Fay")
    fay.open(f"/l/{MAKER}/")
    step = fay.page.locator(".step", has_text="Accept transfer")
    shown = int(step.locator(".step-count").text_content() or "")

    with fay.page.expect_navigation():
        step.click()

    assert shown > 0
    expect(fay.page.locator("#list tbody tr")).to_have_count(shown)


def test_the_licence_switch_colours_and_labels_every_page(visit: Visit) -> None:
    fay = visit("Fay")
    grounds = set()
    for words, address, title in (
        ("M", f"/l/{MAKER}/", f"M {MAKER}"),
        ("D", f"/l/{MOVER}/", f"D {MOVER}"),
        ("Both", "/both/", "Both (read only)"),
    ):
        with fay.page.expect_navigation():
            fay.page.get_by_label("Licence switch").get_by_text(words, exact=False).first.click()
        assert fay.where() == address
        assert title in fay.page.title()
        grounds.add(
            fay.page.locator(".strip").evaluate("node => getComputedStyle(node).backgroundColor")
        )

    assert len(grounds) == 3


def test_the_view_of_both_offers_no_change(visit: Visit) -> None:
    fay = visit("Fay")

    fay.open(label_of_oil(fay).replace(f"/l/{MAKER}/", "/both/"))

    expect(fay.page.get_by_role("main").get_by_role("link", name="Adjust")).to_have_count(0)


def test_the_grid_filters_while_one_types_and_its_address_is_the_view(visit: Visit) -> None:
    fay = visit("Fay")
    fay.open(f"/l/{MAKER}/packages/?text=Crude")
    expect(fay.page.locator(OIL)).not_to_have_count(0)

    fay.page.fill("#grid-text", "no such thing")
    expect(fay.page.locator(OIL)).to_have_count(0)
    expect(fay.page.locator("#grid .empty")).to_be_visible()
    fay.page.reload()

    assert fay.where().count("text=") == 1
    expect(fay.page.locator(OIL)).to_have_count(0)


def test_a_column_is_chosen_and_stays_in_the_address(visit: Visit) -> None:
    fay = visit("Fay")
    fay.open(f"/l/{MAKER}/packages/")
    before = fay.page.locator("table.package-grid th").count()

    fay.page.get_by_text("Columns", exact=True).click()
    fay.page.locator("input[name=column]:checked").last.uncheck()

    expect(fay.page.locator("table.package-grid th")).to_have_count(before - 1)
    assert "column=" in fay.where()


def test_the_csv_holds_what_the_grid_shows(visit: Visit) -> None:
    fay = visit("Fay")
    fay.open(f"/l/{MAKER}/packages/?text=Crude")
    rows = fay.page.locator(OIL).count()

    with fay.page.expect_download() as download:
        fay.page.get_by_role("link", name="CSV of this view").click()
    table, _, _ = download.value.path().read_text(encoding="utf-8-sig").partition("\n\n")

    assert len(list(csv.DictReader(io.StringIO(table)))) == rows


def test_pasted_labels_are_sorted_into_found_and_not(visit: Visit) -> None:
    fay = visit("Fay")
    label = label_of_oil(fay).split("/")[4]
    fay.open(f"/l/{MAKER}/packages/")

    fay.page.get_by_text("Paste UIDs", exact=True).click()
    fay.page.fill("#labels", f"{label}, {label}; nonsense")
    fay.page.get_by_role("button", name="Find them").click()

    expect(fay.page.locator(".pasted")).to_contain_text("Found 1")
    expect(fay.page.locator(".pasted")).to_contain_text("not a tag")
    expect(fay.page.locator(".pasted")).to_contain_text("pasted more than once")


def test_a_package_opens_on_every_tab(visit: Visit) -> None:
    fay = visit("Fay")
    fay.open(label_of_oil(fay))
    for words in ("Why can it not move?", "Lineage", "Snapshots", "METRC exchanges"):
        fay.follow(words)
        expect(fay.page.locator(".tabs .is-on")).to_have_text(words)


def test_the_keyboard_alone_signs_in_and_opens_a_package(visit: Visit) -> None:
    fay = visit("Fay")
    fay.open(f"/l/{MAKER}/packages/?text=Crude")

    reach(fay, "a", "packages/1A")
    assert fay.page.evaluate(OUTLINE_OF_THE_FOCUS)
    with fay.page.expect_navigation():
        fay.page.keyboard.press("Enter")
    assert "/packages/1A" in fay.where()
    reach(fay, "a", "/draft/adjust/")
    with fay.page.expect_navigation():
        fay.page.keyboard.press("Enter")

    assert fay.where().endswith("/draft/adjust/")


def label_of_oil(visitor: Visitor) -> str:
    """Return the address of a package of crude oil."""
    visitor.open(f"/l/{MAKER}/packages/?text=Crude")
    return str(visitor.page.locator(f"{OIL} td.uid-cell a").first.get_attribute("href"))


def reach(visitor: Visitor, tag: str, part: str) -> None:
    """Press Tab until a link whose address holds this part has the focus."""
    for _ in range(120):
        visitor.page.keyboard.press("Tab")
        if visitor.page.evaluate(
            "([tag, part]) => document.activeElement.tagName.toLowerCase() === tag"
            " && (document.activeElement.getAttribute('href') || '').includes(part)",
            [tag, part],
        ):
            return
    raise AssertionError(f"The keyboard does not reach a link to {part}.")
