"""Floor PINs: what unlocks a session that was left on a shared tablet, after a full sign-in."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.hashers import check_password, make_password

from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.people import FloorPin
from glassbox.operations.person import person_id
from glassbox.operations.transaction import unscoped_operation
from glassbox.rules.actor import Actor
from glassbox.rules.floor_pins import WRONG_AT_MOST, check_pin


@unscoped_operation
def set_floor_pin(*, actor: Actor, pin: str, now: datetime) -> None:
    """Give a person a floor PIN, or another one.

    :raises InvalidInput: if it is too short, too long, or easily guessed
    """
    check_pin(pin)
    FloorPin.objects.update_or_create(
        user_id=person_id(actor),
        defaults={"pin_hash": make_password(pin), "set_at": now, "failures": 0},
    )
    _append(EventType.FACTOR_ADDED, actor, "A floor PIN was set", now)


@unscoped_operation
def remove_floor_pin(*, actor: Actor, now: datetime) -> None:
    """Take a person's floor PIN away; without one nothing is locked, and nothing unlocked."""
    removed, _ = FloorPin.objects.filter(user_id=person_id(actor)).delete()
    if removed:
        _append(EventType.FACTOR_REMOVED, actor, "The floor PIN was removed", now)


@unscoped_operation
def try_floor_pin(*, actor: Actor, pin: str, now: datetime) -> int | None:
    """Return None if the PIN is right, else how many tries are left; at none the PIN is gone.

    The count is the person's, over every session and process, and a right PIN sets it back.
    """
    held = FloorPin.objects.select_for_update().filter(user_id=person_id(actor)).first()
    if held is None:
        return 0
    if check_password(pin, held.pin_hash):
        held.failures = 0
        held.save(update_fields=["failures"])
        _append(EventType.SESSION_UNLOCKED, actor, "Unlocked with the floor PIN", now)
        return None
    held.failures += 1
    _append(EventType.SESSION_REFUSED, actor, "The floor PIN did not match", now)
    if held.failures < WRONG_AT_MOST:
        held.save(update_fields=["failures"])
        return WRONG_AT_MOST - held.failures
    held.delete()
    _append(EventType.FACTOR_REMOVED, actor, "The floor PIN was guessed at too often", now)
    return 0


def _append(type: EventType, actor: Actor, reason: str, now: datetime) -> None:
    ledger.append(type=type, subject=f"user:{actor.user_id}", actor=actor, reason=reason, now=now)
