"""Ways in as a person meets them: each page of passkeys and of a company's sign-in, opened by a browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.browser.house import House
from tests.browser.test_accessibility import too_wide
from tests.browser.visitor import Visitor
from tests.browser.ways_in import come_by_the_company, live_with_passkeys


@pytest.mark.long
def test_people_live_with_passkeys_and_their_companys_sign_in(
    browser: Browser, house: House
) -> None:
    found: list[str] = []

    def look(visitor: Visitor) -> None:
        found.extend(f"{visitor.where()} {one}" for one in visitor.grave_findings())
        found.extend(f"{visitor.where()} {one}" for one in too_wide(visitor))

    house.look = look
    try:
        Visitor(browser, house, "Fay").sign_in().close()
        come_by_the_company(browser, house)
        live_with_passkeys(browser, house)
    finally:
        house.look = lambda visitor: None
    assert found == [], "\n".join(found)
