"""How the reading of METRC stands, licence by licence: feeds, budgets, key, clock, hints, progress."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings
from django.db.models import Count, Max

from glassbox import access
from glassbox.models.companies import License
from glassbox.models.credentials import MetrcCredential
from glassbox.models.sync import (
    ApiRequest,
    MetrcSubscription,
    PackageHint,
    SyncCursor,
    SyncRun,
    SyncRunState,
)
from glassbox.queries.alert_facts import metrc_clock_offset
from glassbox.queries.frame import FRESH_FOR
from glassbox.queries.freshness import ESSENTIAL_FEEDS
from glassbox.rules.actor import Actor
from glassbox.rules.feed_schedule import SCHEDULES, WHOLE_WALK, FeedSchedule
from glassbox.rules.permissions import Permission
from glassbox.rules.sync_schedule import BETWEEN_WALKS_AT_MOST, time_left

# Every exchange of a feed is kept with this before its name: so its budget is counted.
PURPOSE = "sync "
BUDGET_PERIOD = timedelta(hours=1)
# A run that has not beaten for so long is dead; the next one closes it.
SILENT_AFTER = timedelta(minutes=5)
CLOCK_WARNS_FROM_SECONDS = 60


class FeedState(StrEnum):
    """Name how a feed stands."""

    FRESH = "FRESH"
    STALE = "STALE"
    FAILING = "FAILING"
    BEHIND = "BEHIND"
    NEVER_READ = "NEVER_READ"


@dataclass(frozen=True, kw_only=True)
class FeedHealth:
    """One feed of one licence. Times are None where there was none; counts are of requests."""

    name: str
    title: str
    due_text: str
    state: FeedState
    is_essential: bool
    as_of: datetime | None
    tried_at: datetime | None
    next_due_at: datetime | None
    error: str
    rows_last_read: int
    windows_behind: int
    gap_count: int
    first_gap_at: datetime | None
    requests_used: int
    requests_allowed: int
    exchange_id: int | None


@dataclass(frozen=True, kw_only=True)
class RunProgress:
    """The run under way: which feed it reads, how far it is, and how long the rest takes."""

    run_id: int
    started_at: datetime
    trigger: str
    reading: str
    steps_done: int
    steps_planned: int
    left: timedelta | None
    is_silent: bool

    @property
    def percent(self) -> int:
        """Return how much of the planned steps is done."""
        return 100 * self.steps_done // self.steps_planned if self.steps_planned else 0


@dataclass(frozen=True, kw_only=True)
class KeyHealth:
    """The key a licence is read with, and what METRC last said to it."""

    owner_name: str
    last_four: str
    worked_at: datetime | None
    refused_at: datetime | None

    @property
    def is_refused(self) -> bool:
        """Return whether METRC's last word to the key was no."""
        if self.refused_at is None:
            return False
        return self.worked_at is None or self.refused_at > self.worked_at


@dataclass(frozen=True, kw_only=True)
class HintsHealth:
    """Whether METRC tells us of changes by itself, and when it last did."""

    is_set_up: bool
    is_active: bool
    checked_at: datetime | None
    heard_at: datetime | None
    heard_count: int
    waiting_count: int
    error: str


@dataclass(frozen=True, kw_only=True)
class LicenseSync:
    """The reading of METRC for one licence."""

    number: str
    name: str
    time_zone: str
    feeds: tuple[FeedHealth, ...]
    progress: RunProgress | None
    key: KeyHealth | None
    clock_offset: timedelta | None
    hints: HintsHealth
    next_run_at: datetime | None
    requests_used: int
    requests_allowed: int
    may_read_now: bool

    @property
    def clock_differs(self) -> bool:
        """Return whether METRC's clock and ours are so far apart that somebody should look."""
        offset = self.clock_offset
        return offset is not None and abs(offset.total_seconds()) >= CLOCK_WARNS_FROM_SECONDS

    @property
    def failing_count(self) -> int:
        """Return how many feeds failed when they were last tried."""
        return sum(feed.state is FeedState.FAILING for feed in self.feeds)


