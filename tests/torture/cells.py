"""One cell: a kind, a crash point and a fault; what became of it, and what three oracles say."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

from glassbox.audit.models import ComplianceEvent
from glassbox.models.actions import ActionAttempt
from glassbox.operations.submission.attestation import attest
from glassbox.operations.transaction import short_transaction
from glassbox.rules.action_lifecycle import ActionState
from tests.journeys.story import split
from tests.torture.ground import BEGIN_SECONDS, LATE_SECONDS, Ground
from tests.torture.workers import Forked, start_worker

MOST_PASSES = 14
PASS_SECONDS = 22
SENT_POINTS = (
    *("before_look", "inside_claim", "after_claim", "before_ticket", "after_ticket"),
    "before_first_byte",
    *("after_answer", "before_record", "inside_record", "after_record"),
)
LOOK_POINTS = ("before_lookup", "after_lookup", "inside_settle", "after_settle")
UNSENT_POINTS = ("before_settle_unsent", "inside_settle_unsent")
KILLED = tuple(f"kill -9 {point}" for point in (*SENT_POINTS, *LOOK_POINTS))
ZOMBIES = (
    *("paused before_ticket", "paused after_ticket"),
    *("paused before_first_byte", "paused before_record"),
)
MACHINES = (
    *("PostgreSQL dies inside_claim", "PostgreSQL dies inside_record", "disk full at the outcome"),
    *("our clock leaps an hour", "told to end in the call"),
)
CRASHES = ("none", *KILLED, *ZOMBIES, *MACHINES)
FAULTS = (
    *("none", "drop-before", "drop-after", "late", "slow-after", "500-before", "500-after"),
    *("400-server", "401", "429", "truncate", "html"),
)
ENDS = (ActionState.ACCEPTED, ActionState.REJECTED, ActionState.BLOCKED)


@dataclass(frozen=True)
class Subject:
    """One approved intent, and how its effect is told in METRC's journal."""

    action_id: int
    method: str
    path: str
    mark: str
    by_hand_effects: int = 0


@dataclass(frozen=True)
class Result:
    """What became of a cell; `problems` is empty when every oracle agrees.

    `was_struck` says that a worker came to the crash point and that it happened there.
    """

    name: str
    end: str
    effects: int
    passes: int
    was_struck: bool
    problems: tuple[str, ...] = ()


def _create(ground: Ground) -> Subject:
    tag, oil = ground.tag(), ground.oil()
    action_id = ground.approved("package.create", {"packages": [split(tag, oil, "5")]})
    return Subject(action_id, "POST", "/packages/v2/", tag)


def _name(ground: Ground) -> Subject:
    ground.names_used += 1
    name = f"Cold Room {ground.names_used}"
    facts = {"name": name, "type_name": "Default Location Type"}
    return Subject(ground.approved("location.create", facts), "POST", "/locations/v2/", f'"{name}"')


def _adjustment(ground: Ground) -> tuple[str, dict[str, Any]]:
    oil = ground.oil()
    day = ground.now().date().isoformat()
    return oil, {
        **{"label": oil, "unit": "Grams", "reason": "Waste"},
        **{"note": "Spilled at the filler", "date": day},
    }


def _set(ground: Ground) -> Subject:
    oil, facts = _adjustment(ground)
    facts |= {"quantity_before": "500", "quantity": "488"}
    action_id = ground.approved("package.adjust", facts)
    return Subject(action_id, "PUT", "/packages/v2/adjust", oil)


def _delta(ground: Ground) -> Subject:
    oil, facts = _adjustment(ground)
    action_id = ground.approved("package.adjust_by", facts | {"difference": "-12"})
    token = ground.action(action_id).token
    return Subject(action_id, "POST", "/packages/v2/adjust", token)


