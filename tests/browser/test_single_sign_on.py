"""A company's own sign-in at a real browser, which holds our forms to where they may lead."""

from __future__ import annotations

from playwright.sync_api import Browser

from tests.browser.house import House
from tests.browser.visitor import Visitor
from tests.openid_provider import OpenIdProvider


def test_the_button_leads_to_the_company_and_back_to_the_page_that_was_wanted(
    browser: Browser, house: House, sign_on_provider: OpenIdProvider
) -> None:
    fay = Visitor(browser, house, "Fay by her company")
    wanted = "/both/packages/"
    fay.open(wanted)

    with fay.page.expect_navigation(url=f"{house.address}{wanted}"):
        fay.page.get_by_role("button", name="Sign in with Golden Poppy").click()

    assert fay.page.get_by_role("button", name="Fay").count() or "Fay" in fay.page.content()
    assert sign_on_provider.asked[-1]["redirect_uri"].startswith(f"{house.address}/sign-in/by/")
    fay.close()
