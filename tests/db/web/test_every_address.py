"""Every address there is, from the code: whom it lets in, and that a reader changes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern

from glassbox.api.urls import document
from glassbox.audit.models import ComplianceEvent
from glassbox.cli.demo_brand import MAKER, MOVER, Brand
from glassbox.operations.transaction import short_transaction
from glassbox.web.sign_in_addresses import OPEN_NAMES, OWN_NAMES
from glassbox.web.urls import urlpatterns
from tests.db.api.calling import token_of
from tests.signed_in_client import client_of

PAGES_AT_LEAST = 40
# What stands in an address where a page wants to know which one: nothing of ours has these.
SAMPLES = {
    "int": "999999",
    "str": "1A4060300000001000000455",
    "uuid": "00000000-0000-7000-8000-000000000000",
}
OPEN_TO_STRANGERS = OPEN_NAMES | {"health", "metrc_hook", "policy_report"}
# A person's own sign-in is everybody's own act, and the front page only leads on.
OWN_ACTS = OWN_NAMES | {"front"}


def addresses() -> Iterator[tuple[str, str]]:
    """Return the name and a concrete address of every pattern, at the manufacturer."""
    for pattern in urlpatterns:
        assert isinstance(pattern, URLPattern)
        text = str(pattern.pattern).replace("<str:license_number>", MAKER)
        yield (
            pattern.name or "",
            "/" + re.sub(r"<(\w+):\w+>", lambda found: SAMPLES[found[1]], text),
        )


ALL = [(name, address) for name, address in addresses() if name not in OPEN_TO_STRANGERS]
WALLED = [(name, address) for name, address in ALL if address.startswith(f"/l/{MAKER}/")]


def event_count(brand: Brand) -> int:
    total = 0
    for number in (MAKER, MOVER):
        with short_transaction(brand.licenses[number]):
            total += (
                ComplianceEvent.objects.filter(license_id=brand.licenses[number])
                .exclude(type="access.denied")
                .count()
            )
    return total


def test_every_address_has_a_name_of_its_own() -> None:
    names = [pattern.name for pattern in urlpatterns]  # type: ignore[union-attr]

    assert all(names)
    assert len(names) == len(set(names))


def test_a_stranger_is_sent_to_the_sign_in_from_every_address(cast: Brand) -> None:
    client = Client()
    for name, address in ALL:
        for answer in (client.get(address), client.post(address)):
            if name == "sign_out":
                continue
            assert answer.status_code == 302, f"{name}: {answer.status_code}"
            assert answer["Location"].startswith("/sign-in/"), name


def test_the_neighbour_finds_nothing_at_any_address_of_ours(cast: Brand) -> None:
    client = client_of(cast, "Nell")
    for name, address in WALLED:
        assert client.get(address).status_code == 404, name
        assert client.post(address).status_code == 404, name


# Fay reads both licences, Hal one; the matrix tries a share of the others' addresses each time.
@pytest.mark.parametrize(
    "who",
    ["Fay", "Hal", *(pytest.param(one, marks=pytest.mark.long) for one in ("Ana", "Eve", "Ivy"))],
)
def test_no_address_breaks_for_people_of_the_brand_and_each_page_lets_them_out(
    cast: Brand, who: str
) -> None:
    client, pages = client_of(cast, who), 0
    number = MOVER if who in ("Eve", "Hal") else MAKER
    for name, address in ALL:
        if name in OWN_ACTS:
            continue
        answer = client.get(address.replace(MAKER, number))
        assert answer.status_code in (200, 302, 404, 405), f"{name}: {answer.status_code}"
        if answer.status_code == 200 and answer.content.startswith(b"<!doctype html>"):
            pages += 1
            assert b'action="/sign-out/"' in answer.content, name
    assert pages > PAGES_AT_LEAST


def test_an_auditor_who_presses_every_button_changes_nothing(cast: Brand) -> None:
    client = client_of(cast, "Ivy")
    before = event_count(cast)
    for name, address in ALL:
        if name in OWN_ACTS:
            continue
        status = client.post(address).status_code
        assert status in (200, 403, 404, 405, 422), f"{name}: {status}"

    assert event_count(cast) == before


def test_nothing_is_done_where_both_licences_are_looked_at(cast: Brand) -> None:
    client = client_of(cast, "Fay")
    before = event_count(cast)
    for name, address in ALL:
        if not address.startswith("/both/"):
            continue
        status = client.post(address).status_code
        assert status in (200, 404, 405), f"{name}: {status}"

    assert event_count(cast) == before


def test_no_address_takes_a_method_that_it_does_not_name(cast: Brand) -> None:
    client = client_of(cast, "Fay")
    for name, address in addresses():
        methods = [client.patch, client.delete, client.options, client.trace]
        # METRC says in its documents that its hook comes by POST or by PUT.
        methods += [] if name == "metrc_hook" else [client.put]
        for method in methods:
            assert method(address).status_code == 405, name


def test_the_api_takes_no_method_that_its_document_does_not_name(cast: Brand) -> None:
    seen, token = 0, token_of(cast, "Fay")
    headers = {"Authorization": f"Bearer {token}"}
    for path, taken in document()["paths"].items():
        path = path.replace("{license_number}", MAKER).replace("{event_id}", SAMPLES["uuid"])
        here = re.sub(r"\{[^}]*\}", "1", path)
        for method in ("get", "put", "patch", "delete", "options", "trace", "post"):
            if method in taken:
                continue
            seen += 1
            answer = Client().generic(method.upper(), here, headers=headers)
            assert answer.status_code == 405, f"{method} {here}"
    assert seen > 50