def _attested(ground: Ground) -> Subject:
    """A delivery is received by a person in METRC's pages, who then attests it."""
    delivery = ground.delivery()
    facts = {**delivery.facts, "packages": list(delivery.rows)}
    action_id = ground.approved("delivery.receive", facts, transfer_id=delivery.transfer_id)
    settled = [
        {"label": row["label"], "receivedQuantity": float(row["received_quantity"])}
        for row in delivery.rows
    ]
    ground.desk.do(
        "receive",
        licenseNumber=ground.number,
        deliveryId=delivery.facts["delivery_id"],
        packages=settled,
    )
    attest(
        actor=ground.person("Dee"),
        license_id=ground.license_id,
        action_id=action_id,
        values={"done_at": "10:42"},
        now=ground.now(),
    )
    path = f"/transfers/v2/deliveries/{delivery.facts['delivery_id']}/packages"
    return Subject(action_id, "GET", path, "", by_hand_effects=1)


def _meanwhile(ground: Ground) -> Subject:
    """Somebody keys the package in METRC's pages before the worker comes to it."""
    made = _create(ground)
    body = ground.action(made.action_id).payload[0]
    ground.desk.do("create-package", licenseNumber=ground.number, **body)
    return Subject(made.action_id, made.method, made.path, made.mark, by_hand_effects=1)


CLASSES: dict[str, Callable[[Ground], Subject]] = {
    "tag": _create,
    "name": _name,
    "set": _set,
    "delta": _delta,
    "by hand": _attested,
    "by hand meanwhile": _meanwhile,
}


def name_of(class_name: str, crash: str, fault: str, times: int) -> str:
    """Return what a cell is called in reports and results."""
    return f"{class_name} / {crash} / {fault} x{times}"


def play(ground: Ground, class_name: str, crash: str, fault: str, times: int = 1) -> Result:
    """Play one cell to its end and ask the oracles."""
    ground.new_entries()
    subject = CLASSES[class_name](ground)
    rule: dict[str, Any] = {"method": subject.method, "path": subject.path, "kind": fault}
    rule |= {"times": times}
    if fault in ("late", "slow-after"):
        rule["delayMs"] = int(LATE_SECONDS * 1000)
    ground.desk.do("faults", rules=[] if fault == "none" else [rule])
    blow = _crash(ground, crash)
    late_writes = times if fault == "late" else 0
    passes = _finish(ground, subject, blow, late_writes)
    if blow.zombie is not None:
        # Its deadline is one of the true clock, which our moved clock has left behind.
        time.sleep(max(0.0, blow.began + BEGIN_SECONDS + 0.5 - time.monotonic()))
        blow.zombie.signal(signal.SIGCONT)
        blow.zombie.wait()
        passes += _finish(ground, subject, blow, late_writes)
    ground.desk.do("faults", rules=[])
    name = name_of(class_name, crash, fault, times)
    return _judged(ground, subject, name, passes, was_struck=blow.has_struck)


@dataclass
class Blow:
    """What a crash point has done so far, since `began` on the monotonic clock.

    `kill_at` is where a later worker must die, as no worker has come there yet.
    """

    began: float = field(default_factory=time.monotonic)
    has_struck: bool = False
    kill_at: str = ""
    zombie: Forked | None = None


def _crash(ground: Ground, crash: str) -> Blow:
    """Let a first worker begin, and let happen to it what the crash point says."""
    what, _, point = crash.rpartition(" ")
    if what == "kill -9":
        return Blow(kill_at=point)
    stops_at = {
        "disk full at the outcome": "before_record",
        "our clock leaps an hour": "after_ticket",
        "told to end in the call": "after_ticket",
    }.get(crash, point if what in ("paused", "PostgreSQL dies") else "")
    worker = start_worker(stop_at=stops_at)
    blow = Blow(has_struck=worker.wait(for_stop=bool(stops_at)))
    if not blow.has_struck:
        return blow
    if what == "paused":
        blow.zombie = worker
        return blow
    with _FullDisk(ground) if crash == "disk full at the outcome" else nullcontext():
        if crash == "our clock leaps an hour":
            ground.pass_time(3600, metrc_too=False)
            start_worker().wait()
            ground.pass_time(-3600, metrc_too=False)
            # The gate of clocks stops every approval until METRC is heard after the leap.
            ground.sync()
        elif what == "PostgreSQL dies":
            ground.kill_postgres()
        elif crash == "told to end in the call":
            worker.signal(signal.SIGTERM)
        worker.signal(signal.SIGCONT)
        worker.wait()
    return blow


