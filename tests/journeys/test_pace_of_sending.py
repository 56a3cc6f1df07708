"""How long one lost answer, many lost answers and an outage hold up: a real worker against real HTTP."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from itertools import cycle, islice
from typing import Any

import psycopg
import pytest

from glassbox.audit.models import ComplianceEvent
from glassbox.cli.demo_brand import MAKER, Brand
from glassbox.models.actions import ActionAttempt, RegulatedAction
from glassbox.operations.actions.review import approve_action, send_for_review
from glassbox.operations.transaction import short_transaction
from glassbox.rules.action_lifecycle import ActionState
from glassbox.runtime.postgres import ClusterUrls
from tests.desk import Desk
from tests.journeys.story import action_of, draft, now, person, read, receive_oil, split
from tests.journeys.test_by_hand_meanwhile import less
from tests.journeys.test_kill import WorkerOfATest, move_our_clock, wait_for
from tests.ledger import make_durable

CREATES = {"method": "POST", "path": "/packages/v2/"}
LOST = ("drop-after", "drop-before", "500-after", "truncate")
OTHERS_WAIT_AT_MOST_SECONDS = 5.0
RESOLVED_WITHIN_SECONDS = 60.0
READS_A_SECOND = 25
READS_AT_ONCE = 10
WINDOW_SECONDS = 5
OF_ONE_PACKAGE = 6
PATIENCE_SECONDS = 240.0


def tag(number: int) -> str:
    return f"1A4060300000001{number:09}"


def approved(brand: Brand, database: ClusterUrls, kind: str, many: Iterable[Any]) -> list[int]:
    """Ana drafts them, Fay approves them in this order, and the ledger numbers them all at once."""
    ids = [draft(brand, "Ana", MAKER, kind, facts) for facts in many]
    for action_id in ids:
        for step, name in ((send_for_review, "Ana"), (approve_action, "Fay")):
            step(
                actor=person(brand, name),
                license_id=brand.licenses[MAKER],
                action_id=action_id,
                now=now(),
            )
    make_durable(database)
    return ids


def states(brand: Brand, ids: Iterable[int]) -> set[str]:
    with short_transaction(brand.licenses[MAKER]):
        found = RegulatedAction.objects.filter(id__in=list(ids)).values_list("state", flat=True)
        return set(found)


def accepted(brand: Brand, ids: list[int], seconds: float = PATIENCE_SECONDS) -> None:
    done = {ActionState.ACCEPTED}
    wait_for(lambda: states(brand, ids) == done, f"{len(ids)} actions are accepted", seconds)


def longest_seconds(brand: Brand, ids: list[int], since: datetime) -> float:
    ends = [action_of(brand, MAKER, one).settled_at for one in ids]
    return max((end - since).total_seconds() for end in ends if end is not None)


def read_all(brand: Brand) -> None:
    for number in brand.licenses:
        if number != MAKER:
            read(brand, number)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_one_lost_answer_delays_other_lineages_by_five_seconds_at_most(
    brand: Brand, desk: Desk, database: ClusterUrls
) -> None:
    lost, *others = receive_oil(brand, desk, 500, 500, 500, 500)
    read_all(brand)
    tags = iter(range(455, 480))

    def splits(labels: list[str]) -> list[dict[str, Any]]:
        return [{"packages": [split(tag(next(tags)), label, "10")]} for label in labels]

    with WorkerOfATest(database, GLASSBOX_METRC_TIMEOUT_SECONDS="30"):
        accepted(brand, approved(brand, database, "package.create", splits(others)))
        usual = approved(brand, database, "package.create", splits(others))
        began = now()
        accepted(brand, usual)
        usual_seconds = longest_seconds(brand, usual, began)

        desk.do("faults", rules=[{**CREATES, "kind": "never-answers-after", "times": 1}])
        (waiting,) = approved(brand, database, "package.create", splits([lost]))
        wait_for(lambda: not desk.overview()["faults"], "METRC keeps an answer back")
        beside = approved(brand, database, "package.create", splits(others))
        began = now()
        accepted(brand, beside)
        with short_transaction(brand.licenses[MAKER]):
            assert ActionAttempt.objects.get(action_id=waiting).ended_at is None
        delay = longest_seconds(brand, beside, began) - usual_seconds

    assert delay <= OTHERS_WAIT_AT_MOST_SECONDS, f"{delay:.1f} s beside {usual_seconds:.1f} s"


def doubt_seconds(brand: Brand, action_id: int) -> list[float]:
    """Return how long each doubt about an action lasted, by the times of its events."""
    with short_transaction(brand.licenses[MAKER]):
        told = list(
            ComplianceEvent.objects.filter(
                license_id=brand.licenses[MAKER], subject=f"action:{action_id}"
            )
            .order_by("occurred_at")
            .values_list("type", "occurred_at")
        )
    found = []
    for place, (kind, at) in enumerate(told):
        if kind == "action.answer_lost":
            ends = (when for name, when in told[place:] if name in ENDS_OF_DOUBT)
            found.append((next(ends) - at).total_seconds())
    return found


ENDS_OF_DOUBT = ("action.accepted", "action.requeued", "action.blocked", "action.rejected")


@pytest.mark.long
@pytest.mark.timeout(900)
def test_doubt_about_what_has_a_tag_ends_within_a_minute(
    brand: Brand, desk: Desk, database: ClusterUrls
) -> None:
    oils = receive_oil(brand, desk, *[500] * 12)
    read_all(brand)
    script = list(islice(cycle(LOST), len(oils)))
    desk.do("faults", rules=[{**CREATES, "script": script}])
    splits = [{"packages": [split(tag(455 + n), oil, "10")]} for n, oil in enumerate(oils)]
    ids = approved(brand, database, "package.create", splits)
    with WorkerOfATest(database):
        accepted(brand, ids)

    lasted = sorted(seconds for one in ids for seconds in doubt_seconds(brand, one))
    assert len(lasted) >= len(oils)
    assert lasted[math.ceil(0.95 * len(lasted)) - 1] <= RESOLVED_WITHIN_SECONDS, lasted


@pytest.mark.timeout(3600)
@pytest.mark.parametrize(
    ("count", "deaths"), [(24, 0), pytest.param(500, 2, marks=pytest.mark.long)]
)
def test_what_queued_in_an_outage_is_drained_once_in_order_and_within_the_rates(
    count: int,
    deaths: int,
    brand: Brand,
    desk: Desk,
    database: ClusterUrls,
    superuser: psycopg.Connection[Any],
) -> None:
    packages = math.ceil(count / OF_ONE_PACKAGE)
    oils = receive_oil(brand, desk, *[500] * packages)
    read_all(brand)
    turn = [(number, oils[number % packages]) for number in range(count)]
    differences = [less(oil, "1", f"Spill {number}") for number, oil in turn]
    ids = approved(brand, database, "package.adjust_by", differences)
    desk.do("api", up=False)
    pace = {
        "GLASSBOX_METRC_GETS_PER_SECOND_PER_FACILITY": str(READS_A_SECOND),
        "GLASSBOX_METRC_TIMEOUT_SECONDS": "10",
    }
    seen = max(entry["seq"] for entry in desk.journal())
    with WorkerOfATest(database, **pace):
        wait_for(lambda: len(desk.journal(after=seen)) >= 5, "it has tried", PATIENCE_SECONDS)
    assert states(brand, ids) == {ActionState.APPROVED}

    desk.do("api", up=True)
    # The rests of the outage and the dead worker's deadlines are over.
    move_our_clock(superuser, 120)
    desk.do("clock", offsetSeconds=120)
    read(brand, MAKER)
    seen = max(entry["seq"] for entry in desk.journal())
    for death in range(deaths):
        with WorkerOfATest(database, **pace) as worker:
            kill_in_a_call(worker, desk, seen, count * (death + 1) // (deaths + 1))
        with short_transaction(brand.licenses[MAKER]):
            assert ActionAttempt.objects.filter(ended_at__isnull=True).exists()
    with WorkerOfATest(database, **pace):
        accepted(brand, ids, PATIENCE_SECONDS + 4 * count)

    drained = desk.journal(after=seen)
    tokens = {
        action_of(brand, MAKER, one).token: oil for one, (_, oil) in zip(ids, turn, strict=True)
    }
    done = defaultdict[str, list[str]](list)
    for entry in writes_done(drained):
        text = json.dumps(entry["body"])
        (token,) = [one for one in tokens if one in text]
        done[tokens[token]].append(token)
    wanted = defaultdict[str, list[str]](list)
    for token, oil in tokens.items():
        wanted[oil].append(token)
    assert done == wanted
    assert busiest_window(drained) <= WINDOW_SECONDS * READS_A_SECOND + READS_AT_ONCE


def writes_done(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what the API, and not the desk, was asked to write and did."""
    return [
        entry
        for entry in entries
        if entry["method"] != "GET" and entry["applied"] and not entry["path"].startswith("/desk/")
    ]


def kill_in_a_call(worker: WorkerOfATest, desk: Desk, after: int, writes: int) -> None:
    """Kill a worker once METRC has done so many writes, while it does one more."""

    wait_for(
        lambda: len(writes_done(desk.journal(after=after))) >= writes,
        f"METRC has done {writes}",
        PATIENCE_SECONDS + 4 * writes,
    )
    adjusts = {"method": "POST", "path": "/packages/v2/adjust"}
    desk.do("faults", rules=[{**adjusts, "kind": "never-answers-after", "times": 1}])
    wait_for(lambda: not desk.overview()["faults"], "METRC keeps an answer back")
    worker.process.kill()


def busiest_window(entries: list[dict[str, Any]]) -> int:
    """Return the most reads that METRC got within so many seconds."""
    times = sorted(
        datetime.fromisoformat(entry["receivedAt"]).timestamp()
        for entry in entries
        if entry["method"] == "GET"
    )
    return max(sum(at <= other < at + WINDOW_SECONDS for other in times) for at in times)
