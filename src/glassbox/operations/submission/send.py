"""Claim, call METRC, record the outcome: three short steps, the call between two transactions."""

from __future__ import annotations

import os
import time
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.actions import ActionAttempt, ActionLane, RegulatedAction
from glassbox.operations import queue
from glassbox.operations.actions.draft import locked_action
from glassbox.operations.actions.review import GatesBlocked
from glassbox.operations.metrc_session import Session, open_session
from glassbox.operations.submission.kill_points import reach
from glassbox.operations.submission.readings import (
    PACKAGE_READ,
    keep_packages,
    reading_to_json,
    take_reading,
)
from glassbox.operations.submission.settle import apply_decision_in_transaction
from glassbox.operations.transaction import operation, short_transaction
from glassbox.queries.actions.gates import gates_of
from glassbox.rules.action_kinds.kind import Read
from glassbox.rules.action_kinds.reading import Reading
from glassbox.rules.action_kinds.registry import kind_named
from glassbox.rules.action_lifecycle import ActionState, next_state
from glassbox.rules.actor import Actor
from glassbox.rules.gates import is_blocked
from glassbox.rules.gates.actions import Moment
from glassbox.rules.permissions import Permission
from glassbox.rules.sender import Answer, after_answer, classify
from glassbox.rules.verdicts import Finding, Refused
from metrc_client.answers import WriteAnswer
from metrc_client.endpoints import BY_NAME
from metrc_client.errors import Declined, MetrcError, NotSent, RateLimited

# Between the claim and the deadline a worker must have begun to send; METRC's time comes on top.
BEGIN_SECONDS = 20.0
ASK_AGAIN_SECONDS = 60


class NotYet(Refused):
    """The action cannot be sent at this moment; it stays approved and is looked at again."""

    code = "action.not-yet"


class TicketUsed(Exception):
    """Another worker has used this attempt's only ticket; nothing may be sent."""


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


def submit_action(*, actor: Actor, license_id: int, action_id: int, now: datetime) -> None:
    """Send one approved action to METRC, once, and record what is known of it.

    Steps: look (pre-image, fresh package rows); claim (gates, lanes, ticket) and commit; send on
    a fresh connection, using up the ticket just before the first byte; record.

    :raises NotYet: if its approval is not numbered in the ledger, or a lane is taken
    :raises GatesBlocked: if a gate says no at the claim; the attempt stays in the ledger
    """
    drafted_by_id = _require_sendable(actor=actor, license_id=license_id, action_id=action_id)
    reach("before_look")
    with open_session(
        license_id, purpose=f"action {action_id}", as_user_id=drafted_by_id
    ) as session:
        preimage = _look_before(actor, session, action_id, now)
        claimed = _claim_or_refuse(
            actor=actor,
            license_id=license_id,
            action_id=action_id,
            preimage=reading_to_json(preimage),
            now=now,
        )
        reach("after_claim")
        answer, error = _send(session, claimed, license_id)
        reach("before_record")
        _record(
            actor=actor,
            license_id=license_id,
            claimed=claimed,
            answer=answer,
            error=error,
            request_id=session.last_request_id,
            now=now,
        )
        reach("after_record")


def _require_sendable(*, actor: Actor, license_id: int, action_id: int) -> int:
    with short_transaction(license_id):
        access.require(actor, Permission.ACTION_SUBMIT, license_id=license_id)
        action = RegulatedAction.objects.filter(license_id=license_id, id=action_id).first()
        if action is None or action.state != ActionState.APPROVED:
            raise NotYet("This action is not approved, or somebody sends it already.")
        # Log before act: what is not numbered could still be lost, and then nobody approved it.
        if action.approval_event_id is None or not ledger.is_durable(action.approval_event_id):
            raise NotYet("Its approval has no number in the ledger yet.")
        return action.drafted_by_id


def _look_before(actor: Actor, session: Session, action_id: int, now: datetime) -> Reading:
    with short_transaction(session.license.pk):
        action = RegulatedAction.objects.get(id=action_id)
    decisive = kind_named(action.kind).deciding_reads(action.facts)
    # The gates judge the goods too, also where a list decides about the action itself.
    goods = tuple(Read(endpoint=PACKAGE_READ, key=label) for label in action.labels)
    reading, rows = take_reading(
        session, tuple(dict.fromkeys((*decisive, *goods))), since=action.drafted_at, now=now
    )
    keep_packages(actor, session, rows, now)
    return reading


def _claim_or_refuse(
    *, actor: Actor, license_id: int, action_id: int, preimage: Any, now: datetime
) -> Claimed:
    try:
        claimed, findings = _claim(
            actor=actor, license_id=license_id, action_id=action_id, preimage=preimage, now=now
        )
    except IntegrityError as error:
        if "lane_taken_once" not in str(error):
            raise
        raise NotYet("Another write on the same goods is not settled yet.") from error
    if claimed is None:
        raise GatesBlocked("A gate blocks this action; see each reason.", findings=findings)
    return claimed


