"""Reads a list window by window, each stored whole with its cursor; one that never comes is a gap."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from glassbox.models.companies import License
from glassbox.models.sync import SyncCursor
from glassbox.operations.sync.walk import (
    Walk,
    move_cursor_in_transaction,
    open_cursor,
    windows_since,
)
from glassbox.operations.transaction import short_transaction
from metrc_client.endpoint import Endpoint
from metrc_client.errors import BadAnswer, Unreachable
from metrc_client.windows import Window

Found = TypeVar("Found")

# A window that times out is asked for again in quarters, down to less than this.
NARROWEST = timedelta(hours=1)
PIECES = 4
# So many narrow ones in vain, and the rest of the window is not tried; so many whole windows, and
# it is the list that does not come.
NARROW_FAILURES = 4
WHOLE_FAILURES = 2
GAPS_AT_MOST = 50
# A gap costs its whole time-out each time it is tried: one a run, and not with every run.
TRY_A_GAP_AGAIN = timedelta(minutes=30)


class GapsLeft(BadAnswer):
    """Some windows of a list never came; all others did, and the gaps are tried again."""


@dataclass(frozen=True, kw_only=True)
class WindowRead(Generic[Found]):
    """How the windows of a feed are read and kept.

    `read` speaks with METRC, outside any transaction; `keep` stores what it found, inside the one
    that moves the cursor, and returns how many rows are new or changed. The window is None for a
    list that METRC sends whole.
    """

    feed: str
    endpoint: Endpoint
    read: Callable[[Window | None], Found]
    keep: Callable[[License, Found, Window | None], int]


def read_in_windows(walk: Walk, plan: WindowRead[Found], *, since: datetime | None = None) -> int:
    """Read what a list has new, oldest window first; return how many rows were stored.

    `since` begins it elsewhere than at the cursor. A window that times out while METRC is there
    is read in pieces. What still does not come becomes a gap as soon as something later has
    come; until then the cursor stays in front of it.

    :raises Unreachable: if METRC is away, or if it is the list that does not come
    :raises GapsLeft: if all is read but some windows
    :raises Paused: if the feed's requests of this hour are used up
    """
    cursor = open_cursor(walk, plan.feed)
    reader = _Reader(walk=walk, plan=plan)
    stored = reader.try_a_gap_again(cursor)
    if plan.endpoint.is_windowed:
        for window in windows_since(walk, plan.endpoint, since or cursor.read_until):
            walk.check_budget()
            stored += reader.read_window(window)
    else:
        stored += reader.keep(plan.read(None), None)
    reader.finish()
    return stored


@dataclass(kw_only=True)
class _Reader(Generic[Found]):
    """The windows of one feed in one run, and those of them that have not come."""

    walk: Walk
    plan: WindowRead[Found]
    missing: list[tuple[Window, Unreachable]] = field(default_factory=list)
    narrow_failures: int = 0
    whole_failures: int = 0
    kept: int = 0

    def read_window(self, window: Window) -> int:
        """Read one window, or what of it comes in pieces."""
        self.narrow_failures, before = 0, self.kept
        stored = self._read_or_split(window)
        self.whole_failures = self.whole_failures + 1 if self.kept == before else 0
        if self.whole_failures >= WHOLE_FAILURES:
            raise self.missing[0][1]
        return stored

    def _read_or_split(self, window: Window) -> int:
        if self.narrow_failures >= NARROW_FAILURES:
            self.missing.append((window, self.missing[-1][1]))
            return 0
        try:
            found = self.plan.read(window)
        except Unreachable as problem:
            # One list that fails is no outage.
            if not self.walk.session.metrc_is_there():
                raise
            self.walk.beat_if_due()
            pieces = _pieces(window)
            if not pieces:
                self.narrow_failures += 1
                self.missing.append((window, problem))
            return sum(self._read_or_split(piece) for piece in pieces)
        return self.keep(found, window)

    def keep(self, found: Found, window: Window | None) -> int:
        """Store what came; what did not come before it is a gap from now on."""
        with short_transaction(self.walk.license_id) as license:
            if self.missing:
                self._note_gaps_in_transaction()
            stored = self.plan.keep(license, found, window)
            until = window.end if window else None
            move_cursor_in_transaction(self.walk, self.plan.feed, until)
        self.kept += 1
        return stored

    def _note_gaps_in_transaction(self) -> None:
        cursor = self._locked_cursor()
        starts = {window.start.isoformat() for window, _ in self.missing}
        cursor.gaps = [one for one in cursor.gaps if one["start"] not in starts] + [
            {
                "start": window.start.isoformat(),
                "end": window.end.isoformat(),
                "tried_at": self.walk.now.isoformat(),
                "error": problem.sentence[:300],
            }
            for window, problem in self.missing
        ]
        if len(cursor.gaps) > GAPS_AT_MOST:
            raise self.missing[0][1]
        cursor.save(update_fields=["gaps"])
        self.missing.clear()

    def try_a_gap_again(self, cursor: SyncCursor) -> int:
        """Read gaps, the one tried longest ago first, until one still does not come."""
        stored = 0
        for gap in sorted(cursor.gaps, key=lambda one: str(one["tried_at"])):
            tried_at = datetime.fromisoformat(gap["tried_at"])
            if self.walk.is_scheduled and self.walk.now < tried_at + TRY_A_GAP_AGAIN:
                break
            start, end = (datetime.fromisoformat(gap[edge]) for edge in ("start", "end"))
            window = Window(start=start, end=end)
            try:
                found = self.plan.read(window)
            except Unreachable:
                if not self.walk.session.metrc_is_there():
                    raise
                self._set_gap(gap["start"], tried_again=True)
                break
            with short_transaction(self.walk.license_id) as license:
                stored += self.plan.keep(license, found, window)
                self._set_gap_in_transaction(gap["start"], tried_again=False)
        return stored

    def _set_gap(self, start: str, *, tried_again: bool) -> None:
        with short_transaction(self.walk.license_id):
            self._set_gap_in_transaction(start, tried_again=tried_again)

    def _set_gap_in_transaction(self, start: str, *, tried_again: bool) -> None:
        self.walk.beat_in_transaction()
        cursor = self._locked_cursor()
        (gap,) = [one for one in cursor.gaps if one["start"] == start]
        if tried_again:
            gap["tried_at"] = self.walk.now.isoformat()
        else:
            cursor.gaps.remove(gap)
        cursor.save(update_fields=["gaps"])

    def finish(self) -> None:
        """See what has not come.

        :raises Unreachable: if the newest windows have not
        :raises GapsLeft: if only some between have not
        """
        if self.missing:
            raise self.missing[0][1]
        with short_transaction(self.walk.license_id):
            gaps = self._locked_cursor().gaps
        if gaps:
            first = min(datetime.fromisoformat(one["start"]) for one in gaps)
            raise GapsLeft(
                f"{len(gaps)} window{'s' if len(gaps) > 1 else ''} of {self.plan.endpoint} never "
                f"came, the first from {first:%Y-%m-%d %H:%M} UTC: {gaps[0]['error']} "
                "All others are read."
            )

    def _locked_cursor(self) -> SyncCursor:
        return SyncCursor.objects.select_for_update().get(
            license_id=self.walk.license_id, feed=self.plan.feed
        )


def _pieces(window: Window) -> list[Window]:
    width = (window.end - window.start) / PIECES
    if width * PIECES <= NARROWEST:
        return []
    edges = [(window.start + width * number).replace(microsecond=0) for number in range(PIECES)]
    ends = [*edges[1:], window.end]
    return [Window(start=start, end=end) for start, end in zip(edges, ends, strict=True)]
