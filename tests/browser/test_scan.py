"""A scanner is a keyboard: it types a UID and Enter, wherever the pointer was left."""

from __future__ import annotations

from playwright.sync_api import expect

from glassbox.cli.demo_brand import MAKER
from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor

UID = "table.package-grid td.uid-cell a"


def labels_of(visitor: Visitor) -> list[str]:
    visitor.open(f"/l/{MAKER}/packages/")
    return [str(one.get_attribute("href")).split("/")[4] for one in visitor.page.locator(UID).all()]


def shoot(visitor: Visitor, label: str) -> None:
    visitor.page.keyboard.type(label)
    visitor.page.keyboard.press("Enter")


def test_one_label_after_the_other_without_touching_anything_else(visit: Visit) -> None:
    dee = visit("Dee")
    first, second = labels_of(dee)[:2]
    tail = dee.page.locator(".huge-uid .uid-tail")
    dee.open(f"/l/{MAKER}/scan/")

    shoot(dee, first)
    expect(tail).to_have_text(first[-8:])
    shoot(dee, second)

    expect(tail).to_have_text(second[-8:])
    assert second in dee.where()


def test_a_click_beside_the_field_does_not_lose_the_next_label(visit: Visit) -> None:
    dee = visit("Dee")
    first, second = labels_of(dee)[:2]
    dee.open(f"/l/{MAKER}/scan/?text={first}")

    dee.page.get_by_role("heading", name="Scan a label").click()
    shoot(dee, second)

    expect(dee.page.locator(".huge-uid .uid-tail")).to_have_text(second[-8:])


def test_what_is_no_label_is_answered_in_place(visit: Visit) -> None:
    dee = visit("Dee")
    dee.open(f"/l/{MAKER}/scan/")

    shoot(dee, "0012345678905")

    dee.sees("Not a METRC tag: it has 13 characters")


def test_a_whole_uid_in_the_search_field_opens_its_package(visit: Visit) -> None:
    dee = visit("Dee")
    label = labels_of(dee)[0]

    dee.page.get_by_role("searchbox", name="Search").fill(label)
    with dee.page.expect_navigation():
        dee.page.keyboard.press("Enter")

    assert dee.where() == f"/l/{MAKER}/packages/{label}/"
