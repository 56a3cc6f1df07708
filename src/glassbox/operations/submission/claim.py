"""Claim an approved action: gates, its place in the lineage's order, lanes, and one ticket."""

from __future__ import annotations

import os
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError
from django.db.models import Q

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.actions import ActionAttempt, ActionLane, RegulatedAction
from glassbox.operations.actions.draft import BY_HAND, locked_action
from glassbox.operations.actions.moves import check_gates_in_transaction
from glassbox.operations.actions.review import GatesBlocked
from glassbox.operations.submission.kill_points import reach
from glassbox.operations.transaction import operation
from glassbox.queries.action_labels import naming
from glassbox.queries.ledger_state import stopped_because
from glassbox.rules.action_kinds.registry import kind_named
from glassbox.rules.action_lifecycle import ActionState, next_state
from glassbox.rules.actor import Actor
from glassbox.rules.gates import is_blocked
from glassbox.rules.gates.action_facts import Moment
from glassbox.rules.permissions import Permission
from glassbox.rules.verdicts import Finding, Refused

ASK_AGAIN_SECONDS = 60
# What another action of ours stands in the way of passes soon, and by itself.
IN_OUR_OWN_WAY = frozenset({"action.lane-taken", "package.outcome-unknown"})
IN_OUR_OWN_WAY_SECONDS = 5
# Said of what passes by itself: it then still goes before what was approved later.
KEEPS_ITS_PLACE = "It keeps its place before later work on the same goods."


class NotYet(Refused):
    """The action cannot be sent at this moment; it stays approved and is looked at again."""

    code = "action.not-yet"


@dataclass(frozen=True, kw_only=True)
class Claimed:
    """One attempt: what to send, its single-use ticket, and until when it may be begun."""

    action_id: int
    attempt_id: int
    attempt_number: int
    ticket: uuid.UUID
    endpoint: str
    payload: list[dict[str, Any]]
    path_values: dict[str, int]
    drafted_by_id: int


def claim_or_refuse(
    *, actor: Actor, license_id: int, action_id: int, preimage: Any, now: datetime
) -> Claimed:
    """Claim an action for sending and return its attempt.

    :raises NotYet: if a lane is taken, or an earlier action of the same lineage goes first
    :raises GatesBlocked: if a gate says no
    """
    try:
        claimed, findings = _claim(
            actor=actor, license_id=license_id, action_id=action_id, preimage=preimage, now=now
        )
    except IntegrityError as error:
        raise_if_lane_is_taken(error)
        raise
    if claimed is None:
        raise GatesBlocked("A gate blocks this action; see each reason.", findings=findings)
    return claimed


def raise_if_lane_is_taken(error: IntegrityError) -> None:
    """Turn the database's own refusal of a taken lane into ours; leave any other alone.

    :raises NotYet: if it is the lane
    """
    if "lane_taken_once" in str(error):
        raise NotYet("Another write on the same goods is not settled yet.") from error


@operation
def _claim(
    *, actor: Actor, license_id: int, action_id: int, preimage: Any, now: datetime
) -> tuple[Claimed | None, tuple[Finding, ...]]:
    access.require(actor, Permission.ACTION_SUBMIT, license_id=license_id)
    action = locked_action(license_id, action_id)
    next_state(ActionState(action.state), "claim")
    if stopped := stopped_because():
        raise NotYet(f"The ledger stands still until a person has looked: {stopped}")
    first = goes_first(action)
    if first is not None:
        raise NotYet(f"Action {first} on the same goods was approved earlier and goes first.")
    findings = check_gates_in_transaction(
        action, actor, Moment.CLAIM, approver_id=action.approved_by_id, now=now
    )
    if is_blocked(findings):
        _remember_block(actor, action, findings, now)
        return None, findings
    attempt = begin_attempt_in_transaction(actor=actor, action=action, now=now)
    # What stood before the first send that may have had an effect is what proves that effect.
    if action.preimage is None or not lost_attempts(action).exists():
        action.preimage = preimage
        action.save(update_fields=["preimage"])
    reach("inside_claim")
    return _claimed(action, attempt), findings