class _FullDisk:
    """While it lasts, the database refuses the outcome as a full disk would."""

    def __init__(self, ground: Ground) -> None:
        self.superuser = ground.superuser

    def __enter__(self) -> None:
        self.superuser.execute(
            "create function torture_full() returns trigger language plpgsql as $$ begin"
            " raise exception 'no space left on device' using errcode = '53100'; end $$"
        )
        self.superuser.execute(
            "create trigger torture_full before update on regulated_actions"
            " for each row execute function torture_full()"
        )

    def __exit__(self, *_: object) -> None:
        self.superuser.execute("drop trigger torture_full on regulated_actions")
        self.superuser.execute("drop function torture_full()")


def _finish(ground: Ground, subject: Subject, blow: Blow, late_writes: int) -> int:
    """Let workers come and time pass until the action has its end; return how many came.

    The first worker that comes to the point of a blow still to fall dies there.
    """
    for number in range(MOST_PASSES):
        if ground.action(subject.action_id).state in ENDS:
            return number
        worker = start_worker(kill_at=blow.kill_at)
        worker.wait()
        if worker.killed_by == signal.SIGKILL:
            blow.has_struck, blow.kill_at = True, ""
            # The next worker comes at once, while the dead one's deadline still runs.
            continue
        if ground.action(subject.action_id).state in ENDS:
            return number + 1
        step = _next_step(ground, subject)
        if late_writes and (number or step > PASS_SECONDS):
            # It has been looked for already. True time passes on our clock too, more of it on a
            # busy machine, so what is still to land must not wait for the window's last pass.
            ground.let_late_writes_land(late_writes)
        ground.pass_time(step)
    return MOST_PASSES


def _next_step(ground: Ground, subject: Subject) -> int:
    not_before = ground.action(subject.action_id).not_before_at
    waits = 0 if not_before is None else (not_before - ground.now()).total_seconds()
    return max(PASS_SECONDS if waits <= PASS_SECONDS else int(waits) + 1, 1)


def _judged(
    ground: Ground, subject: Subject, name: str, passes: int, *, was_struck: bool
) -> Result:
    """Hold METRC's journal, our actions and our ledger against each other."""
    action = ground.action(subject.action_id)
    effects = subject.by_hand_effects + sum(
        1
        for entry in ground.new_entries()
        if entry["path"].startswith(("/packages/v2", "/locations/v2"))
        and entry["method"] != "GET"
        and entry["applied"]
        and subject.mark
        and subject.mark in json.dumps(entry["body"])
    )
    told = _told(ground, action.pk)
    problems = []
    if action.state not in ENDS:
        problems.append(f"lost: {action.state} after {passes} workers")
    if effects > 1 and "set" not in name.split(" / ")[0]:
        problems.append(f"double: {effects} effects")
    if action.state == ActionState.ACCEPTED and effects == 0:
        problems.append("lie: accepted without an effect")
    if action.state == ActionState.REJECTED and effects > 0:
        problems.append("lie: rejected with an effect")
    expected = {
        ActionState.ACCEPTED: ["action.accepted"],
        ActionState.REJECTED: ["action.rejected"],
    }.get(ActionState(action.state), [])
    if told != expected:
        problems.append(f"ledger: {told} while the action is {action.state}")
    if action.state == ActionState.BLOCKED and not action.blocked_because:
        problems.append("blocked without a sentence")
    problems += _attempts(ground, subject)
    return Result(name, str(action.state), effects, passes, was_struck, tuple(problems))


def _told(ground: Ground, action_id: int) -> list[str]:
    with short_transaction(ground.license_id):
        return list(
            ComplianceEvent.objects.filter(
                license_id=ground.license_id,
                subject=f"action:{action_id}",
                type__in=["action.accepted", "action.rejected"],
            ).values_list("type", flat=True)
        )


def _attempts(ground: Ground, subject: Subject) -> list[str]:
    with short_transaction(ground.license_id):
        left_open = ActionAttempt.objects.filter(
            action_id=subject.action_id, ended_at__isnull=True
        ).count()
    return [f"{left_open} attempts left open"] if left_open else []