@operation
def _claim(
    *, actor: Actor, license_id: int, action_id: int, preimage: Any, now: datetime
) -> tuple[Claimed | None, tuple[Finding, ...]]:
    access.require(actor, Permission.ACTION_SUBMIT, license_id=license_id)
    action = locked_action(license_id, action_id)
    target = next_state(ActionState(action.state), "claim")
    findings = gates_of(action, Moment.CLAIM, approver_id=action.approved_by_id, now=now)
    if is_blocked(findings):
        _remember_block(actor, action, findings, now)
        return None, findings
    _take_lanes(action, now)
    attempt = _open_attempt(action, now)
    before, action.state = action.state, target
    action.claimed_at, action.blocked_because, action.answered_at = now, "", None
    if action.preimage is None or attempt.number == 1:
        action.preimage = preimage
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
        body={"attempt": attempt.number},
        now=now,
    )
    reach("inside_claim")
    return _claimed(action, attempt), findings


def _remember_block(
    actor: Actor, action: RegulatedAction, findings: tuple[Finding, ...], now: datetime
) -> None:
    action.not_before_at = now + timedelta(seconds=ASK_AGAIN_SECONDS)
    action.blocked_because = " ".join(f.message for f in findings if f.blocks)[:1000]
    action.save(update_fields=["not_before_at", "blocked_because"])
    ledger.append(
        type=EventType.ACTION_BLOCKED_BY_GATES,
        subject=f"action:{action.pk}",
        actor=actor,
        reason="A gate blocked the sending",
        intent_id=action.pk,
        body={"moment": "claim", "codes": sorted({f.code for f in findings if f.blocks})},
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
        deadline_at=now + timedelta(seconds=BEGIN_SECONDS + settings.METRC_TIMEOUT_SECONDS),
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


def _send(
    session: Session, claimed: Claimed, license_id: int
) -> tuple[WriteAnswer | None, MetrcError | None]:
    def use_ticket() -> None:
        reach("before_ticket")
        with short_transaction(license_id):
            used = ActionAttempt.objects.filter(
                id=claimed.attempt_id, ticket=claimed.ticket, ticket_used_at__isnull=True
            ).update(ticket_used_at=_true_now())
        if not used:
            raise TicketUsed("The ticket of this attempt was used before; nothing is sent.")
        reach("after_ticket")

    try:
        answer = session.client.write(
            BY_NAME[claimed.endpoint],
            claimed.payload,
            license_number=session.number,
            path=dict(claimed.path_values),
            before_send=use_ticket,
            deadline=time.monotonic() + BEGIN_SECONDS,
        )
    except MetrcError as error:
        return None, error
    reach("after_answer")
    return answer, None


def _true_now() -> datetime:
    return datetime.fromtimestamp(time.time()).astimezone()


def _classified(answer: WriteAnswer | None, error: MetrcError | None) -> Answer:
    if answer is not None:
        return Answer.DONE
    if isinstance(error, NotSent):
        return Answer.NOT_SENT
    status = error.status if isinstance(error, Declined) else None
    return classify(status=status, was_sent=True, is_readable=True)


@operation
def _record(
    *,
    actor: Actor,
    license_id: int,
    claimed: Claimed,
    answer: WriteAnswer | None,
    error: MetrcError | None,
    request_id: int | None,
    now: datetime,
) -> None:
    access.require(actor, Permission.ACTION_SUBMIT, license_id=license_id)
    action = locked_action(license_id, claimed.action_id)
    attempt = ActionAttempt.objects.select_for_update().get(id=claimed.attempt_id)
    if attempt.ended_at is not None or action.state != ActionState.SUBMITTING:
        # A look has settled it meanwhile: this worker was thought dead, and must not speak.
        return
    attempt.ended_at, attempt.api_request_id = now, request_id
    attempt.http_status = answer.status if answer else getattr(error, "status", None)
    attempt.answer = {"ids": list(answer.ids), "warnings": answer.warnings} if answer else None
    attempt.response_sha256 = answer.response_sha256 if answer else ""
    attempt.error = error.sentence[:1000] if error else ""
    attempt.save()
    if answer is not None:
        action.answered_at = now
        action.save(update_fields=["answered_at"])
    wait = error.retry_after_seconds if isinstance(error, RateLimited) else None
    decision = after_answer(
        _classified(answer, error),
        attempt_number=claimed.attempt_number,
        retry_after_seconds=None if wait is None else int(wait),
    )
    apply_decision_in_transaction(
        actor=actor, action=action, decision=decision, attempt=attempt, now=now
    )
    reach("inside_record")
    queue.defer(
        queue.JobName.CONFIRM_ACTION,
        once=f"confirm:{action.pk}",
        license_id=license_id,
        action_id=action.pk,
    )
