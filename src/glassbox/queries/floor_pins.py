"""Whether a person has a floor PIN, and since when."""

from __future__ import annotations

from datetime import datetime

from glassbox.models.people import FloorPin
from glassbox.rules.actor import Actor


def floor_pin_since(*, actor: Actor) -> datetime | None:
    """Return since when a person has a floor PIN; None without one."""
    held = FloorPin.objects.filter(user_id=actor.user_id or 0).first()
    return held.set_at if held else None
