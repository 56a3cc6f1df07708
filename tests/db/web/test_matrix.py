"""Who may do what: every address of the pages and the API, each of the cast, both licences."""

from __future__ import annotations

import importlib.util
import re
from collections import Counter
from datetime import UTC, datetime
from itertools import count

import psycopg
import pytest
from django.urls import URLPattern

from glassbox.cli.demo_brand import MAKER, MOVER, NEIGHBOR, PEOPLE, Brand
from glassbox.rules.permissions import Permission, permissions_of
from glassbox.web.rights import READ_BY_POST, presses
from glassbox.web.urls import urlpatterns
from tests.db.actions.story import OIL, draft, put_oil, review
from tests.db.web.test_every_address import ALL
from tests.meta.source import ROOT
from tests.signed_in_client import client_of

REFUSED = frozenset({403, 404, 422})
# Each pair of a person and an address takes a moment, and there are thousands: every one in the
# long mode, every sixth whenever the tests run.
SHARES = [6, pytest.param(1, marks=pytest.mark.long)]
HELD = {
    (name, number): permissions_of(frozenset(role for at, role in roles if at == number))
    for name, _, roles in PEOPLE
    for number in (MAKER, MOVER)
}
PRESSES = presses()
HERE = [(name, address) for name, address in ALL if address.startswith(f"/l/{MAKER}/")]
# What must stay as it is; what a denied press itself writes is left out.
UNTOUCHED = """
    SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND NOT a.attisdropped
    AND a.attname = 'license_id' AND c.relowner <> 'glassbox_ledger'::regrole
"""


@pytest.fixture
def world(cast: Brand) -> Brand:
    """Goods and an action in review at the manufacturer: there is something to press about."""
    now = datetime.now(UTC).replace(microsecond=0)
    put_oil(cast, now)
    review(cast, now, draft(cast, now))
    return cast


def rows(superuser: psycopg.Connection, *license_ids: int) -> dict[str, str]:
    """A digest of every row of some licences, table by table."""
    found = {}
    for (table,) in superuser.execute(UNTOUCHED).fetchall():
        row = superuser.execute(
            f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {table} t"  # type: ignore[arg-type]
            " WHERE license_id = ANY(%s)",
            [list(license_ids)],
        ).fetchone()
        found[table] = row[0] if row else ""
    return found


def picked(pair: int, share: int) -> bool:
    """Say whether the pair of that number is among those to try."""
    return pair % share == 0


def concrete(address: str, number: int) -> str:
    """The address of a thing that may exist: a small id, and the label of the goods there are."""
    return address.replace("999999", str(number)).replace("1A4060300000001000000455", OIL)


def test_every_address_that_can_be_pressed_is_declared() -> None:
    pressed = {
        pattern.name
        for pattern in urlpatterns
        if isinstance(pattern, URLPattern) and str(pattern.pattern).startswith("l/")
        if "POST" in _methods(pattern)
    }

    assert pressed - READ_BY_POST == set(PRESSES)


def _methods(pattern: URLPattern) -> set[str]:
    """The methods that a view takes, read out of the decorators it is wrapped in."""
    found: set[str] = set()
    view = pattern.callback
    while view is not None:
        for cell in view.__closure__ or ():
            if isinstance(cell.cell_contents, list | tuple):
                found |= {str(one) for one in cell.cell_contents}
        view = getattr(view, "__wrapped__", None)
    return found


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("number", [MAKER, MOVER])
def test_a_press_is_refused_exactly_where_the_declared_right_is_not_held(
    world: Brand, cast_superuser: psycopg.Connection, number: str, share: int
) -> None:
    pairs = count()
    before = rows(cast_superuser, *world.licenses.values())
    denied: Counter[str] = Counter()
    for person in HELD_AT[number]:
        client, held = client_of(world, person, raises=False), HELD[person, number]
        for name, address in HERE:
            if name not in PRESSES or PRESSES[name] in held or not picked(next(pairs), share):
                continue
            here = concrete(address, 1).replace(MAKER, number)
            status = client.post(here).status_code
            assert status in (REFUSED if held else {404}), f"{person}: {name}: {status}"
            denied[name] += status == 403

    assert rows(cast_superuser, *world.licenses.values()) == before
    # Guards against a run in which nothing was there to be refused.
    assert sum(1 for times in denied.values() if times) > 15 / share


