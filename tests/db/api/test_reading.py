"""Reading over the API: the same as the pages show, in parts, and nothing of anybody else's."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import pytest

from glassbox.audit.models import ComplianceEvent
from glassbox.cli.demo_brand import Brand
from glassbox.operations.transaction import short_transaction
from glassbox.queries import cursors
from glassbox.rules.api_tokens import Scope
from tests.cast import DIST, MFG, NEIGHBOR
from tests.db.actions.story import OIL, draft, put_oil, split
from tests.db.api.calling import EVERY_SCOPE, call, said, token_of


@pytest.fixture
def oil(cast: Brand) -> datetime:
    now = datetime.now(UTC).replace(microsecond=0)
    put_oil(cast, now)
    return now


def test_both_books_of_a_package_are_read_exactly(cast: Brand, oil: datetime) -> None:
    token = token_of(cast, "Ana")

    (row,) = said(call(token, "packages"), 200)["packages"]
    assert (row["label"], row["our_quantity"], row["unit"]) == (OIL, "4669", "Grams")
    found = said(call(token, f"packages/{OIL}"), 200)
    assert found["metrc_quantity"] == "4669"
    graph = said(call(token, f"packages/{OIL}/lineage"), 200)
    assert [node["label"] for node in graph["nodes"]] == [OIL]


def test_lists_follow_each_other_by_their_cursor(
    cast: Brand, oil: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cursors, "ROWS_PER_CHAPTER", 2)
    drafted = [draft(cast, oil, {"packages": [split(455 + number)]}) for number in range(5)]
    token, seen, cursor = token_of(cast, "Ana"), [], ""
    for _ in range(3):
        part = said(call(token, f"actions?view=open&cursor={cursor}"), 200)
        seen += [one["id"] for one in part["actions"]]
        cursor = part["next"]

    assert seen == drafted[::-1]
    assert cursor == ""


def test_every_list_answers_even_where_there_is_nothing(cast: Brand) -> None:
    token = token_of(cast, "Ivy", Scope.READ, Scope.EVENTS)
    for address in ("packages", "transfers", "batches", "actions", "cases", "events"):
        part = said(call(token, address), 200)
        assert part["next"] == ""
        assert isinstance(part[address], list)
    assert said(call(token, "freshness"), 200)["as_of"] is None
    kinds = said(call(token, "action-kinds"), 200)["kinds"]
    assert "package.adjust" in [one["name"] for one in kinds]


WRONG = (
    ["actions?cursor=abc", "cases?cursor=-1", "packages?cursor=1", "packages?view=none"]
    + ["transfers?direction=UP", "batches?state=x", "events?action=x", f"packages?text={'x' * 101}"]
    + [f"batches?cursor={10**30}", "events?cursor=x"]
)


def test_what_cannot_be_asked_is_refused_by_its_field(cast: Brand) -> None:
    token = token_of(cast, "Ivy", Scope.READ, Scope.EVENTS)
    for address in WRONG:
        problem = said(call(token, address), 422)
        assert problem["code"] == "input.invalid", address
        assert problem["errors"], address


def test_a_foreign_id_is_not_found(cast: Brand, oil: datetime) -> None:
    theirs = draft(cast, oil)
    with short_transaction(cast.licenses[MFG]):
        event = ComplianceEvent.objects.filter(license_id=cast.licenses[MFG]).first()
    assert event is not None
    nell = token_of(cast, "Nell", *EVERY_SCOPE, number=NEIGHBOR)
    dee = token_of(cast, "Dee", number=DIST)
    for address in (f"packages/{OIL}", f"packages/{OIL}/lineage", f"actions/{theirs}"):
        assert said(call(nell, address, number=NEIGHBOR), 404)["code"] == "not-found"
        said(call(dee, address, number=DIST), 404)
    for address in (f"events/{event.event_id}", f"events/{event.event_id}/proof"):
        said(call(nell, address, number=NEIGHBOR), 404)


def test_what_a_token_was_not_made_for_stays_shut(cast: Brand) -> None:
    reader, drafter = token_of(cast, "Ivy", Scope.READ), token_of(cast, "Ana", Scope.DRAFT)

    assert said(call(reader, "events"), 403)["code"] == "api.scope-missing"
    assert said(call(drafter, "packages"), 403)["code"] == "api.scope-missing"


def test_an_event_is_read_with_its_reason(cast: Brand, oil: datetime) -> None:
    action_id = draft(cast, oil)
    token = token_of(cast, "Fay", Scope.EVENTS)

    (row,) = said(call(token, f"events?type=action.drafted&action={action_id}"), 200)["events"]
    found = said(call(token, f"events/{row['event_id']}"), 200)

    assert found["record"]["actor"]["via"] == "web"
    assert found["reason"] == "A smaller package for the filler"
    assert found["record"]["body"]["kind"] == "package.create"
    # No sequencer runs in this test, so the head over the event is not signed.
    said(call(token, f"events/{row['event_id']}/proof"), 404)
    said(call(token, f"events/{uuid.uuid4()}"), 404)


def test_every_failure_has_one_shape(cast: Brand) -> None:
    token = token_of(cast, "Ana")
    for method, address, status in (
        ("DELETE", "packages", 405),
        ("GET", "nothing", 404),
        ("GET", "packages/%00", 400),
        ("GET", "packages?text=%00", 400),
        ("GET", "actions/99999999999999999999999", 404),
        ("GET", "actions/x", 404),
    ):
        answer = call(token, address, method=method)
        problem = said(answer, status)
        assert problem["status"] == status
        assert problem["instance"].endswith(answer["X-Request-Id"])
