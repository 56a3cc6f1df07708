"""After a restore: sends that the ledger tells of and the database has forgotten, taken up again."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.audit.models import AuditLeaf
from glassbox.audit.reimport import BroughtBack
from glassbox.models.actions import ActionAttempt, ActionLane, RegulatedAction
from glassbox.models.companies import License
from glassbox.operations.actions.draft import BY_HAND
from glassbox.operations.exception_cases import open_case_in_transaction
from glassbox.operations.transaction import operation, savepoint
from glassbox.rules.action_kinds.registry import kind_named
from glassbox.rules.action_lifecycle import ENDS, IN_DOUBT, ActionState, next_state
from glassbox.rules.actor import Actor
from glassbox.rules.exception_policy import CaseClass, case_for
from glassbox.rules.permissions import Permission

# What an action went through, as far as the backup does not know of it.
WAY_TO_DOUBT = ("send_for_review", "approve", "claim", "lose_answer")
BEGINS_AT = {ActionState.DRAFT: 0, ActionState.IN_REVIEW: 1, ActionState.APPROVED: 2}
Records = list[dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class TakenUp:
    """The sends of one licence that a restore had lost: looked up again, or given to a person."""

    license_id: int
    looked_up: tuple[int, ...]
    given_to_people: tuple[int, ...]


def take_up_lost_sends(
    *, actor: Actor, back: Sequence[BroughtBack], now: datetime
) -> tuple[TakenUp, ...]:
    """Put each send that only the entries which came back tell of into doubt, so that it is looked up.

    METRC may have applied it. Where the database holds the same bytes, its action waits for a look
    and is never sent before; where it holds none or others, a person gets a case.
    """
    by_license: dict[int, list[BroughtBack]] = defaultdict(list)
    for one in back:
        if one.license_id is not None:
            by_license[one.license_id].append(one)
    return tuple(
        take_up(actor=actor, license_id=license_id, logs=logs, now=now)
        for license_id, logs in sorted(by_license.items())
    )


@operation
def take_up(
    *, actor: Actor, license_id: int, logs: Sequence[BroughtBack], now: datetime
) -> TakenUp:
    """Take up the lost sends of one licence; see `take_up_lost_sends`."""
    access.require(actor, Permission.ACTION_SUBMIT, license_id=license_id)
    license = License.objects.get(id=license_id)
    looked_up, given = [], []
    for action_id, records in sorted(_lost(logs).items()):
        sends = [one for one in records if one["type"] == EventType.ACTION_CLAIMED]
        action = (
            RegulatedAction.objects.select_for_update()
            .filter(license_id=license_id, id=action_id)
            .first()
        )
        if not sends or (action is not None and action.state in IN_DOUBT | ENDS):
            # Nothing was sent, or what was is looked up anyway.
            continue
        if action is not None and _is_put_into_doubt(actor, action, records, sends, now):
            looked_up.append(action_id)
        else:
            _give_to_a_person(actor, license, action_id, records, now)
            given.append(action_id)
    return TakenUp(license_id=license_id, looked_up=tuple(looked_up), given_to_people=tuple(given))


def _lost(logs: Sequence[BroughtBack]) -> dict[int, Records]:
    """Return the records about actions that came back, in the ledger's order, by action."""
    found: dict[int, Records] = defaultdict(list)
    for log in logs:
        leaves = AuditLeaf.objects.filter(
            log__origin=log.origin,
            index__gte=log.first,
            index__lt=log.size,
            event__type__startswith="action.",
        )
        for record in leaves.order_by("index").values_list("event__record", flat=True):
            if record["intent_id"] is not None:
                found[record["intent_id"]].append(record)
    return found


def _is_put_into_doubt(
    actor: Actor, action: RegulatedAction, records: Records, sends: Records, now: datetime
) -> bool:
    is_same = action.payload_sha256 == sends[-1]["req_sha256"]
    if action.metrc_endpoint == BY_HAND or not is_same:
        return False
    try:
        with savepoint():
            _put_into_doubt(actor, action, records, sends, now)
    except IntegrityError:
        # A tag or package that came after the backup, or another lost send on the same goods.
        return False
    return True


def _put_into_doubt(
    actor: Actor, action: RegulatedAction, records: Records, sends: Records, now: datetime
) -> None:
    before = ActionState(action.state)
    for record in records:
        if record["type"] == EventType.ACTION_APPROVED:
            action.approved_by_id = record["actor"]["id"]
            action.approved_at = datetime.fromisoformat(record["occurred_at"])
            action.approval_event_id = uuid.UUID(record["event_id"])
    for send in sends:
        at = datetime.fromisoformat(send["occurred_at"])
        ActionAttempt.objects.create(
            company_id=action.company_id,
            license_id=action.license_id,
            action=action,
            number=action.attempts.count() + 1,
            worker="known from the ledger alone",
            ticket=uuid.uuid4(),
            # Whether the bytes left is not known: then they did.
            ticket_used_at=at,
            claimed_at=at,
            deadline_at=at,
            ended_at=now,
            error="A restore lost this send; the ledger tells of it.",
        )
        action.claimed_at = at
    for lane in kind_named(action.kind).lanes(action.facts):
        ActionLane.objects.get_or_create(
            license_id=action.license_id,
            key=lane,
            action=action,
            released_at=None,
            defaults={"company_id": action.company_id, "taken_at": now},
        )
    action.not_before_at, action.blocked_because = None, ""
    # The way it went: the database refuses shorter ones.
    for move in WAY_TO_DOUBT[BEGINS_AT[before] :]:
        action.state = next_state(ActionState(action.state), move)
        action.save()
    ledger.append(
        type=EventType.ACTION_TAKEN_UP,
        subject=f"action:{action.pk}",
        actor=actor,
        reason="A restore lost that this was sent; the ledger tells of it, so METRC is asked",
        intent_id=action.pk,
        endpoint=action.metrc_endpoint,
        request_sha256=action.payload_sha256,
        state_before=before,
        state_after=action.state,
        body={"sends": [send["event_id"] for send in sends]},
        now=now,
    )


def _give_to_a_person(
    actor: Actor, license: License, action_id: int, records: Records, now: datetime
) -> None:
    drafted = next((one for one in records if one["type"] == EventType.ACTION_DRAFTED), None)
    last, body = records[-1], drafted["body"] if drafted else {}
    named = ", ".join(
        f"{word} {body[word]}" for word in ("kind", "natural_key", "token") if body.get(word)
    )
    advice = case_for(
        CaseClass.FORGOTTEN_SEND,
        fact_key=f"forgotten-send:{action_id}",
        title=f"Action {action_id} was sent, and the restored database does not know what",
        what_happened=f"The ledger tells of {last['endpoint'] or 'work by hand'}"
        f"{f' ({named})' if named else ''}, last {last['new_state'] or last['type']} at"
        f" {last['occurred_at']}. Its exact content was lost with the database.",
        found_at=now,
    )
    open_case_in_transaction(actor=actor, license=license, advice=advice, now=now)