HELD_AT = {number: [name for name, _, _ in PEOPLE] for number in (MAKER, MOVER)}


def test_whoever_holds_the_declared_right_is_not_refused_it(world: Brand) -> None:
    for name, address in HERE:
        wanted = PRESSES.get(name)
        if wanted is None:
            continue
        for number in (MAKER, MOVER):
            person = next(
                (one for one, at in HELD if at == number and wanted in HELD[one, at]), None
            )
            if person is None:
                continue
            # An id that is none: what is allowed is tried without being done.
            status = (
                client_of(world, person, raises=False)
                .post(address.replace(MAKER, number))
                .status_code
            )
            assert status in {200, 302, 404, 405, 409, 422}, f"{person}: {name}: {status}"


@pytest.mark.parametrize("share", SHARES)
def test_every_page_opens_for_whoever_may_read_there_and_is_not_found_for_others(
    world: Brand, cast_superuser: psycopg.Connection, share: int
) -> None:
    pairs = count()
    before = rows(cast_superuser, *world.licenses.values())
    for number, reader in ((MAKER, "Fay"), (MOVER, "Gus")):
        assert Permission.PACKAGE_READ in HELD[reader, number]
        client = client_of(world, reader, raises=False)
        for name, address in HERE:
            if not picked(next(pairs), share):
                continue
            here = concrete(address, 1).replace(MAKER, number)
            status = client.get(here).status_code
            assert status in (200, 302, 404, 405), f"{reader}: {name}: {status}"
    for person, number in (("Ana", MOVER), ("Gus", MAKER), ("Hal", MAKER), ("Nell", MAKER)):
        client = client_of(world, person, raises=False)
        for name, address in HERE:
            if not picked(next(pairs), share):
                continue
            status = client.get(concrete(address, 1).replace(MAKER, number)).status_code
            assert status == 404, f"{person}: {name}: {status}"
    # Looking changes nothing.
    assert rows(cast_superuser, *world.licenses.values()) == before


@pytest.mark.parametrize("share", SHARES)
def test_two_companies_never_meet_whatever_address_and_id(
    world: Brand, cast_superuser: psycopg.Connection, share: int
) -> None:
    pairs = count()
    before = rows(cast_superuser, world.licenses[MAKER], world.licenses[MOVER])
    event = cast_superuser.execute(
        "SELECT event_id::text FROM compliance_events WHERE license_id = %s LIMIT 1",
        [world.licenses[MAKER]],
    ).fetchone()
    assert event is not None
    client, met = client_of(world, "Nell", raises=False), 0
    about = re.compile(r"999999|1A4060300000001000000455|00000000-0000-7000-8000-000000000000")
    for name, address in HERE:
        if not about.search(address):
            continue
        for number in (1, 2, 3):
            here = concrete(address, number).replace(
                "00000000-0000-7000-8000-000000000000", event[0]
            )
            if not picked(next(pairs), share):
                continue
            for at in (MAKER, NEIGHBOR):
                for answer in (
                    client.get(here.replace(MAKER, at)),
                    client.post(here.replace(MAKER, at)),
                ):
                    met += 1
                    text = answer.content.decode(errors="replace")
                    assert answer.status_code != 500, f"{name} at {at}"
                    assert "Crude Oil" not in text, f"{name} at {at}"
                    assert "goldenpoppy" not in text, f"{name} at {at}"
                    if at == MAKER:
                        assert answer.status_code == 404, f"{name}: {answer.status_code}"

    assert met > 500 / share
    assert rows(cast_superuser, world.licenses[MAKER], world.licenses[MOVER]) == before


def test_the_list_in_docs_is_the_one_the_code_makes() -> None:
    script = ROOT / "scripts" / "list_permissions.py"
    spec = importlib.util.spec_from_file_location("list_permissions", script)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    kept = (ROOT / "docs" / "permissions.md").read_text()
    assert kept == module.page(), "run scripts/list_permissions.py"
