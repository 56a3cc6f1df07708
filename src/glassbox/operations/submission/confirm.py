"""Look into METRC for an action that was sent: accept what is seen, never send again blindly."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings

from glassbox import access
from glassbox.models.actions import ActionAttempt, ActionProbe, RegulatedAction
from glassbox.operations import queue
from glassbox.operations.actions.draft import locked_action
from glassbox.operations.credentials import NoKey
from glassbox.operations.metrc_session import open_session
from glassbox.operations.submission.claim import lost_attempts
from glassbox.operations.submission.kill_points import reach
from glassbox.operations.submission.readings import keep_packages, take_reading
from glassbox.operations.submission.settle import apply_decision_in_transaction
from glassbox.operations.transaction import operation
from glassbox.queries.actions.gates import reading_from_json
from glassbox.rules.action_kinds.kind import Judgement, ProbeVerdict, cannot_tell
from glassbox.rules.action_kinds.registry import kind_named
from glassbox.rules.action_lifecycle import IN_DOUBT, ActionState
from glassbox.rules.actor import Actor
from glassbox.rules.permissions import Permission
from glassbox.rules.sender import (
    Decision,
    PastProbe,
    ProbeFacts,
    Step,
    Why,
    after_crash,
    after_probe,
)

REFUSED_STATUSES = frozenset({400, 404, 409, 422})


def confirm_action(*, actor: Actor, license_id: int, action_id: int, now: datetime) -> None:
    """Look whether METRC has the effect of a sent action, and settle it if the look decides.

    An action whose worker died is treated by what its ticket proves. Does nothing for an action
    that nobody doubts.
    """
    action = _doubted(actor=actor, license_id=license_id, action_id=action_id, now=now)
    if action is None:
        return
    reach("before_lookup")
    judgement = _look(actor, license_id, action, as_user_id=action.drafted_by_id, now=now)
    if judgement.verdict is ProbeVerdict.CANNOT_TELL:
        # The drafter's key may be gone; what METRC has can be read with the licence's own.
        judgement = _look(actor, license_id, action, as_user_id=None, now=now)
    reach("after_lookup")
    _settle(actor=actor, license_id=license_id, action_id=action_id, judgement=judgement, now=now)
    reach("after_settle")


def _look(
    actor: Actor,
    license_id: int,
    action: RegulatedAction,
    *,
    as_user_id: int | None,
    now: datetime,
) -> Judgement:
    kind = kind_named(action.kind)
    try:
        with open_session(
            license_id, purpose=f"look up action {action.pk}", as_user_id=as_user_id
        ) as session:
            reading, rows = take_reading(
                session,
                kind.deciding_reads(action.facts),
                since=action.claimed_at or action.drafted_at,
                now=now,
            )
            keep_packages(actor, session, rows, now)
    except NoKey as missing:
        return cannot_tell(missing.message)
    return kind.judge_probe(action.facts, reading_from_json(action.preimage), reading)


@operation
def _doubted(
    *, actor: Actor, license_id: int, action_id: int, now: datetime
) -> RegulatedAction | None:
    """Return the action if it is to be looked up now; first settle what a dead worker left."""
    access.require(actor, Permission.ACTION_SUBMIT, license_id=license_id)
    action = locked_action(license_id, action_id)
    if action.state not in IN_DOUBT:
        return None
    if action.state == ActionState.SUBMITTING:
        attempt = _last_attempt(action)
        if attempt is not None and attempt.ended_at is None:
            return _after_crash(actor, action, attempt, now)
    return action


def _after_crash(
    actor: Actor, action: RegulatedAction, attempt: ActionAttempt, now: datetime
) -> RegulatedAction | None:
    decision = after_crash(
        ticket_used=attempt.ticket_used_at is not None,
        deadline_at=attempt.deadline_at,
        now=now,
    )
    if decision.step is Step.WAIT:
        action.not_before_at = attempt.deadline_at
        action.save(update_fields=["not_before_at"])
        return None
    attempt.ended_at, attempt.error = now, decision.sentence
    attempt.save(update_fields=["ended_at", "error"])
    apply_decision_in_transaction(
        actor=actor, action=action, decision=decision, attempt=attempt, now=now
    )
    return action if action.state == ActionState.UNCONFIRMED else None


@operation
def _settle(
    *,
    actor: Actor,
    license_id: int,
    action_id: int,
    judgement: Judgement,
    now: datetime,
) -> None:
    access.require(actor, Permission.ACTION_SUBMIT, license_id=license_id)
    action = locked_action(license_id, action_id)
    attempt = _last_attempt(action)
    if action.state not in IN_DOUBT or attempt is None:
        return
    past = _past_probes(action, attempt)
    ActionProbe.objects.create(
        company_id=action.company_id,
        license_id=license_id,
        action=action,
        attempt_number=attempt.number,
        verdict=judgement.verdict,
        sentence=judgement.sentence[:1000],
        looked_at=now,
    )
    decision = after_probe(_probe_facts(action, attempt, judgement, past, now))
    apply_decision_in_transaction(
        actor=actor, action=action, decision=decision, attempt=attempt, now=now
    )
    _hold_late_lanes(action, decision, now)
    reach("inside_settle")
    if decision.step is Step.REQUEUE:
        queue.defer(
            queue.JobName.SUBMIT_ACTION,
            once=f"action:{action.pk}",
            license_id=license_id,
            action_id=action.pk,
        )


def _past_probes(action: RegulatedAction, attempt: ActionAttempt) -> tuple[PastProbe, ...]:
    probes = action.probes.filter(attempt_number=attempt.number).order_by("looked_at")
    return tuple(
        PastProbe(at=probe.looked_at, verdict=ProbeVerdict(probe.verdict)) for probe in probes
    )


def _probe_facts(
    action: RegulatedAction,
    attempt: ActionAttempt,
    judgement: Judgement,
    past: tuple[PastProbe, ...],
    now: datetime,
) -> ProbeFacts:
    lost = list(lost_attempts(action).order_by("number"))
    return ProbeFacts(
        why=_why(action, attempt),
        keying=kind_named(action.kind).keying,
        verdict=judgement.verdict,
        sentence=judgement.sentence,
        lost_sends=len(lost),
        sent_at=_sent_at(attempt),
        now=now,
        settle_seconds=int(settings.SETTLE_WINDOW_SECONDS),
        past=past,
        last_lost_at=_sent_at(lost[-1]) if lost else None,
    )


@operation
def release_settled_lanes(*, actor: Actor, license_id: int, now: datetime) -> None:
    """Free lanes that a late write could have kept taken, once it can no longer land."""
    access.require(actor, Permission.ACTION_SUBMIT, license_id=license_id)
    window = timedelta(seconds=settings.SETTLE_WINDOW_SECONDS)
    ended = RegulatedAction.objects.filter(
        license_id=license_id,
        state__in=[ActionState.ACCEPTED, ActionState.REJECTED, ActionState.WITHDRAWN],
        lanes__released_at__isnull=True,
        claimed_at__lt=now - window,
    )
    for action in ended.distinct():
        action.lanes.filter(released_at__isnull=True).update(released_at=now)


def _hold_late_lanes(action: RegulatedAction, decision: Decision, now: datetime) -> None:
    if decision.hold_lanes_until is not None and decision.hold_lanes_until > now:
        action.not_before_at = decision.hold_lanes_until
        action.save(update_fields=["not_before_at"])


def _why(action: RegulatedAction, attempt: ActionAttempt) -> Why:
    if action.state in (ActionState.UNCONFIRMED, ActionState.BLOCKED):
        return Why.ANSWER_LOST
    if attempt.http_status in REFUSED_STATUSES:
        return Why.REFUSED
    return Why.READ_BACK


def _sent_at(attempt: ActionAttempt) -> datetime:
    """Return the latest moment known for the first byte: the ticket goes just before it."""
    return attempt.ticket_used_at or attempt.claimed_at


def _last_attempt(action: RegulatedAction) -> ActionAttempt | None:
    return (
        ActionAttempt.objects.select_for_update().filter(action=action).order_by("-number").first()
    )
