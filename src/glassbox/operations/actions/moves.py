"""What every move of a person writes: the state, the event, the word on the content, the gates' answer."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import connection

from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.actions import ActionReview, GateCheck, RegulatedAction
from glassbox.models.documents import Document
from glassbox.queries.actions.gates import ask_gates
from glassbox.rules.action_lifecycle import ActionState, WaveState, next_state
from glassbox.rules.actor import Actor
from glassbox.rules.gates import is_blocked
from glassbox.rules.gates.action_facts import Moment
from glassbox.rules.verdicts import Finding


def move_in_transaction(
    action: RegulatedAction,
    actor: Actor,
    move: str,
    event: EventType,
    reason: str,
    now: datetime,
    body: dict[str, Any] | None = None,
) -> None:
    """Make one move of the lifecycle's table, with its event.

    :raises MoveNotAllowed: if the table has no such move from where the action stands
    """
    assert connection.in_atomic_block, "a move commits with its event"
    before, action.state = action.state, next_state(ActionState(action.state), move)
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
        body=body,
        now=now,
    )


def word_in_transaction(
    action: RegulatedAction,
    actor: Actor,
    verdict: str,
    comment: str,
    now: datetime,
    findings: tuple[Finding, ...] = (),
    evidence: Document | None = None,
) -> None:
    """Keep one person's word on the content as it is now."""
    assert actor.user_id is not None, "only people hold the right to review"
    ActionReview.objects.create(
        company_id=action.company_id,
        license_id=action.license_id,
        action=action,
        reviewer_id=actor.user_id,
        verdict=verdict,
        payload_sha256=action.payload_sha256,
        comment=comment.strip(),
        evidence=evidence,
        findings=[asdict(finding) for finding in findings],
        reviewed_at=now,
    )


def check_gates_in_transaction(
    action: RegulatedAction,
    actor: Actor,
    moment: Moment,
    *,
    approver_id: int | None,
    now: datetime,
) -> tuple[Finding, ...]:
    """Ask every gate and keep the answer with the digest of the facts it was given to.

    A block that is asked again and again with the same answer is kept once.
    """
    asked = ask_gates(action, moment, approver_id=approver_id, now=now)
    said = [asdict(finding) for finding in asked.findings]
    newest = GateCheck.objects.filter(action=action).order_by("-id").first()
    if newest is None or (newest.moment, newest.findings) != (moment.value, said):
        GateCheck.objects.create(
            company_id=action.company_id,
            license_id=action.license_id,
            action=action,
            moment=moment.value,
            is_blocked=is_blocked(asked.findings),
            findings=said,
            facts_sha256=asked.facts_sha256,
            checked_by_id=actor.user_id,
            checked_at=now,
        )
    return asked.findings


def void_wave_in_transaction(
    action: RegulatedAction, actor: Actor, because: str, now: datetime
) -> None:
    """Void the wave an action belongs to: what METRC does not have yet goes back to draft.

    Each member keeps an event of its own; what is under way or ended is left as it is.
    """
    wave = action.wave
    if wave is None or wave.state == WaveState.VOID:
        return
    wave.state, wave.void_because = WaveState.VOID, because[:500]
    wave.save()
    waiting = wave.actions.select_for_update().filter(
        state__in=[ActionState.IN_REVIEW, ActionState.APPROVED]
    )
    for member in waiting.exclude(id=action.pk).order_by("id"):
        member.approved_by_id, member.approved_at, member.approval_event_id = None, None, None
        move_in_transaction(
            member,
            actor,
            "return_to_draft",
            EventType.ACTION_RETURNED,
            f"Its wave is void: {because}",
            now,
            body={"wave": wave.pk},
        )
    ledger.append(
        type=EventType.WAVE_VOIDED,
        subject=f"wave:{wave.pk}",
        actor=actor,
        reason=because,
        body={"action": action.pk},
        now=now,
    )
