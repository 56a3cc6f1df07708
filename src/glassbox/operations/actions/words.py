"""What people say and settle about an action besides its moves: reviews, comments, urgency, overrides."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.actions import GateOverride, RegulatedAction
from glassbox.models.documents import Document
from glassbox.operations.actions.draft import locked_action
from glassbox.operations.actions.moves import word_in_transaction
from glassbox.operations.actions.review import OwnWork
from glassbox.operations.documents import PICTURE_OR_PDF, file_document_in_transaction
from glassbox.operations.transaction import operation
from glassbox.queries.actions.gates import ask_gates
from glassbox.rules.action_lifecycle import (
    ENDS,
    SHOWN_AS,
    ActionState,
    MoveNotAllowed,
    Priority,
)
from glassbox.rules.actor import Actor
from glassbox.rules.gates.action_facts import Moment
from glassbox.rules.permissions import Permission
from glassbox.rules.verdicts import InvalidInput, NotFound, Refused

COMMENT_LIMIT = 1000


class NotOverridable(Refused):
    """The rule pack lets nobody override this rule."""

    code = "action.not-overridable"


@operation
def review_action(
    *, actor: Actor, license_id: int, action_id: int, comment: str, now: datetime
) -> None:
    """Say that one has reviewed exactly this content; where three people sign, this is the second.

    :raises MoveNotAllowed: if it is not in review
    :raises OwnWork: if the actor drafted it
    """
    access.require(actor, Permission.ACTION_REVIEW, license_id=license_id)
    action = locked_action(license_id, action_id)
    if action.state != ActionState.IN_REVIEW:
        raise MoveNotAllowed(f"This action is {SHOWN_AS[ActionState(action.state)]}.")
    if action.drafted_by_id == actor.user_id:
        raise OwnWork("You drafted this action. Somebody else must review it.")
    word_in_transaction(action, actor, "REVIEWED", comment[:COMMENT_LIMIT], now)
    ledger.append(
        type=EventType.ACTION_REVIEWED,
        subject=f"action:{action.pk}",
        actor=actor,
        reason=comment.strip() or "Reviewed",
        intent_id=action.pk,
        request_sha256=action.payload_sha256,
        now=now,
    )


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """A photo or paper that goes with a comment, as it was handed in."""

    name: str
    content: bytes


@operation
def comment_on_action(
    *,
    actor: Actor,
    license_id: int,
    action_id: int,
    comment: str,
    evidence: Evidence | None = None,
    now: datetime,
) -> None:
    """Add a comment to an action, whatever its state, with a photo or paper if there is one.

    :raises InvalidInput: if it is blank or longer than 1,000 characters, or if the evidence is
        empty, over 5 MB, or neither PDF, PNG nor JPEG
    """
    access.require(actor, Permission.PACKAGE_READ, license_id=license_id)
    if not comment.strip() or len(comment) > COMMENT_LIMIT:
        raise InvalidInput(
            field="comment",
            value=comment,
            way_out=f"Write something, at most {COMMENT_LIMIT} characters.",
        )
    action = locked_action(license_id, action_id)
    document = _filed(actor, action, evidence, now) if evidence else None
    word_in_transaction(action, actor, "COMMENT", comment, now, evidence=document)
    ledger.append(
        type=EventType.ACTION_COMMENTED,
        subject=f"action:{action.pk}",
        actor=actor,
        reason=comment.strip(),
        intent_id=action.pk,
        body={"evidence_sha256": document.sha256} if document else {},
        now=now,
    )


def _filed(actor: Actor, action: RegulatedAction, evidence: Evidence, now: datetime) -> Document:
    return file_document_in_transaction(
        actor=actor,
        license=action.license,
        name=evidence.name,
        kind="EVIDENCE",
        content=evidence.content,
        now=now,
        accepts=PICTURE_OR_PDF,
    )


@operation
def set_urgency(
    *,
    actor: Actor,
    license_id: int,
    action_id: int,
    priority: int,
    due_at: datetime | None,
    now: datetime,
) -> None:
    """Set in which order an action is sent and shown, and when it is due; None leaves its clock.

    :raises InvalidInput: if there is no such priority
    :raises MoveNotAllowed: if it has ended
    """
    access.require(actor, Permission.ACTION_DRAFT, license_id=license_id)
    if priority not in set(Priority):
        raise InvalidInput(
            field="priority", value=priority, way_out="Use 0 (urgent), 1 (normal) or 2 (later)."
        )
    action = locked_action(license_id, action_id)
    if action.state in ENDS:
        raise MoveNotAllowed(f"This action is {SHOWN_AS[ActionState(action.state)]}.")
    action.priority = priority
    action.due_at = due_at or action.due_at
    action.save(update_fields=["priority", "due_at"])
    ledger.append(
        type=EventType.ACTION_PRIORITIZED,
        subject=f"action:{action.pk}",
        actor=actor,
        reason=f"It is {Priority(priority).name.lower()}",
        intent_id=action.pk,
        body={
            "priority": priority,
            "due_at": action.due_at.isoformat() if action.due_at else None,
        },
        now=now,
    )


@operation
def override_finding(
    *,
    actor: Actor,
    license_id: int,
    action_id: int,
    code: str,
    subject: str,
    because: str,
    now: datetime,
) -> None:
    """Grant that one finding does not stop exactly this content, where the pack allows it.

    Any edit of the content voids it.

    :raises OwnWork: if the actor drafted the action: an override is a second person's
    :raises NotOverridable: if the rule pack does not allow it
    :raises NotFound: if no such finding blocks the action now
    :raises InvalidInput: if no reason is given
    """
    access.require(actor, Permission.ACTION_APPROVE_HIGH, license_id=license_id)
    if not because.strip():
        raise InvalidInput(field="reason", value=because, way_out="Say why it may go all the same.")
    action = locked_action(license_id, action_id)
    if action.drafted_by_id == actor.user_id:
        raise OwnWork("You drafted this action. Somebody else must override a finding.")
    asked = ask_gates(action, Moment.DRAFT, approver_id=None, now=now)
    found = [
        one for one in asked.findings if one.blocks and (one.code, one.subject) == (code, subject)
    ]
    if not found:
        raise NotFound("No such finding stops this action now.")
    rule = asked.rules.get(found[0].rule_id)
    if rule is None or not rule.may_be_overridden:
        raise NotOverridable(
            f"Nobody may override {found[0].rule_id or code}: the rule pack does not allow it."
        )
    assert actor.user_id is not None, "only people hold this right"
    GateOverride.objects.create(
        company_id=action.company_id,
        license_id=license_id,
        action=action,
        code=code,
        subject=subject,
        rule_id=rule.rule_id,
        reason=because.strip(),
        payload_sha256=action.payload_sha256,
        granted_by_id=actor.user_id,
        granted_at=now,
    )
    ledger.append(
        type=EventType.ACTION_OVERRIDDEN,
        subject=f"action:{action.pk}",
        actor=actor,
        reason=because.strip(),
        intent_id=action.pk,
        request_sha256=action.payload_sha256,
        body={"code": code, "subject": subject, "rule": rule.rule_id},
        now=now,
    )
