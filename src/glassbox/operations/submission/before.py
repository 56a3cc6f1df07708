"""The look before a send: has METRC the effect already, by hand or by a lost send of ours?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError

from glassbox import access
from glassbox.models.actions import RegulatedAction
from glassbox.operations.actions.draft import locked_action
from glassbox.operations.credentials import NoKey
from glassbox.operations.entries import flag_late_entry_in_transaction
from glassbox.operations.metrc_session import Session, open_session
from glassbox.operations.submission.claim import (
    KEEPS_ITS_PLACE,
    begin_attempt_in_transaction,
    lost_attempts,
    raise_if_lane_is_taken,
)
from glassbox.operations.submission.kill_points import reach
from glassbox.operations.submission.readings import (
    ADJUSTMENTS_READ,
    PACKAGE_READ,
    keep_packages,
    reading_to_json,
    take_reading,
)
from glassbox.operations.submission.settle import apply_decision_in_transaction
from glassbox.operations.submission.waiting import wait_for
from glassbox.operations.transaction import operation, short_transaction
from glassbox.queries.actions.as_approved import as_approved
from glassbox.queries.actions.gates import reading_from_json
from glassbox.rules.action_kinds.kind import Keying, ProbeVerdict, Read
from glassbox.rules.action_kinds.reading import Reading
from glassbox.rules.action_kinds.registry import kind_named
from glassbox.rules.action_lifecycle import ActionState
from glassbox.rules.actor import Actor
from glassbox.rules.by_hand import AsApproved, ByHand, judge_by_hand
from glassbox.rules.permissions import Permission
from glassbox.rules.sender import Decision, Step, before_send


@dataclass(frozen=True, kw_only=True)
class Looked:
    """What METRC showed before a send, what that says of the intent, and what stood at the approval."""

    reading: Reading
    found: ByHand
    was: AsApproved
    keying: Keying
    last_lost_at: datetime | None

    @property
    def is_first_send(self) -> bool:
        """Return whether no send of ours can have had an effect yet."""
        return self.last_lost_at is None


def look_before(actor: Actor, session: Session, action_id: int, now: datetime) -> Looked:
    """Look into METRC for an approved action: for its effect, its pre-image, and fresh goods."""
    looked = _look(actor, session, action_id, now)
    if looked.found.judgement.verdict is not ProbeVerdict.CANNOT_TELL:
        return looked
    try:
        # The drafter's key may be gone; what METRC has can be read with the licence's own.
        with open_session(session.license.pk, purpose=f"action {action_id}") as own:
            return _look(actor, own, action_id, now)
    except NoKey:
        return looked


def _look(actor: Actor, session: Session, action_id: int, now: datetime) -> Looked:
    with short_transaction(session.license.pk):
        action = RegulatedAction.objects.get(id=action_id)
        was = as_approved(action)
        lost = lost_attempts(action).order_by("-number").first()
        last_lost_at = lost.ticket_used_at if lost else None
    kind = kind_named(action.kind)
    # The gates judge the goods too, also where a list decides about the action itself.
    goods = tuple(Read(endpoint=PACKAGE_READ, key=label) for label in action.labels)
    reads = tuple(dict.fromkeys((*kind.deciding_reads(action.facts), *goods)))
    reading, rows = take_reading(session, reads, since=action.drafted_at, now=now)
    keep_packages(actor, session, rows, now)
    if last_lost_at is None:
        found = judge_by_hand(kind, action.facts, was, reading)
    else:
        preimage = reading_from_json(action.preimage)
        found = ByHand(judgement=kind.judge_probe(action.facts, preimage, reading))
    if found.judgement.verdict is ProbeVerdict.APPLIED and kind.keying is Keying.TARGET_VALUE:
        found = _who_set_it(session, action, found, now)
    return Looked(
        reading=reading, found=found, was=was, keying=kind.keying, last_lost_at=last_lost_at
    )


def _who_set_it(session: Session, action: RegulatedAction, found: ByHand, now: datetime) -> ByHand:
    """Ask METRC's list of adjustments who set a quantity; of other sets it does not say."""
    bookings = kind_named(action.kind).expect(action.facts, None).bookings
    if not bookings:
        return found
    reads = (Read(endpoint=ADJUSTMENTS_READ, key=bookings[0].label),)
    seen, _ = take_reading(session, reads, since=action.drafted_at, now=now)
    by = seen.adjustments[-1].adjusted_by if seen.adjustments else ""
    return ByHand(judgement=found.judgement, by=by, done_at=found.done_at)


def settle_without_sending(
    *, actor: Actor, license_id: int, action_id: int, looked: Looked, now: datetime
) -> bool:
    """End or block an action that METRC has already, and return whether it is settled so.

    :raises NotYet: if METRC could not be read, or another write on the same goods is in doubt
    """
    judgement = looked.found.judgement
    decision = before_send(
        judgement.verdict,
        _words(looked),
        keying=looked.keying,
        now=now,
        last_lost_at=looked.last_lost_at,
        settle_seconds=int(settings.SETTLE_WINDOW_SECONDS),
    )
    if decision.step is Step.SEND:
        return False
    if decision.step is Step.WAIT:
        raise wait_for(
            actor=actor,
            license_id=license_id,
            action_id=action_id,
            sentence=f"{decision.sentence[:900]} {KEEPS_ITS_PLACE}",
            seconds=decision.delay_seconds,
            now=now,
        )
    reach("before_settle_unsent")
    try:
        _settle(
            actor=actor,
            license_id=license_id,
            action_id=action_id,
            decision=decision,
            looked=looked,
            now=now,
        )
    except IntegrityError as error:
        raise_if_lane_is_taken(error)
        raise
    return True


def _words(looked: Looked) -> str:
    judgement = looked.found.judgement
    if judgement.verdict is not ProbeVerdict.APPLIED:
        return judgement.sentence
    if not looked.is_first_send:
        return f"An earlier send of ours had its effect after all. {judgement.sentence}"
    who = f" by {looked.found.by}" if looked.found.by else ""
    when = f" at {looked.found.done_at:%Y-%m-%d %H:%M} UTC" if looked.found.done_at else ""
    return f"Done by hand in METRC{who}{when}; Glassbox sent nothing. {judgement.sentence}"


@operation
def _settle(
    *,
    actor: Actor,
    license_id: int,
    action_id: int,
    decision: Decision,
    looked: Looked,
    now: datetime,
) -> None:
    access.require(actor, Permission.ACTION_SUBMIT, license_id=license_id)
    action = locked_action(license_id, action_id)
    if action.state != ActionState.APPROVED:
        return
    attempt = begin_attempt_in_transaction(
        actor=actor, action=action, now=now, body={"is_sent": False}
    )
    attempt.ended_at, attempt.error = now, "Nothing was sent: METRC was looked into before."
    attempt.save(update_fields=["ended_at", "error"])
    if looked.is_first_send:
        # Our book moves by what changed since the approval, not since the look.
        action.preimage = reading_to_json(looked.was.reading)
    body: dict[str, Any] = {}
    if decision.step is Step.ACCEPT and looked.is_first_send:
        done_at = looked.found.done_at
        said = done_at.isoformat() if done_at else ""
        body = {"by_hand": True, "done_at": said}
        action.evidence = {"by_hand": {"by": looked.found.by, "done_at": said}}
        flag_late_entry_in_transaction(actor=actor, action=action, now=done_at or now)
    apply_decision_in_transaction(
        actor=actor, action=action, decision=decision, attempt=attempt, body=body, now=now
    )
    reach("inside_settle_unsent")
