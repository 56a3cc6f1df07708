"""One browser, two tabs, two licences: what is posted in one never lands in the other, and each page says where it is."""

from __future__ import annotations

import re

from django.test import Client

from glassbox.cli.demo_brand import Brand
from glassbox.models.alerts import AlertSettings
from glassbox.operations.transaction import short_transaction
from tests.builders import events_of
from tests.cast import DIST, MFG
from tests.signed_in_client import client_of

HOURS = {MFG: 6, DIST: 19}


def open_form(tab: Client, license_number: str) -> tuple[str, dict[str, str]]:
    """Return where a tab's form posts to, and what it holds."""
    address = f"/l/{license_number}/alerts/settings/"
    page = tab.get(address).content.decode()
    (form,) = re.findall(r"<form[^>]*>(?:(?!</form>).)*digest_hour.*?</form>", page, re.DOTALL)
    action = re.match(r'<form[^>]*\baction="([^"]+)"', form)
    typed = re.findall(r'<input[^>]*name="(\w+)"[^>]*value="([^"]*)"', form)
    return action.group(1) if action else address, {**dict(typed), "mail": "on"}


def test_forms_of_two_licences_open_at_once_land_each_at_its_own(cast: Brand) -> None:
    browser = client_of(cast, "Fay")
    forms = {number: open_form(browser, number) for number in (MFG, DIST)}

    # The tab that was opened first is sent last, when the other licence was looked at meanwhile.
    for number in (DIST, MFG):
        address, typed = forms[number]
        answer = browser.post(address, {**typed, "digest_hour": str(HOURS[number])})
        assert answer.status_code == 302
        assert answer["Location"].startswith(f"/l/{number}/")
        browser.get(f"/l/{MFG if number == DIST else DIST}/packages/")

    for number in (MFG, DIST):
        with short_transaction(cast.licenses[number]):
            assert AlertSettings.objects.get().digest_hour == HOURS[number]
        (record,) = events_of(cast.licenses[number], "alert_settings.changed")
        assert record["license"] == cast.licenses[number]


def test_the_strip_says_how_many_licences_a_page_speaks_of(cast: Brand) -> None:
    both = client_of(cast, "Fay").get("/both/packages/").content.decode()
    one = client_of(cast, "Hal").get("/account/").content.decode()

    assert "both licences · read only" in both
    assert f"{DIST} · read only" in one and "both licences" not in one
