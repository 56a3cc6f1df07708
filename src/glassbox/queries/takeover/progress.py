"""How far the back-fill of a licence is, and about how long it still takes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from glassbox.models.companies import License
from glassbox.models.packages import Package
from glassbox.models.sync import ApiRequest, SyncCursor, SyncRun, SyncRunState
from glassbox.models.transfers import Transfer
from glassbox.queries.freshness import ESSENTIAL_FEEDS, freshness_of
from glassbox.rules.takeover import time_left

LONG_LISTS = ESSENTIAL_FEEDS - {"facility"}
SILENT_AFTER = timedelta(minutes=5)


@dataclass(frozen=True, kw_only=True)
class Progress:
    """The first reading of METRC: `done` is a share from 0 to 1 of the lists of years."""

    is_whole: bool
    is_running: bool
    done: float
    left: timedelta | None
    spent: timedelta
    from_day: datetime
    reading: str
    read_until: datetime | None
    packages: int
    transfers: int
    requests: int
    error: str

    @property
    def percent(self) -> int:
        """Return the share in whole percent; 100 only when everything is read."""
        return 100 if self.is_whole else min(int(self.done * 100), 99)

    @property
    def left_words(self) -> str:
        """Return the time left in words a person would use."""
        minutes = max(round((self.left or timedelta(0)).total_seconds() / 60), 1)
        if minutes < 90:
            return "1 minute" if minutes == 1 else f"{minutes} minutes"
        return f"{round(minutes / 60)} hours"


def backfill_progress(license_id: int, *, now: datetime) -> Progress:
    """Return it inside the caller's transaction.

    The machine's time counts, not the wall's: pauses between two runs teach nothing about the
    speed, and a run that died is counted up to its last sign of life.
    """
    license = License.objects.get(id=license_id)
    freshness = freshness_of(license_id)
    cursors = {
        cursor.feed: cursor
        for cursor in SyncCursor.objects.filter(license_id=license_id, feed__in=LONG_LISTS)
    }
    shares = [_share(cursors.get(feed), license.sync_from, now) for feed in sorted(LONG_LISTS)]
    done = sum(shares) / len(shares)
    runs = list(SyncRun.objects.filter(license_id=license_id).order_by("id"))
    spent = _spent(runs)
    is_whole = freshness.as_of is not None
    last = runs[-1] if runs else None
    running = last is not None and last.state == SyncRunState.RUNNING
    current = _newest(list(cursors.values()))
    return Progress(
        is_whole=is_whole,
        is_running=bool(running and last and now - last.heartbeat_at < SILENT_AFTER),
        done=1.0 if is_whole else done,
        left=None if is_whole else time_left(spent=spent, done=done),
        spent=spent,
        from_day=license.sync_from,
        reading=current.feed if current and not is_whole else "",
        read_until=current.read_until if current and not is_whole else None,
        packages=Package.objects.filter(license_id=license_id).count(),
        transfers=Transfer.objects.filter(license_id=license_id).count(),
        requests=ApiRequest.objects.filter(license_id=license_id).count(),
        error=last.error if last and last.state == SyncRunState.FAILED else "",
    )


def _share(cursor: SyncCursor | None, since: datetime, until: datetime) -> float:
    if cursor is None:
        return 0.0
    if cursor.last_whole_at is not None:
        return 1.0
    if cursor.read_until is None or until <= since:
        return 0.0
    return max(0.0, min((cursor.read_until - since) / (until - since), 1.0))


def _spent(runs: list[SyncRun]) -> timedelta:
    total = timedelta(0)
    for run in runs:
        total += max((run.ended_at or run.heartbeat_at) - run.started_at, timedelta(0))
        if run.state == SyncRunState.DONE:
            break
    return total


def _newest(cursors: list[SyncCursor]) -> SyncCursor | None:
    begun = [one for one in cursors if one.last_whole_at is None]
    return max(begun, key=lambda one: one.pk) if begun else None
