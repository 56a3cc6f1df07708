"""Send for review, return, approve, withdraw: the moves of people."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.actions import ActionLane, RegulatedAction
from glassbox.operations import queue
from glassbox.operations.actions.draft import cases_of, locked_action
from glassbox.operations.actions.moves import (
    check_gates_in_transaction,
    move_in_transaction,
    void_wave_in_transaction,
    word_in_transaction,
)
from glassbox.operations.exception_cases import close_cases_in_transaction
from glassbox.operations.transaction import operation
from glassbox.rules.action_kinds.registry import kind_named
from glassbox.rules.action_lifecycle import ActionState, job_priority, next_state
from glassbox.rules.actor import Actor
from glassbox.rules.gates import is_blocked
from glassbox.rules.gates.action_facts import Moment
from glassbox.rules.permissions import Permission
from glassbox.rules.policy import read_policy
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
    """Hand a draft to whoever may approve it, with what the gates say of it now.

    A gate stops nothing here: whoever reviews it sees the lights in the queue.

    :raises MoveNotAllowed: if it is not a draft
    """
    access.require(actor, Permission.ACTION_DRAFT, license_id=license_id)
    action = locked_action(license_id, action_id)
    move_in_transaction(
        action, actor, "send_for_review", EventType.ACTION_SENT_FOR_REVIEW, action.reason, now
    )
    check_gates_in_transaction(action, actor, Moment.DRAFT, approver_id=None, now=now)


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
    word_in_transaction(action, actor, "RETURNED", comment, now)
    move_in_transaction(action, actor, "return_to_draft", EventType.ACTION_RETURNED, comment, now)
    void_wave_in_transaction(action, actor, f"Action {action.pk} was returned: {comment}", now)


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
    move_in_transaction(action, actor, "withdraw", EventType.ACTION_WITHDRAWN, because, now)
    void_wave_in_transaction(action, actor, f"Action {action.pk} was withdrawn: {because}", now)
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
    signer = signer_for(actor, action, kind.approval_permission)
    access.require(signer, kind.approval_permission, license_id=license_id)
    next_state(ActionState(action.state), "approve")
    if payload_sha256 and payload_sha256 != action.payload_sha256:
        raise ContentChanged("The content changed since you opened it. Look at it again.")
    refuse_own_work(actor, action)
    findings = check_gates_in_transaction(
        action, actor, Moment.APPROVAL, approver_id=actor.user_id, now=now
    )
    if is_blocked(findings):
        word_in_transaction(action, actor, "BLOCKED", comment, now, findings)
        remember_block_in_transaction(action, actor, findings, now)
        return findings
    sign_in_transaction(action, actor, comment, now, findings, signer=signer)
    return findings


def signer_for(actor: Actor, action: RegulatedAction, permission: Permission) -> Actor:
    """Return in whose right a person signs: their own, or that of somebody they stand in for.

    Nobody is stood in for at their own draft.
    """
    if permission in access.permissions_at(actor, action.license_id):
        return actor
    for absent in read_policy(action.license.policy).stands_in_for(actor.user_id):
        principal = replace(actor, user_id=absent)
        if absent != action.drafted_by_id and permission in access.permissions_at(
            principal, action.license_id
        ):
            return principal
    return actor


def refuse_own_work(actor: Actor, action: RegulatedAction) -> None:
    """Refuse who drafted an action where the licence's policy asks for somebody else.

    :raises OwnWork: if so
    """
    people = read_policy(action.license.policy).people_needed(kind_named(action.kind).tier)
    if people >= 2 and action.drafted_by_id == actor.user_id:
        raise OwnWork("You drafted this action. Somebody else must approve it.")


def sign_in_transaction(
    action: RegulatedAction,
    actor: Actor,
    comment: str,
    now: datetime,
    findings: tuple[Finding, ...],
    *,
    signer: Actor,
    body: dict[str, Any] | None = None,
) -> None:
    """Approve an action whose gates are open, and queue what we send ourselves."""
    before, action.state = action.state, next_state(ActionState(action.state), "approve")
    action.approved_by_id, action.approved_at = actor.user_id, now
    action.not_before_at = None
    word_in_transaction(action, actor, "APPROVED", comment, now, findings)
    stood_in = {} if signer.user_id == actor.user_id else {"deputy_for": signer.user_id}
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
        body={**(body or {}), **stood_in},
        now=now,
    )
    action.save()
    if not kind_named(action.kind).is_done_in_metrc:
        queue.defer(
            queue.JobName.SUBMIT_ACTION,
            once=f"action:{action.pk}",
            priority=job_priority(action.priority),
            license_id=action.license_id,
            action_id=action.pk,
        )


def remember_block_in_transaction(
    action: RegulatedAction, actor: Actor, findings: tuple[Finding, ...], now: datetime
) -> None:
    """Write into the ledger that gates blocked an approval."""
    ledger.append(
        type=EventType.ACTION_BLOCKED_BY_GATES,
        subject=f"action:{action.pk}",
        actor=actor,
        reason="A gate blocked the approval",
        intent_id=action.pk,
        body={"moment": "approval", "codes": sorted({f.code for f in findings if f.blocks})},
        now=now,
    )
