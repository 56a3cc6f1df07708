"""The packages grid by keys and pointer: a package beside the list, and views that are saved."""

from __future__ import annotations

from playwright.sync_api import expect

from glassbox.cli.demo_brand import MAKER
from tests.browser.conftest import Visit
from tests.browser.test_first_look import OIL


def test_a_package_is_shown_beside_the_list_by_key_and_by_pointer(visit: Visit) -> None:
    fay = visit("Fay")
    fay.open(f"/l/{MAKER}/packages/?text=Crude")
    address, pane = fay.where(), fay.page.locator("#pane")
    expect(pane).to_be_hidden()

    fay.page.keyboard.press("j")
    fay.page.keyboard.press("Space")
    expect(pane).to_contain_text("Open its page")
    assert fay.grave_findings() == []
    fay.page.keyboard.press("Escape")
    expect(pane).to_be_hidden()
    fay.page.locator(OIL).first.locator("td").nth(2).click()
    expect(pane).to_be_visible()

    assert fay.where() == address
    with fay.page.expect_navigation():
        pane.get_by_role("link", name="Open its page").click()
    assert "/packages/1A" in fay.where()


def test_a_view_is_saved_opened_and_deleted(visit: Visit) -> None:
    fay = visit("Fay")
    fay.open(f"/l/{MAKER}/packages/?view=all&text=Crude")
    fay.page.get_by_text("Save this view", exact=True).click()
    fay.page.fill("#view-name", "All crude")
    assert fay.grave_findings() == []
    fay.press("Save")

    saved = fay.page.get_by_label("Saved views").get_by_role("link", name="All crude")
    expect(saved).to_have_attribute("aria-current", "true")
    fay.open(f"/l/{MAKER}/packages/")
    with fay.page.expect_navigation():
        fay.page.get_by_role("link", name="All crude").click()
    assert "text=Crude" in fay.where()
    fay.page.get_by_text("Change All crude").click()
    fay.press("Delete this view")
    expect(fay.page.get_by_role("link", name="All crude")).to_have_count(0)
