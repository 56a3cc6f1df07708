"""When the whole walk of a licence is due, and how long a run will still take. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

# The walk begins in the night of the licence, and after this in broad daylight rather than not.
NIGHT_HOURS = range(1, 5)
BETWEEN_WALKS_AT_LEAST = timedelta(hours=10)
BETWEEN_WALKS_AT_MOST = timedelta(hours=30)
STEPS_BEFORE_AN_ESTIMATE = 3


def whole_walk_is_due(*, now: datetime, last_at: datetime | None, zone: ZoneInfo) -> bool:
    """Say whether the timetable begins a whole walk now; `last_at` is when the last one ended."""
    if last_at is None:
        return True
    is_night = now.astimezone(zone).hour in NIGHT_HOURS
    since = now - last_at
    return since >= (BETWEEN_WALKS_AT_LEAST if is_night else BETWEEN_WALKS_AT_MOST)


def time_left(*, elapsed: timedelta, steps_done: int, steps_planned: int) -> timedelta | None:
    """Return how long the steps that are left take at the pace so far; None before it is known."""
    if steps_done < STEPS_BEFORE_AN_ESTIMATE or steps_planned < steps_done:
        return None
    return elapsed * ((steps_planned - steps_done) / steps_done)
