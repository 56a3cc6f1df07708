"""Who may do what by the API: every address of its document, each of the cast, both licences, each scope."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime
from itertools import count
from typing import Any

import psycopg
import pytest
from ninja.operation import Operation

from glassbox.access import NotPermitted
from glassbox.api.auth import Token
from glassbox.api.urls import api, document
from glassbox.audit.models import ComplianceEvent
from glassbox.cli.demo_brand import MAKER, MOVER, NEIGHBOR, PEOPLE, Brand
from glassbox.operations.transaction import short_transaction
from glassbox.rules.api_tokens import SCOPE_PERMISSIONS, Scope
from glassbox.rules.permissions import Permission
from glassbox.rules.verdicts import InvalidInput, NotFound
from tests.db.actions.story import OIL, draft, put_oil
from tests.db.api.calling import call, token_of
from tests.db.web.test_matrix import HELD, SHARES, picked, rows

PREFIX = "/api/v1/l/{license_number}/"
# Reads say their scope where they are declared. A write asks in its operation, so that a no is
# remembered; all are of one scope.
WRITES = {
    "actions": Scope.DRAFT,
    "actions/{action_id}/comments": Scope.DRAFT,
    "actions/{action_id}/review": Scope.DRAFT,
    "actions/{action_id}/withdraw": Scope.DRAFT,
}
# What a token says of itself is for any.
OPEN_TO_ANY_SCOPE = {"token"}
NOBODYS = ("Nell",)


def declared() -> dict[tuple[str, str], Scope | None]:
    """The scope of every operation there is: out of the code for reads, out of WRITES for writes."""
    found: dict[tuple[str, str], Scope | None] = {}
    for path, operation in operations():
        for method in operation.methods:
            (auth,) = operation.auth_callbacks
            assert isinstance(auth, Token)
            scope = auth.scope if method == "GET" else WRITES[path]
            found[method, path] = scope
    return found


def operations() -> list[tuple[str, Operation]]:
    found = []
    for _, router in api._routers:
        for path, view in router.path_operations.items():
            short = re.sub(r"\{(?:\w+:)?(\w+)\}", r"{\1}", path).removeprefix("l/{license_number}/")
            short = short.removeprefix("/l/{license_number}/")
            found += [(short, one) for one in view.operations if one.include_in_schema]
    return found


def test_every_address_of_the_document_says_its_scope() -> None:
    said = {
        (method.upper(), path.removeprefix(PREFIX))
        for path, methods in document()["paths"].items()
        for method in methods
    }
    scopes = declared()

    assert said == set(scopes)
    assert {path for (method, path), scope in scopes.items() if scope is None} == OPEN_TO_ANY_SCOPE
    assert {path for method, path in scopes if method != "GET"} == set(WRITES)


@pytest.fixture
def world(cast: Brand) -> Brand:
    now = datetime.now(UTC).replace(microsecond=0)
    put_oil(cast, now)
    draft(cast, now)
    return cast


def concrete(brand: Brand, path: str, at: str) -> str:
    """An address of a thing that is there, at the manufacturer: a no must not come of its absence."""
    with short_transaction(brand.licenses[at]):
        event = ComplianceEvent.objects.filter(license_id=brand.licenses[at]).first()
    assert event is not None
    things = {"label": OIL, "action_id": "1", "event_id": str(event.event_id)}
    return re.sub(r"\{(\w+)\}", lambda found: things.get(found[1], "1"), path)


def ask(token: str, method: str, path: str, number: str) -> Any:
    """Call an address; a write says what no operation takes, so that what is allowed is not done."""
    if method == "GET":
        return call(token, path, number=number)
    body: dict[str, Any] = {"comment": ""} if path != "actions" else {"kind": "none", "facts": {}}
    return call(
        token, path, {**body, **({"reason": "x"} if path == "actions" else {})}, number=number
    )


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("number", [MAKER, MOVER])
def test_a_token_opens_exactly_what_its_scope_and_its_maker_may(
    world: Brand, cast_superuser: psycopg.Connection, number: str, share: int
) -> None:
    pairs, seen = count(), Counter[bool]()
    scopes, other = declared(), MOVER if number == MAKER else MAKER
    tokens = {}
    for person in [name for name, _, _ in PEOPLE]:
        held = HELD[person, number]
        for scope in Scope:
            may = Permission.TOKEN_HOLD in held and SCOPE_PERMISSIONS[scope] <= held
            if may:
                tokens[person, scope] = token_of(world, person, scope, number=number)
                continue
            with pytest.raises((NotPermitted, NotFound, InvalidInput)):
                token_of(world, person, scope, number=number)
    here = {path: concrete(world, path, number) for _, path in scopes}
    before = rows(cast_superuser, *world.licenses.values())

    for (person, scope), token in tokens.items():
        for (method, path), wanted in scopes.items():
            if not picked(next(pairs), share):
                continue
            opens = wanted is None or wanted is scope
            status = ask(token, method, here[path], number).status_code
            assert status != 500
            assert (status not in (401, 403)) == opens, (person, scope, method, path, status)
            seen[opens] += 1
            # In turn, our other licence and the neighbour's: another world, whatever is asked.
            elsewhere = (other, NEIGHBOR)[seen.total() % 2]
            assert ask(token, method, here[path], elsewhere).status_code == 401, (person, path)

    # Reads counted the token's own calls; nothing of the licence changed.
    assert rows_without_tokens(cast_superuser, world) == {
        table: digest for table, digest in before.items() if table not in COUNTERS
    }
    assert seen[True] and seen[False]


COUNTERS = {"api_tokens", "api_writes"}


def rows_without_tokens(superuser: psycopg.Connection, brand: Brand) -> dict[str, str]:
    found = rows(superuser, *brand.licenses.values())
    return {table: digest for table, digest in found.items() if table not in COUNTERS}


@pytest.mark.parametrize("number", [MAKER, MOVER])
def test_whoever_is_of_another_company_makes_no_token_here(cast: Brand, number: str) -> None:
    for person in NOBODYS:
        for scope in Scope:
            with pytest.raises(NotFound):
                token_of(cast, person, scope, number=number)
