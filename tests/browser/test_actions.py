"""One action through two browsers: drafted by one, approved by another, seen in METRC."""

from __future__ import annotations

from decimal import Decimal

from playwright.sync_api import expect

from glassbox.cli.demo_brand import MAKER
from tests.browser.conftest import Visit
from tests.browser.house import House
from tests.browser.test_first_look import label_of_oil


def test_an_adjustment_is_drafted_approved_by_another_sent_and_seen(
    visit: Visit, house: House
) -> None:
    ana, fay = visit("Ana"), visit("Fay")
    package = label_of_oil(ana)
    before = house.metrc_package(package.split("/")[4], MAKER)["Quantity"]

    place = ana.send(
        f"{package}draft/adjust/",
        quantity=str(before - Decimal("0.5")),
        metrc_reason="Scale Variance",
        note="Weighed twice on scale 2.",
        reason="The morning count found half a gram less.",
    )
    ana.press("Send for review")
    expect(ana.page.get_by_role("button", name="Approve:")).to_be_disabled()
    fay.open(f"/l/{MAKER}/actions/")
    with fay.page.expect_navigation():
        fay.page.locator(f"#main a[href='{place}']").first.click()
    fay.press("Approve:")
    # Nobody reloads: the page itself follows what METRC shows.
    fay.sees_accepted()

    after = house.metrc_package(package.split("/")[4], MAKER)["Quantity"]
    assert before - after == Decimal("0.5")