def begin_attempt_in_transaction(
    *, actor: Actor, action: RegulatedAction, now: datetime, body: dict[str, Any] | None = None
) -> ActionAttempt:
    """Move an approved action to submitting: take its lanes, open its attempt, say so in the ledger."""
    before, action.state = action.state, next_state(ActionState(action.state), "claim")
    _take_lanes(action, now)
    attempt = _open_attempt(action, now)
    action.claimed_at, action.blocked_because, action.answered_at = now, "", None
    action.save()
    ledger.append(
        type=EventType.ACTION_CLAIMED,
        subject=f"action:{action.pk}",
        actor=actor,
        reason=action.reason,
        intent_id=action.pk,
        endpoint=action.metrc_endpoint,
        request_sha256=action.payload_sha256,
        state_before=before,
        state_after=action.state,
        body={"attempt": attempt.number, **(body or {})},
        now=now,
    )
    return attempt


def lost_attempts(action: RegulatedAction) -> Any:
    """Return the attempts that METRC may have applied although no clear answer came."""
    unclear = Q(http_status__isnull=True) | Q(http_status__gte=500) | Q(answer__isnull=True)
    clear_no = Q(http_status__gte=400, http_status__lt=500)
    return action.attempts.filter(unclear, ticket_used_at__isnull=False).exclude(clear_no)


def goes_first(action: RegulatedAction) -> int | None:
    """Return the id of an action on the same goods that was approved earlier and goes first.

    One that something known stops (its `blocked_because`) lets the others pass, unless that has
    passed: METRC was away, or another action held its lane, and neither is so any more.
    """
    if not action.labels or action.approved_at is None:
        return None
    earlier = Q(approved_at__lt=action.approved_at) | Q(
        approved_at=action.approved_at, id__lt=action.pk
    )
    waiting = (
        RegulatedAction.objects.filter(
            Q(blocked_because="") | Q(blocked_because__endswith=KEEPS_ITS_PLACE),
            earlier,
            naming([action.license_id], action.labels),
            license_id=action.license_id,
            state=ActionState.APPROVED,
        )
        .exclude(metrc_endpoint=BY_HAND)
        .order_by("approved_at", "id")
    )
    return next((one.pk for one in waiting if not one.blocked_because or _is_free(one)), None)


def _is_free(action: RegulatedAction) -> bool:
    lanes = ActionLane.objects.filter(
        license_id=action.license_id,
        key__in=kind_named(action.kind).lanes(action.facts),
        released_at__isnull=True,
    )
    return not lanes.exclude(action=action).exists()


def _remember_block(
    actor: Actor, action: RegulatedAction, findings: tuple[Finding, ...], now: datetime
) -> None:
    codes = sorted({finding.code for finding in findings if finding.blocks})
    is_passing = IN_OUR_OWN_WAY.issuperset(codes)
    wait = IN_OUR_OWN_WAY_SECONDS if is_passing else ASK_AGAIN_SECONDS
    sentence = " ".join(finding.message for finding in findings if finding.blocks)[:900]
    if is_passing:
        sentence = f"{sentence} {KEEPS_ITS_PLACE}"
    is_news = sentence != action.blocked_because
    action.not_before_at = now + timedelta(seconds=wait)
    action.blocked_because = sentence
    action.save(update_fields=["not_before_at", "blocked_because"])
    if is_passing and not is_news:
        return
    ledger.append(
        type=EventType.ACTION_BLOCKED_BY_GATES,
        subject=f"action:{action.pk}",
        actor=actor,
        reason="A gate blocked the sending",
        intent_id=action.pk,
        body={"moment": "claim", "codes": codes},
        now=now,
    )


def _take_lanes(action: RegulatedAction, now: datetime) -> None:
    for lane in kind_named(action.kind).lanes(action.facts):
        ActionLane.objects.get_or_create(
            license_id=action.license_id,
            key=lane,
            action=action,
            released_at=None,
            defaults={"company_id": action.company_id, "taken_at": now},
        )


def _open_attempt(action: RegulatedAction, now: datetime) -> ActionAttempt:
    return ActionAttempt.objects.create(
        company_id=action.company_id,
        license_id=action.license_id,
        action=action,
        number=action.attempts.count() + 1,
        worker=f"{os.uname().nodename}:{os.getpid()}",
        ticket=uuid.uuid4(),
        claimed_at=now,
        deadline_at=now
        + timedelta(seconds=settings.WRITE_BEGINS_WITHIN_SECONDS + settings.METRC_TIMEOUT_SECONDS),
    )


def _claimed(action: RegulatedAction, attempt: ActionAttempt) -> Claimed:
    return Claimed(
        action_id=action.pk,
        attempt_id=attempt.pk,
        attempt_number=attempt.number,
        ticket=attempt.ticket,
        endpoint=action.metrc_endpoint,
        payload=list(action.payload),
        path_values=kind_named(action.kind).path_values(action.facts),
        drafted_by_id=action.drafted_by_id,
    )
