"""METRC's API was away and people keyed in its pages: what waits is looked up before it is sent."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from glassbox.cli.demo_brand import MAKER, Brand
from glassbox.models.actions import ActionAttempt
from glassbox.operations.actions.review import approve_action, send_for_review
from glassbox.operations.submission.claim import NotYet
from glassbox.operations.submission.send import submit_action
from glassbox.operations.timetable import defer_due_jobs
from glassbox.operations.transaction import short_transaction
from glassbox.rules.action_lifecycle import ActionState
from glassbox.rules.actor import system_actor
from glassbox.runtime.postgres import ClusterUrls
from tests.builders import events_of, open_cases
from tests.desk import Desk
from tests.journeys.story import (
    action_of,
    approve,
    draft,
    look,
    now,
    person,
    read,
    receive_oil,
    send,
    split,
    writes,
)
from tests.journeys.test_send import counts
from tests.ledger import make_durable

TAGS = tuple(f"1A4060300000001000000{number}" for number in range(455, 465))
TODAY = now().date().isoformat()


def less(label: str, grams: str, note: str = "Spilled at the filler") -> dict[str, Any]:
    return {
        **{"label": label, "difference": f"-{grams}", "unit": "Grams"},
        **{"reason": "Waste", "note": note, "date": TODAY},
    }


def set_to(label: str, before: str, after: str) -> dict[str, Any]:
    return {
        **{"label": label, "quantity_before": before, "quantity": after, "unit": "Grams"},
        **{"reason": "Waste", "note": "Spilled at the filler", "date": TODAY},
    }


def queued(brand: Brand, database: ClusterUrls, kind: str, facts: dict[str, Any]) -> int:
    action_id = draft(brand, "Ana", MAKER, kind, facts)
    approve(brand, database, "Ana", "Fay", MAKER, action_id)
    return action_id


def tokenless(desk: Desk, label: str, grams: int, reason: str = "Waste") -> None:
    desk.do(
        "adjust",
        **{"licenseNumber": MAKER, "label": label, "quantity": -grams, "reason": reason},
        **{"note": "Keyed by Gus", "userName": "Gus"},
    )


def test_what_people_keyed_while_the_api_was_away_is_found_and_nothing_is_sent_twice(
    brand: Brand, desk: Desk, database: ClusterUrls
) -> None:
    labels = receive_oil(brand, desk, 500, 500, 500, 500, 500, 500)
    made, spent, spilled, other, weighed, untouched = labels
    create = queued(brand, database, "package.create", {"packages": [split(TAGS[0], made, "100")]})
    taken = queued(brand, database, "package.create", {"packages": [split(TAGS[1], spent, "100")]})
    first = queued(brand, database, "package.adjust_by", less(spilled, "12"))
    second = queued(brand, database, "package.adjust_by", less(spilled, "12", "A second spill"))
    differs = queued(brand, database, "package.adjust_by", less(other, "12"))
    weigh = queued(brand, database, "package.adjust", set_to(weighed, "500", "488"))
    waits = queued(brand, database, "package.adjust_by", less(untouched, "7"))
    everything = (create, taken, first, second, differs, weigh, waits)

    desk.do("api", up=False)
    for action_id in (create, waits):
        with pytest.raises(NotYet):
            send(brand, MAKER, action_id)
    assert "could be read" in action_of(brand, MAKER, create).blocked_because
    desk.do("create-package", licenseNumber=MAKER, **action_of(brand, MAKER, create).payload[0])
    body = {**action_of(brand, MAKER, taken).payload[0], "Quantity": 90}
    body["Ingredients"][0]["Quantity"] = 90
    desk.do("create-package", licenseNumber=MAKER, **body)
    tokenless(desk, spilled, 12)
    tokenless(desk, other, 10)
    tokenless(desk, weighed, 12)
    by_hand = len(writes(desk, "/packages/v2/"))
    desk.do("api", up=True)
    read(brand, MAKER)

    for action_id in everything:
        send(brand, MAKER, action_id)
        # A look at what is blocked knows less than the one before the send, whose sentence stays.
        look(brand, MAKER, action_id)

    states = [action_of(brand, MAKER, one).state for one in everything]
    assert states == [
        *(ActionState.ACCEPTED, ActionState.BLOCKED, ActionState.ACCEPTED, ActionState.ACCEPTED),
        *(ActionState.BLOCKED, ActionState.ACCEPTED, ActionState.ACCEPTED),
    ]
    # The second spill and the untouched package were truly sent; no other write left us.
    sent = writes(desk, "/packages/v2/")[by_hand:]
    assert [entry["body"][0]["Label"] for entry in sent] == [spilled, untouched]
    assert "by Gus" in action_of(brand, MAKER, first).outcome
    assert "by Gus" in action_of(brand, MAKER, weigh).outcome
    assert "holds 90 g, not 100 g" in action_of(brand, MAKER, taken).blocked_because
    assert "-10 g by Gus" in action_of(brand, MAKER, differs).blocked_because
    books = counts(brand)
    assert books[TAGS[0]] == (Decimal(100), Decimal(100))
    assert books[spilled] == (Decimal(476), Decimal(476))
    assert books[weighed] == (Decimal(488), Decimal(488))
    assert {fact for _, fact, _ in open_cases(brand.licenses[MAKER])} >= {
        f"action-blocked:{taken}",
        f"action-blocked:{differs}",
    }


def test_work_by_hand_is_told_in_the_ledger_and_by_an_attempt_that_sent_nothing(
    brand: Brand, desk: Desk, database: ClusterUrls
) -> None:
    (oil,) = receive_oil(brand, desk, 500)
    create = queued(brand, database, "package.create", {"packages": [split(TAGS[0], oil, "100")]})
    desk.do("create-package", licenseNumber=MAKER, **action_of(brand, MAKER, create).payload[0])

    send(brand, MAKER, create)

    (claimed,) = events_of(brand.licenses[MAKER], "action.claimed")
    (accepted,) = events_of(brand.licenses[MAKER], "action.accepted")
    assert claimed["body"]["is_sent"] is False
    assert accepted["body"]["by_hand"] is True
    with short_transaction(brand.licenses[MAKER]):
        attempt = ActionAttempt.objects.get(action_id=create)
    assert attempt.ticket_used_at is None and attempt.ended_at is not None
    action = action_of(brand, MAKER, create)
    assert action.evidence["by_hand"]["done_at"] in accepted["body"]["done_at"] != ""


def test_a_person_ends_a_blocked_one_after_looking_at_what_was_done_instead(
    brand: Brand, desk: Desk, database: ClusterUrls
) -> None:
    (oil,) = receive_oil(brand, desk, 500)
    differs = queued(brand, database, "package.adjust_by", less(oil, "12"))
    tokenless(desk, oil, 10)

    send(brand, MAKER, differs)
    assert action_of(brand, MAKER, differs).state == ActionState.BLOCKED
    look(brand, MAKER, differs)

    assert action_of(brand, MAKER, differs).state == ActionState.BLOCKED
    assert len(writes(desk, "/packages/v2/adjust")) == 0


def test_what_was_approved_first_on_the_same_goods_goes_first(
    brand: Brand, desk: Desk, database: ClusterUrls
) -> None:
    (oil,) = receive_oil(brand, desk, 500)
    first = queued(brand, database, "package.adjust_by", less(oil, "12"))
    second = queued(brand, database, "package.adjust_by", less(oil, "5"))

    with pytest.raises(NotYet, match=f"Action {first} on the same goods"):
        send(brand, MAKER, second)
    send(brand, MAKER, first)
    look(brand, MAKER, first)
    send(brand, MAKER, second)
    look(brand, MAKER, second)

    sent = [entry["body"][0]["Quantity"] for entry in writes(desk, "/packages/v2/adjust")]
    assert sent == [-12, -5]


def test_a_silent_metrc_opens_the_circuit_and_one_try_closes_it(
    brand: Brand, desk: Desk, database: ClusterUrls
) -> None:
    sources = receive_oil(brand, desk, 500, 500)
    rows = [split(tag, oil, "5") for tag, oil in zip(TAGS, sources, strict=False)]
    ids = [queued(brand, database, "package.create", {"packages": [row]}) for row in rows]
    desk.do("api", up=False)
    with pytest.raises(NotYet, match="could be read"):
        send(brand, MAKER, ids[0])
    asked = len(desk.journal())

    with pytest.raises(NotYet, match="times in a row"):
        send(brand, MAKER, ids[1])

    assert len(desk.journal()) == asked
    assert "times in a row" in action_of(brand, MAKER, ids[1]).blocked_because
    desk.do("api", up=True)
    later = now() + timedelta(seconds=61)
    defer_due_jobs(actor=system_actor("timetable"), now=later)
    for action_id in ids:
        send_at(brand, action_id, later)
        look(brand, MAKER, action_id)
        assert action_of(brand, MAKER, action_id).state == ActionState.ACCEPTED


def send_at(brand: Brand, action_id: int, at: Any) -> None:
    sender = system_actor("sender")
    submit_action(actor=sender, license_id=brand.licenses[MAKER], action_id=action_id, now=at)


def test_without_a_sequencer_only_sends_wait_and_they_say_why(
    brand: Brand, desk: Desk, database: ClusterUrls
) -> None:
    (oil,) = receive_oil(brand, desk, 500)
    license_id = brand.licenses[MAKER]
    create = draft(brand, "Ana", MAKER, "package.create", {"packages": [split(TAGS[0], oil, "5")]})
    for step, name in ((send_for_review, "Ana"), (approve_action, "Ben")):
        step(actor=person(brand, name), license_id=license_id, action_id=create, now=now())

    with pytest.raises(NotYet):
        send(brand, MAKER, create)
    assert action_of(brand, MAKER, create).blocked_because == ""
    with pytest.raises(NotYet):
        send_at(brand, create, now() + timedelta(seconds=30))
    assert (
        "the sequencer and the signer must be running"
        in action_of(brand, MAKER, create).blocked_because
    )
    draft(brand, "Ana", MAKER, "package.adjust_by", less(oil, "1"))

    make_durable(database)
    send(brand, MAKER, create)
    look(brand, MAKER, create)
    assert action_of(brand, MAKER, create).state == ActionState.ACCEPTED
