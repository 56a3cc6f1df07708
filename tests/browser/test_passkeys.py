"""Passkeys as a person meets them: every page of them, opened by a browser with an authenticator."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.browser.house import House
from tests.browser.passkeys import live_with_passkeys
from tests.browser.test_accessibility import too_wide
from tests.browser.visitor import Visitor


@pytest.mark.long
def test_a_person_lives_with_passkeys(browser: Browser, house: House) -> None:
    found: list[str] = []

    def look(visitor: Visitor) -> None:
        found.extend(f"{visitor.where()} {one}" for one in visitor.grave_findings())
        found.extend(f"{visitor.where()} {one}" for one in too_wide(visitor))

    house.look = look
    try:
        live_with_passkeys(browser, house)
    finally:
        house.look = lambda visitor: None
    assert found == [], "\n".join(found)
