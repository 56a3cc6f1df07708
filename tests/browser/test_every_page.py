"""Every page there is, as people come by it: nobody is shut out, nothing breaks the policy."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from urllib.parse import urldefrag, urlsplit

import pytest
from django.urls import Resolver404, resolve
from playwright.sync_api import APIResponse, Browser

from glassbox.web.rights import BUTTONS, READ_BY_POST
from glassbox.web.urls import urlpatterns
from tests.browser.further_things import make_further_things, sit_at_the_door
from tests.browser.house import House
from tests.browser.main_job import do_the_main_job
from tests.browser.test_accessibility import too_wide
from tests.browser.visitor import Visitor
from tests.browser.ways_in import come_by_the_company, live_with_passkeys
from tests.browser.whereabouts import address_of
from tests.db.web.test_every_address import addresses

# The same page about other things, and with other filters, is looked at again.
OF_ONE_NAME = 2
LINKS = (
    "() => [...document.querySelectorAll('a[href]:not([download])')]"
    ".map(one => new URL(one.getAttribute('href'), document.baseURI).href)"
)
# Files and parts of pages, whose thing has no such id as the address book's sample.
NO_PAGES = {
    *("import_problems", "import_template", "pack_file", "document", "audit_proofs", "audit_proof"),
    *("report_csv", "count_blank_sheet", "action_beside"),
    *("package_read", "result_read", "transfer_read"),
}
# A proof is asked for before them, so that an address alone does not tell that they are left out.
CONFIRMED_FIRST = (
    "mfa_add_webauthn",
    "mfa_edit_webauthn",
    "mfa_remove_webauthn",
    "provider_unbind",
)


class Walk:
    """Looks at every page that somebody opens, and goes where their links lead."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor
        self.looked_at = Counter[str]()
        self.found: list[str] = []
        self._known: set[str] = set()
        self._waiting = deque[str]()
        visitor.house.look = self.look

    def look(self, visitor: Visitor) -> None:
        """Say what keeps somebody from using the open page, if it was not looked at enough."""
        name = name_of(visitor.where())
        if self.looked_at[name] < OF_ONE_NAME:
            self.looked_at[name] += 1
            found = (*visitor.grave_findings(), *too_wide(visitor))
            self.found += [f"{visitor.where()} {one}" for one in found]

    def go(self, *places: str) -> None:
        """Open these and all that they lead to."""
        self._add(places)
        while self._waiting:
            address = self._waiting.popleft()
            if self.looked_at[name_of(address)] < OF_ONE_NAME and is_page(self.ask(address)):
                self.visitor.open(address)
                self._add(self.visitor.page.evaluate(LINKS))

    def ask(self, address: str) -> APIResponse:
        """Ask for an address without opening it; it leads nowhere else."""
        where = f"{self.visitor.house.address}{address}"
        return self.visitor.context.request.get(where, max_redirects=0)

    def _add(self, links: Iterable[str]) -> None:
        for link in links:
            address = urldefrag(link.removeprefix(self.visitor.house.address)).url
            if address.startswith("/") and address not in self._known and name_of(address):
                self._known.add(address)
                self._waiting.append(address)


def is_page(answer: APIResponse) -> bool:
    """Return whether it is a page of its own, and no part that a page fetches, no file, no way on."""
    is_html = "text/html" in answer.headers.get("content-type", "")
    return answer.status == 200 and is_html and "<html" in answer.text()[:200]


def name_of(address: str) -> str:
    """Return the name of the address's pattern, "" where nothing of ours is."""
    try:
        return resolve(urlsplit(address).path).url_name or ""
    except Resolver404:
        return ""


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_every_page_lets_everybody_in(browser: Browser, house: House) -> None:
    fay = Visitor(browser, house, "Fay").sign_in()
    walk = Walk(fay)
    sit_at_the_door(browser, house)
    job = do_the_main_job(browser, house)
    make_further_things(browser, house)
    come_by_the_company(browser, house)
    live_with_passkeys(browser, house)

    walk.go("/both/", *job.places.values())
    walk.go(*(address_of(job, str(one.name), str(one.pattern)) for one in urlpatterns))
    walk.go(*(address for _, address in addresses()))

    # What only takes a POST, is a file or leads on is no page.
    not_seen = {
        name.removeprefix("both_")
        for name, address in addresses()
        if not walk.looked_at[name]
        and not walk.looked_at[name.removeprefix("both_")]
        and ((answer := walk.ask(address)).status == 404 or is_page(answer))
    }
    assert [*fay.problems, *walk.found] == [], "\n".join((*fay.problems, *walk.found))
    left = sorted(not_seen - NO_PAGES - set(BUTTONS) - set(READ_BY_POST))
    assert left == [], f"nobody came by {', '.join(left)}"
    assert [one for one in CONFIRMED_FIRST if not walk.looked_at[one]] == []
    fay.close()