def sync_health(
    *, actor: Actor, license_ids: tuple[int, ...], now: datetime
) -> tuple[LicenseSync, ...]:
    """Return how the reading of METRC stands for each licence in sight."""
    with access.reading(actor):
        used = requests_used(license_ids, since=now - BUDGET_PERIOD)
        licenses = License.objects.filter(id__in=license_ids).order_by("-kind", "number")
        return tuple(_license(actor, license, used, now) for license in licenses)


def requests_used(license_ids: tuple[int, ...], *, since: datetime) -> dict[tuple[int, str], int]:
    """Return how many requests each feed of each licence has made since, in a transaction."""
    rows = (
        ApiRequest.objects.filter(
            license_id__in=license_ids, sent_at__gt=since, purpose__startswith=PURPOSE
        )
        .values_list("license_id", "purpose")
        .annotate(made=Count("id"))
    )
    return {(license_id, purpose.removeprefix(PURPOSE)): made for license_id, purpose, made in rows}


def hints_wait(*, actor: Actor, license_id: int, labels: tuple[str, ...]) -> bool:
    """Return whether one of these packages still waits to be read again."""
    with access.reading(actor, license_id=license_id):
        return PackageHint.objects.filter(
            license_id=license_id, label__in=labels, read_at__isnull=True
        ).exists()


def _license(
    actor: Actor, license: License, used: dict[tuple[int, str], int], now: datetime
) -> LicenseSync:
    cursors = {one.feed: one for one in SyncCursor.objects.filter(license=license)}
    run = SyncRun.objects.filter(license=license).order_by("-id").first()
    next_run_at = None
    if run is not None and license.is_active:
        next_run_at = run.started_at + timedelta(seconds=settings.SYNC_EVERY_SECONDS)
    exchanges = _failed_exchanges(license, cursors)
    per_second = settings.METRC_GETS_PER_SECOND_PER_FACILITY * settings.METRC_SHARE_USED
    return LicenseSync(
        number=license.number,
        name=license.legal_name,
        time_zone=license.time_zone,
        feeds=tuple(
            _feed(
                name,
                schedule,
                cursors.get(name),
                used.get((license.pk, name), 0),
                exchanges.get(name),
                next_run_at,
                now,
            )
            for name, schedule in SCHEDULES.items()
        ),
        progress=_progress(run, now) if run is not None else None,
        key=_key(license),
        clock_offset=metrc_clock_offset(license.pk),
        hints=_hints(license),
        next_run_at=next_run_at,
        requests_used=sum(made for (owner, _), made in used.items() if owner == license.pk),
        requests_allowed=int(per_second * BUDGET_PERIOD.total_seconds()),
        may_read_now=Permission.SYNC_RUN in access.permissions_at(actor, license.pk),
    )


def _feed(
    name: str,
    schedule: FeedSchedule,
    cursor: SyncCursor | None,
    used: int,
    exchange_id: int | None,
    next_run_at: datetime | None,
    now: datetime,
) -> FeedHealth:
    as_of = cursor.last_whole_at if cursor else None
    gaps = cursor.gaps if cursor else []
    behind = _windows_behind(cursor, now)
    return FeedHealth(
        name=name,
        title=schedule.title,
        due_text="each night" if name == WHOLE_WALK else schedule.due_text,
        state=_state(name, schedule, cursor, behind, now),
        is_essential=name in ESSENTIAL_FEEDS,
        as_of=as_of,
        tried_at=cursor.last_tried_at if cursor else None,
        next_due_at=_next_due(name, schedule, as_of, next_run_at),
        error=cursor.last_error if cursor else "",
        rows_last_read=cursor.rows_last_read if cursor else 0,
        windows_behind=behind,
        gap_count=len(gaps),
        first_gap_at=min((datetime.fromisoformat(one["start"]) for one in gaps), default=None),
        requests_used=used,
        requests_allowed=schedule.allowance(was_read=as_of is not None),
        exchange_id=exchange_id if cursor and cursor.last_error else None,
    )


