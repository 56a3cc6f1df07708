"""Every page: no grave finding of axe, nothing wider than the window, no error in the console."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser

from glassbox.cli.demo_brand import MAKER
from glassbox.web.urls import urlpatterns
from tests.browser.conftest import Visit
from tests.browser.house import House
from tests.browser.test_first_look import label_of_oil
from tests.browser.visitor import Visitor

# Addresses that only take a POST, that are a file, or that send on to another page.
NO_PAGES = re.compile(
    r"^(both_.*|lock|unlock|single_sign_on(_back)?|action_review(ed)?|account_(login|reset.*|inactive)|mfa_(?!index|list_webauthn).*|sign_out|session_alive|policy_report|health|front|packages_csv|import_template|import_problems|audit_csv|audit_proofs|pack_file|\w+_read|document|compare_now|sync_read|.*_(approve|return|withdraw"
    r"|attest|look|reject|comment|urgency|override|grant|beside|verify|close|confirm|assign|note|sign|end|save|rename|delete|open_with))$"
)
TABLET = {"width": 1024, "height": 768}


# A third in every run; all of them, and every other page, are opened by `make browser`.
@pytest.mark.parametrize("every", [3, pytest.param(1, marks=pytest.mark.long)])
def test_no_list_and_no_package_shuts_anybody_out(every: int, visit: Visit) -> None:
    fay = visit("Fay")
    label = label_of_oil(fay).split("/")[4]
    addresses = ["/both/", "/both/packages/", "/both/actions/"]
    for one in urlpatterns:
        pattern = str(one.pattern)
        if not NO_PAGES.match(str(one.name)) and "<int:" not in pattern and "<uuid:" not in pattern:
            below = pattern.replace("<str:license_number>", MAKER).replace("form_name", "adjust")
            below = below.replace("imports/new/<str:subject>", "imports/new/tags")
            below = below.replace("rules/<str:subject>", "rules/CA-MF-07")
            addresses.append("/" + re.sub(r"<str:adjust>", "adjust", below))

    found = []
    for address in addresses[::every]:
        found += shut_out(fay, re.sub(r"<str:\w+>", label, address))

    assert not found, "\n".join(found)


def shut_out(visitor: Visitor, address: str) -> list[str]:
    """Open a page and say what keeps somebody from using it."""
    visitor.open(address)
    return [f"{address} {one}" for one in (*visitor.grave_findings(), *too_wide(visitor))]


def test_axe_sees_a_picture_that_nobody_described(visit: Visit) -> None:
    fay = visit("Fay")
    fay.page.evaluate("document.body.append(Object.assign(new Image(), {src: 'data:,'}))")

    assert any("image-alt" in one for one in fay.grave_findings())


def test_a_page_that_is_too_wide_is_seen(visit: Visit) -> None:
    fay = visit("Fay")
    fay.page.evaluate("document.body.style.width = '2000px'")

    assert len(too_wide(fay)) == 2


def test_an_error_in_the_console_and_a_breach_of_the_policy_are_heard(visit: Visit) -> None:
    fay = visit("Fay")
    for breach in (
        "console.error('a page that fails')",
        "document.body.append(Object.assign(document.createElement('script'), {text: '1'}))",
    ):
        with fay.page.expect_console_message():
            fay.page.evaluate(breach)

        assert len(fay.problems) == 1
        fay.problems.clear()


def too_wide(visitor: Visitor) -> list[str]:
    """Say at which window the open page must be scrolled sideways."""
    wide = dict(visitor.page.viewport_size or {})
    found = []
    for size in (TABLET, wide):
        visitor.page.set_viewport_size(size)  # type: ignore[arg-type]
        pixels = visitor.pixels_too_wide()
        if pixels > 0:
            found.append(f"is {pixels} px wider than {size['width']}")
    return found


def test_no_page_at_the_door_shuts_anybody_out(browser: Browser, house: House) -> None:
    stranger = Visitor(browser, house, "a stranger")
    found = []
    for address in ("/sign-in/", "/sign-in/forgotten/", "/sign-in/forgotten/sent/"):
        found += shut_out(stranger, address)
    stranger.close()

    assert not found, "\n".join(found)
