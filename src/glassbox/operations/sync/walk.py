"""Walk: one run's way through the feeds of a licence, its steps, its budgets, its heartbeat."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings

from glassbox.models.companies import License
from glassbox.models.sync import SyncCursor, SyncRun, SyncRunState
from glassbox.operations.metrc_session import Session
from glassbox.operations.sync.batch import Batch, ReadRow
from glassbox.operations.transaction import short_transaction
from glassbox.queries.sync_health import PURPOSE
from glassbox.rules.actor import Actor
from glassbox.rules.verdicts import Refused
from metrc_client.endpoint import Endpoint
from metrc_client.errors import BadAnswer
from metrc_client.windows import Window, cut

BEAT_SECONDS = 20
READS_OF_A_MOVING_LIST = 3


class RunTakenOver(Refused):
    """This run was thought dead and closed; another one reads now, and this one must stop."""

    code = "sync.taken-over"


class Paused(Refused):
    """A feed has read its share for now; what it read stays, and the next run goes on from there."""

    code = "sync.paused"


@dataclass(kw_only=True)
class Walk:
    """What every step of one run needs.

    `is_scheduled` says that the timetable wants it: then feeds that are not due are spared, and
    the whole walk goes on in slices. `budgets` holds how many requests each feed may still make.
    """

    actor: Actor
    session: Session
    run_id: int
    now: datetime
    is_first: bool
    is_scheduled: bool = False
    metrc_now: datetime | None = None
    reading: str = ""
    counts: dict[str, int] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    paused: dict[str, str] = field(default_factory=dict)
    budgets: dict[str, int] = field(default_factory=dict)
    spent: Counter[str] = field(default_factory=Counter)
    steps_done: int = 0
    steps_planned: int = 0
    started: float = field(default_factory=time.monotonic)
    beaten: float = field(default_factory=time.monotonic)

    @property
    def license_id(self) -> int:
        return self.session.license.pk

    @property
    def until(self) -> datetime:
        """Return METRC's own time when the run began: LastModified is told by that clock."""
        return self.metrc_now or self.now

    def begin(self, feed: str) -> None:
        """Note which feed is read from here on, so that its requests are counted as its own."""
        self._settle_account()
        self.reading = feed
        self.session.recorder.purpose = PURPOSE + feed

    def _settle_account(self) -> None:
        self.spent[self.reading] += self.session.recorder.count
        self.session.recorder.count = 0

    def check_budget(self) -> None:
        """Stop the feed at a window's end once it has made the requests of its hour.

        :raises Paused: if they are used up
        """
        self._settle_account()
        allowed = self.budgets.get(self.reading)
        if allowed is not None and self.spent[self.reading] >= allowed:
            raise Paused(
                "It has made its requests of this hour; the next run goes on where this one stopped."
            )

    def beat_in_transaction(self) -> None:
        """Show that the run is alive and how far it is, and see that it still may write.

        :raises RunTakenOver: if another run has closed it
        """
        self.beaten = time.monotonic()
        alive = SyncRun.objects.filter(id=self.run_id, state=SyncRunState.RUNNING).update(
            heartbeat_at=self.now + timedelta(seconds=self.beaten - self.started),
            feeds_done=sorted(self.counts),
            counts=self.counts,
            reading=self.reading,
            steps_done=self.steps_done,
            steps_planned=max(self.steps_planned, self.steps_done),
        )
        if not alive:
            raise RunTakenOver("Another run of this licence has taken over; this one stops.")

    def beat_if_due(self) -> None:
        """Show that the run is alive, at most every 20 seconds; for long reads between commits."""
        if time.monotonic() - self.beaten >= BEAT_SECONDS:
            with short_transaction(self.license_id):
                self.beat_in_transaction()

    def batch(
        self,
        license: License,
        feed: str,
        rows: tuple[ReadRow, ...],
        *,
        is_first_walk: bool = False,
        is_whole_list: bool = False,
    ) -> Batch:
        """Return rows that were read whole, for the transaction that stores them."""
        return Batch(
            actor=self.actor,
            license=license,
            feed=feed,
            rows=rows,
            now=self.now,
            is_first_walk=is_first_walk,
            is_whole_list=is_whole_list,
        )


def open_cursor(walk: Walk, feed: str) -> SyncCursor:
    """Return how far a feed was read, noting that it is tried now."""
    with short_transaction(walk.license_id) as license:
        walk.beat_in_transaction()
        cursor, _ = SyncCursor.objects.update_or_create(
            license=license,
            feed=feed,
            defaults={"company_id": license.company_id, "last_tried_at": walk.now},
        )
        return cursor


def move_cursor_in_transaction(walk: Walk, feed: str, until: datetime | None) -> None:
    """Move a cursor together with what was read up to there."""
    walk.steps_done += 1
    walk.beat_in_transaction()
    if until is not None:
        SyncCursor.objects.filter(license_id=walk.license_id, feed=feed).update(read_until=until)


def finish_cursor(walk: Walk, feed: str, rows_read: int = 0) -> None:
    """Note that a feed was walked to its end: only from then on does absence mean something."""
    with short_transaction(walk.license_id):
        walk.beat_in_transaction()
        SyncCursor.objects.filter(license_id=walk.license_id, feed=feed).update(
            last_whole_at=walk.now, last_error="", rows_last_read=rows_read
        )


def windows_since(walk: Walk, endpoint: Endpoint, read_until: datetime | None) -> list[Window]:
    """Return the windows still to be read, oldest first."""
    since = (read_until or walk.session.license.sync_from).replace(microsecond=0)
    overlap = timedelta(seconds=settings.SYNC_OVERLAP_SECONDS)
    return list(cut(min(since, walk.until), walk.until, overlap=overlap))


def read_rows(walk: Walk, endpoint: Endpoint, window: Window | None) -> tuple[ReadRow, ...]:
    """Read every page before anything is stored: a window is committed whole or not at all.

    A record that changes while its window is read leaves it, the later rows move up, and one of
    them slips from a page not yet read to one already read. METRC's own total shows it.

    :raises BadAnswer: if the list never stood still
    """
    for _ in range(READS_OF_A_MOVING_LIST):
        rows: list[ReadRow] = []
        totals: set[int] = set()
        for answer in walk.session.client.pages(
            endpoint, license_number=walk.session.number, window=window
        ):
            request_id = walk.session.last_request_id
            rows += [ReadRow(raw=raw, api_request_id=request_id) for raw in answer.rows]
            totals |= {answer.total} if answer.total is not None else set()
            walk.beat_if_due()
        if not totals or totals == {len(rows)}:
            return tuple(rows)
    raise BadAnswer(f"{endpoint} changed each time while it was read; the next run reads it again.")
