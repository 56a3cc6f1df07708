"""Send for review, return, approve, withdraw: the moves of people."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.actions import ActionLane, ActionReview, RegulatedAction
from glassbox.operations import queue
from glassbox.operations.actions.draft import cases_of, locked_action
from glassbox.operations.exception_cases import close_cases_in_transaction
from glassbox.operations.transaction import operation
from glassbox.queries.actions.gates import gates_of
from glassbox.rules.action_kinds.registry import kind_named
from glassbox.rules.action_lifecycle import next_state
from glassbox.rules.actor import Actor
from glassbox.rules.gates import is_blocked
from glassbox.rules.gates.actions import Moment
from glassbox.rules.permissions import Permission
from glassbox.rules.verdicts import Finding, InvalidInput, Refused


class OwnWork(Refused):
    """Who drafted an action cannot approve it."""

    code = "action.own-work"


class GatesBlocked(Refused):
    """A gate says no. The attempt stays in the ledger; every reason is in the findings."""

    code = "action.blocked-by-gates"


class ContentChanged(Refused):
    """The approver looked at other content than the action holds now."""

    code = "action.content-changed"


@operation
def send_for_review(*, actor: Actor, license_id: int, action_id: int, now: datetime) -> None:
    """Hand a draft to whoever may approve it.

    :raises MoveNotAllowed: if it is not a draft
    """
    access.require(actor, Permission.ACTION_DRAFT, license_id=license_id)
    action = locked_action(license_id, action_id)
    _move(action, actor, "send_for_review", EventType.ACTION_SENT_FOR_REVIEW, action.reason, now)


@operation
def return_to_draft(
    *, actor: Actor, license_id: int, action_id: int, comment: str, now: datetime
) -> None:
    """Give an action back to its drafter, with a reason; an approval is void by it.

    :raises InvalidInput: if no reason is given
    """
    access.require(actor, Permission.ACTION_REVIEW, license_id=license_id)
    if not comment.strip():
        raise InvalidInput(field="comment", value=comment, way_out="Say what is to be changed.")
    action = locked_action(license_id, action_id)
    action.approved_by_id, action.approved_at, action.approval_event_id = None, None, None
    _review(action, actor, "RETURNED", comment, (), now)
    _move(action, actor, "return_to_draft", EventType.ACTION_RETURNED, comment, now)


@operation
def withdraw_action(
    *, actor: Actor, license_id: int, action_id: int, because: str, now: datetime
) -> None:
    """Take an action back before METRC has it, or end one that is blocked.

    :raises MoveNotAllowed: if METRC may have it
    :raises InvalidInput: if no reason is given
    """
    access.require(actor, Permission.ACTION_WITHDRAW, license_id=license_id)
    if not because.strip():
        raise InvalidInput(field="reason", value=because, way_out="Say why it is withdrawn.")
    action = locked_action(license_id, action_id)
    action.settled_at, action.outcome = now, because.strip()
    _move(action, actor, "withdraw", EventType.ACTION_WITHDRAWN, because, now)
    ActionLane.objects.filter(action=action, released_at__isnull=True).update(released_at=now)
    close_cases_in_transaction(
        actor=actor,
        license=action.license,
        fact_keys=cases_of(action.pk),
        because=because.strip(),
        now=now,
    )


def approve_action(
    *,
    actor: Actor,
    license_id: int,
    action_id: int,
    payload_sha256: str = "",
    comment: str = "",
    now: datetime,
) -> None:
    """Approve exactly the content the approver saw, and queue it for METRC.

    `payload_sha256` is the hash on the approver's screen; empty takes the stored one.

    :raises OwnWork: if the approver drafted it and its tier asks for somebody else
    :raises ContentChanged: if it is not the content that the approver saw
    :raises GatesBlocked: if a gate says no; the attempt stays in the ledger
    """
    findings = _approve(
        actor=actor,
        license_id=license_id,
        action_id=action_id,
        payload_sha256=payload_sha256,
        comment=comment,
        now=now,
    )
    # Raised after the commit: a rollback would erase the blocked attempt.
    if is_blocked(findings):
        raise GatesBlocked("A gate blocks this action; see each reason.", findings=findings)


@operation
def _approve(
    *,
    actor: Actor,
    license_id: int,
    action_id: int,
    payload_sha256: str,
    comment: str,
    now: datetime,
) -> tuple[Finding, ...]:
    action = locked_action(license_id, action_id)
    kind = kind_named(action.kind)
    access.require(actor, kind.approval_permission, license_id=license_id)
    target = next_state(action.state, "approve")  # type: ignore[arg-type]
    if kind.needs_other_person and action.drafted_by_id == actor.user_id:
        raise OwnWork("You drafted this action. Somebody else must approve it.")
    if payload_sha256 and payload_sha256 != action.payload_sha256:
        raise ContentChanged("The content changed since you opened it. Look at it again.")
    findings = gates_of(action, Moment.APPROVAL, approver_id=actor.user_id, now=now)
    if is_blocked(findings):
        _review(action, actor, "BLOCKED", comment, findings, now)
        _remember_block(action, actor, findings, now)
        return findings
    before, action.state = action.state, target
    action.approved_by_id, action.approved_at = actor.user_id, now
    action.not_before_at = None
    _review(action, actor, "APPROVED", comment, findings, now)
    action.approval_event_id = ledger.append(
        type=EventType.ACTION_APPROVED,
        subject=f"action:{action.pk}",
        actor=actor,
        reason=comment.strip() or action.reason,
        intent_id=action.pk,
        endpoint=action.metrc_endpoint,
        request_sha256=action.payload_sha256,
        state_before=before,
        state_after=action.state,
        now=now,
    )
    action.save()
    if not kind.is_done_in_metrc:
        queue.defer(
            queue.JobName.SUBMIT_ACTION,
            once=f"action:{action.pk}",
            license_id=license_id,
            action_id=action.pk,
        )
    return findings


def _remember_block(
    action: RegulatedAction, actor: Actor, findings: tuple[Finding, ...], now: datetime
) -> None:
    ledger.append(
        type=EventType.ACTION_BLOCKED_BY_GATES,
        subject=f"action:{action.pk}",
        actor=actor,
        reason="A gate blocked the approval",
        intent_id=action.pk,
        body={"moment": "approval", "codes": sorted({f.code for f in findings if f.blocks})},
        now=now,
    )


def _review(
    action: RegulatedAction,
    actor: Actor,
    verdict: str,
    comment: str,
    findings: tuple[Finding, ...],
    now: datetime,
) -> None:
    assert actor.user_id is not None, "only people hold the right to review"
    ActionReview.objects.create(
        company_id=action.company_id,
        license_id=action.license_id,
        action=action,
        reviewer_id=actor.user_id,
        verdict=verdict,
        payload_sha256=action.payload_sha256,
        comment=comment.strip(),
        findings=[asdict(finding) for finding in findings],
        reviewed_at=now,
    )


def _move(
    action: RegulatedAction,
    actor: Actor,
    move: str,
    event: EventType,
    reason: str,
    now: datetime,
) -> None:
    before, action.state = action.state, next_state(action.state, move)  # type: ignore[arg-type]
    action.save()
    ledger.append(
        type=event,
        subject=f"action:{action.pk}",
        actor=actor,
        reason=reason,
        intent_id=action.pk,
        endpoint=action.metrc_endpoint,
        request_sha256=action.payload_sha256,
        state_before=before,
        state_after=action.state,
        now=now,
    )
