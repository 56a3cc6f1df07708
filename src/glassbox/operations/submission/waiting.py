"""What an approved action waits for before it may be sent, remembered beside it as a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from glassbox import access
from glassbox.audit import ledger
from glassbox.models.actions import RegulatedAction
from glassbox.operations.actions.draft import locked_action
from glassbox.operations.credentials import NoKey
from glassbox.operations.metrc_session import Session, open_session
from glassbox.operations.submission.circuits import license_circuit_now, metrc_circuit_now
from glassbox.operations.submission.claim import KEEPS_ITS_PLACE, NotYet, goes_first
from glassbox.operations.transaction import operation, short_transaction
from glassbox.queries.ledger_state import stopped_because
from glassbox.rules.action_lifecycle import ActionState
from glassbox.rules.actor import Actor
from glassbox.rules.permissions import Permission

# An approval is numbered within a moment of being given; only after this does a person hear of it.
NUMBERING_SECONDS = 10
ASK_AGAIN_SECONDS = 2
FIND_A_KEY_SECONDS = 60
STOPPED_SECONDS = 5


@dataclass(frozen=True, kw_only=True)
class _Wait:
    """Why an action waits, in words for people where they can help, and for how long."""

    sentence: str
    seconds: int
    is_shown: bool = True


def require_sendable(*, actor: Actor, license_id: int, action_id: int, now: datetime) -> int:
    """Return the drafter of an action that may be tried now; their key sends it.

    :raises NotYet: if it must wait; the reason then stands beside the action
    """
    metrc = metrc_circuit_now(actor, now)
    with short_transaction(license_id) as license:
        access.require(actor, Permission.ACTION_SUBMIT, license_id=license_id)
        action = RegulatedAction.objects.filter(license_id=license_id, id=action_id).first()
        if action is None or action.state != ActionState.APPROVED:
            raise NotYet("This action is not approved, or somebody sends it already.")
        circuit = metrc if metrc.is_open else license_circuit_now(license, now)
        wait = _wait_of(action, now)
        if circuit.is_open and circuit.until is not None:
            seconds = max(1, -int((now - circuit.until).total_seconds() // 1))
            wait = _Wait(sentence=f"{circuit.sentence} {KEEPS_ITS_PLACE}", seconds=seconds)
    if wait is not None:
        _remember(actor=actor, license_id=license_id, action_id=action_id, wait=wait, now=now)
        raise NotYet(wait.sentence)
    return action.drafted_by_id


def _wait_of(action: RegulatedAction, now: datetime) -> _Wait | None:
    if stopped := stopped_because():
        return _Wait(
            sentence=f"The ledger stands still until a person has looked: {stopped[:700]}"
            f" {KEEPS_ITS_PLACE}",
            seconds=STOPPED_SECONDS,
        )
    # Log before act: what is not numbered could still be lost, and then nobody approved it.
    if action.approval_event_id is None or not ledger.is_durable(action.approval_event_id):
        approved_at = action.approved_at or now
        return _Wait(
            sentence="Its approval is not numbered and signed in the ledger yet, and nothing is "
            "sent before: the sequencer and the signer must be running.",
            seconds=1,
            is_shown=now - approved_at > timedelta(seconds=NUMBERING_SECONDS),
        )
    first = goes_first(action)
    if first is not None:
        # Shown, it would let a third action pass both.
        return _Wait(
            sentence=f"Action {first} on the same goods was approved earlier and goes first.",
            seconds=ASK_AGAIN_SECONDS,
            is_shown=False,
        )
    return None


def wait_for(
    *, actor: Actor, license_id: int, action_id: int, sentence: str, seconds: int, now: datetime
) -> NotYet:
    """Remember why an approved action waits, and return the refusal that says so."""
    wait = _Wait(sentence=sentence, seconds=seconds)
    _remember(actor=actor, license_id=license_id, action_id=action_id, wait=wait, now=now)
    return NotYet(sentence)


@contextmanager
def open_session_or_wait(
    *, actor: Actor, license_id: int, action_id: int, user_id: int, now: datetime
) -> Iterator[Session]:
    """Open METRC as the drafter.

    :raises NotYet: if the drafter has no key there; it then stands beside the action
    """
    try:
        with open_session(license_id, purpose=f"action {action_id}", as_user_id=user_id) as session:
            yield session
    except NoKey as missing:
        raise wait_for(
            actor=actor,
            license_id=license_id,
            action_id=action_id,
            sentence=missing.message,
            seconds=FIND_A_KEY_SECONDS,
            now=now,
        ) from missing


@operation
def _remember(*, actor: Actor, license_id: int, action_id: int, wait: _Wait, now: datetime) -> None:
    """Waiting changes nothing that is regulated, so the ledger does not hear of it."""
    access.require(actor, Permission.ACTION_SUBMIT, license_id=license_id)
    action = locked_action(license_id, action_id)
    if action.state != ActionState.APPROVED:
        return
    action.not_before_at = now + timedelta(seconds=wait.seconds)
    action.blocked_because = wait.sentence[:1000] if wait.is_shown else ""
    action.save(update_fields=["not_before_at", "blocked_because"])
