"""Pure: cuts a span of time into lastModified windows that METRC accepts, oldest first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

# METRC refuses a wider one: "Last Modified range cannot exceed 24 hours".
WIDEST = timedelta(hours=24)


@dataclass(frozen=True, kw_only=True)
class Window:
    """A span from `start` to `end`, both aware; METRC's own ends may be in or out, so overlap."""

    start: datetime
    end: datetime


def cut(
    since: datetime, until: datetime, *, overlap: timedelta, width: timedelta = WIDEST
) -> Iterator[Window]:
    """Cut a span into windows of at most 24 h, oldest first, the first beginning `overlap` early.

    Oldest first, because LastModified only moves forward: a record that changes during the walk
    moves into a window that is still to come.

    :raises ValueError: if a time has no zone, the width is not in (0, 24 h], or time runs backward
    """
    if since.tzinfo is None or until.tzinfo is None:
        raise ValueError("A window needs times with a zone.")
    if not timedelta(0) < width <= WIDEST:
        raise ValueError(f"A window is at most 24 h wide, not {width}.")
    if overlap < timedelta(0) or since > until:
        raise ValueError(f"There is no window from {since} to {until}.")
    # METRC's times are whole seconds: a start cut off and an end rounded up would make 24 h 1 s.
    return _steps((since - overlap).replace(microsecond=0), until, width)


def _steps(start: datetime, until: datetime, width: timedelta) -> Iterator[Window]:
    while start < until:
        end = min(start + width, until)
        yield Window(start=start, end=end)
        start = end


def as_query(window: Window) -> dict[str, str]:
    """Return the query of a window; the caller's encoder must send the plus sign as %2B."""
    return {
        "lastModifiedStart": window.start.isoformat(timespec="seconds"),
        "lastModifiedEnd": _rounded_up(window.end).isoformat(timespec="seconds"),
    }


def _rounded_up(moment: datetime) -> datetime:
    return moment + timedelta(seconds=1) if moment.microsecond else moment
