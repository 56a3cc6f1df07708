"""Every page: no grave finding of axe, nothing wider than the window, no error in the console."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser

from glassbox.cli.demo_brand import MAKER, MOVER
from glassbox.web.urls import urlpatterns
from tests.browser.conftest import Visit
from tests.browser.house import House
from tests.browser.main_job import CARTS_TAG, Job
from tests.browser.test_first_look import label_of_oil
from tests.browser.visitor import Visitor

# Addresses that only take a POST, that are a file, or that send on to another page.
NO_PAGES = re.compile(
    r"^(both_.*|lock|unlock|openid_.*|action_reviewed?|account_(login|reset.*|inactive)|mfa_(?!index|list_webauthn).*|sign_out|health|front|packages_csv|import_template|import_problems|audit_csv|audit_proofs|pack_file|\w+_read|document|compare_now|sync_read|.*_(approve|return|withdraw"
    r"|attest|look|reject|comment|urgency|override|grant|beside|verify|close|confirm|assign|note|sign|end|save|rename|delete|open_with))$"
)
# Whose things the main job left at the manufacturer; all others lie at the distributor.
OF_THE_MAKER = ("batches/", "actions/", "cases/", "reconciliation/")
AT_THE_DOOR = ("receipt_count", "rejection", "delivery_check", "settlement")
# Where the first link of a list leads to the page.
BEHIND_LISTS = {
    "key_use": ("company/", "#main a[href*='/company/keys/']"),
    "audit_event": ("audit/", "#main td a[href*='/audit/']"),
    "exchange": (f"packages/{CARTS_TAG}/exchanges/", "#main a[href*='/sync/exchanges/']"),
}
# Pages of what the main job leaves none of.
WITHOUT_A_THING = {"wave", "rule_change", "case", "report", "inspection", "pack"}
TABLET = {"width": 1024, "height": 768}


def test_no_list_and_no_package_shuts_anybody_out(visit: Visit) -> None:
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
    for address in addresses:
        found += shut_out(fay, re.sub(r"<str:\w+>", label, address))

    assert not found, "\n".join(found)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_no_page_of_the_main_job_shuts_anybody_out(finished_job: Job, visit: Visit) -> None:
    fay = visit("Fay")

    found = []
    for address in pages(finished_job, fay):
        found += shut_out(fay, address)

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


def pages(job: Job, visitor: Visitor) -> list[str]:
    """Return the address of every page of the address book, about the things of the main job."""
    found = [f"/l/{MAKER}/", "/both/", "/both/packages/", "/both/actions/", job.places["card"]]
    for one in urlpatterns:
        name = str(one.name)
        if NO_PAGES.match(name) or name in WITHOUT_A_THING:
            continue
        if name in BEHIND_LISTS:
            found.append(behind_a_list(visitor, *BEHIND_LISTS[name]))
        else:
            found.append(address_of(job, name, str(one.pattern)))
    return found


def behind_a_list(visitor: Visitor, listing: str, link: str) -> str:
    visitor.open(f"/l/{MOVER}/{listing}")
    return str(visitor.page.locator(link).first.get_attribute("href"))


def address_of(job: Job, name: str, pattern: str) -> str:
    below = pattern.removeprefix("l/<str:license_number>/")
    number = MAKER if below.startswith(OF_THE_MAKER) or name in AT_THE_DOOR else MOVER
    things = {
        "batches/": job.places["batch"],
        "lab/": job.places["sample"],
        "orders/": job.places["order"],
        "actions/": job.places["action"],
        "transfers/": job.places[f"incoming {MAKER}" if name in AT_THE_DOOR else "outgoing"],
    }
    room = below.partition("/")[0] + "/"
    thing = things.get(room, "").rstrip("/").rpartition("/")[2]
    below = re.sub(r"<str:form_name>", "adjust", below)
    below = re.sub(r"<str:\w+>", CARTS_TAG, below)
    return f"/l/{number}/" + re.sub(r"<int:\w+>", thing, below)


def test_no_page_at_the_door_shuts_anybody_out(browser: Browser, house: House) -> None:
    stranger = Visitor(browser, house, "a stranger")
    found = []
    for address in ("/sign-in/", "/sign-in/forgotten/", "/sign-in/forgotten/sent/"):
        found += shut_out(stranger, address)
    stranger.close()

    assert not found, "\n".join(found)