def _windows_behind(cursor: SyncCursor | None, now: datetime) -> int:
    """Return how many windows of a day lie between the cursor and now; a walk is not behind."""
    if cursor is None or cursor.read_until is None:
        return 0
    return max(0, (now - cursor.read_until) // timedelta(days=1))


def _state(
    name: str, schedule: FeedSchedule, cursor: SyncCursor | None, behind: int, now: datetime
) -> FeedState:
    if cursor is None or cursor.last_tried_at is None and cursor.last_whole_at is None:
        return FeedState.NEVER_READ
    if cursor.last_error:
        return FeedState.FAILING
    if behind:
        return FeedState.BEHIND
    if cursor.last_whole_at is None:
        return FeedState.NEVER_READ
    longest = max(schedule.every, timedelta(seconds=settings.SYNC_EVERY_SECONDS)) + FRESH_FOR
    if name == WHOLE_WALK:
        longest = BETWEEN_WALKS_AT_MOST + FRESH_FOR
    return FeedState.FRESH if now - cursor.last_whole_at <= longest else FeedState.STALE


def _next_due(
    name: str, schedule: FeedSchedule, as_of: datetime | None, next_run_at: datetime | None
) -> datetime | None:
    if next_run_at is None or name == WHOLE_WALK:
        return None
    return next_run_at if as_of is None else max(next_run_at, as_of + schedule.every)


def _failed_exchanges(license: License, cursors: dict[str, SyncCursor]) -> dict[str, int]:
    """Return the newest exchange of each feed that fails: it shows what METRC really said."""
    failing = [PURPOSE + name for name, cursor in cursors.items() if cursor.last_error]
    if not failing:
        return {}
    rows = (
        ApiRequest.objects.filter(license=license, purpose__in=failing)
        .values_list("purpose")
        .annotate(newest=Max("id"))
    )
    return {purpose.removeprefix(PURPOSE): newest for purpose, newest in rows}


def _progress(run: SyncRun, now: datetime) -> RunProgress | None:
    if run.state != SyncRunState.RUNNING:
        return None
    schedule = SCHEDULES.get(run.reading)
    return RunProgress(
        run_id=run.pk,
        started_at=run.started_at,
        trigger=run.trigger,
        reading=schedule.title if schedule else "",
        steps_done=run.steps_done,
        steps_planned=run.steps_planned,
        left=time_left(
            elapsed=run.heartbeat_at - run.started_at,
            steps_done=run.steps_done,
            steps_planned=run.steps_planned,
        ),
        is_silent=now - run.heartbeat_at > SILENT_AFTER,
    )


def _key(license: License) -> KeyHealth | None:
    key = MetrcCredential.objects.filter(
        license=license, is_for_sync=True, revoked_at__isnull=True
    ).first()
    if key is None:
        return None
    return KeyHealth(
        owner_name=key.owner_name,
        last_four=key.last_four,
        worked_at=key.last_worked_at,
        refused_at=key.last_refused_at,
    )


def _hints(license: License) -> HintsHealth:
    found = MetrcSubscription.objects.filter(license=license).first()
    return HintsHealth(
        is_set_up=bool(settings.GLASSBOX_METRC_CONNECT_URL and settings.GLASSBOX_PUBLIC_URL),
        is_active=found is not None and found.is_active,
        checked_at=found.checked_at if found else None,
        heard_at=found.heard_at if found else None,
        heard_count=found.heard_count if found else 0,
        waiting_count=PackageHint.objects.filter(license=license, read_at__isnull=True).count(),
        error=found.last_error if found else "",
    )
