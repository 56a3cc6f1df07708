"""The whole walk: once a night every open package, by the set of labels METRC shows, in slices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from glassbox.models.companies import License
from glassbox.models.packages import Package, PackageSnapshot
from glassbox.models.sync import SyncCursor
from glassbox.operations.sync.batch import ReadRow
from glassbox.operations.sync.packages import package_store
from glassbox.operations.sync.walk import Paused, Walk, finish_cursor, read_rows, windows_since
from glassbox.operations.sync.windowed import GapsLeft, WindowRead, read_in_windows
from glassbox.operations.transaction import short_transaction
from glassbox.queries.freshness import PACKAGE_FEEDS
from glassbox.queries.ledger_state import restored_at
from glassbox.rules.feed_schedule import WHOLE_WALK
from glassbox.rules.package_state import PackageList
from glassbox.rules.sync_schedule import whole_walk_is_due
from metrc_client import endpoints, shapes
from metrc_client.errors import NotThere, Unauthorized
from metrc_client.windows import Window

FEED = WHOLE_WALK
# Who asks for a walk gets one unless the last is younger than this.
ASKED_AFTER = timedelta(hours=24)
OPEN_LISTS = {
    PackageList.ON_HOLD: endpoints.PACKAGES_ON_HOLD,
    PackageList.ACTIVE: endpoints.PACKAGES_ACTIVE,
    PackageList.IN_TRANSIT: endpoints.PACKAGES_IN_TRANSIT,
}
# The timetable's other reads wait no longer than this many requests.
REQUESTS_OF_A_SLICE = 600
LOOK_UPS_OF_A_SLICE = 200


@dataclass(frozen=True, kw_only=True)
class _Shown:
    """The rows of the three open lists in one window."""

    rows: dict[PackageList, tuple[ReadRow, ...]]


def walk_whole(walk: Walk) -> int:
    """Read the open lists over all of the licence's time; return how many packages were news.

    Windows only tell what METRC stamped with a time inside them. This walk sees every open
    package again, finds what no window has told, and knows at its end which of ours METRC did
    not show: each of those is looked up by itself, and only METRC's own no to it, with a healthy
    key, ends METRC's word of it. A walk that is not whole says nothing of absence. It goes on
    from slice to slice, and from run to run.

    :raises Paused: at the end of a slice
    :raises GapsLeft: if some windows did not come; the next night begins anew
    """
    cursor = _cursor(walk)
    if walk.is_first and set(walk.counts) >= PACKAGE_FEEDS and cursor.walk_began_at is None:
        # The first walk of every list has just been one.
        finish_cursor(walk, FEED)
        return 0
    if cursor.walk_began_at is None:
        if walk.is_first or not _is_due(walk, cursor):
            return 0
        cursor = _begin(walk, cursor)
    began_at = cursor.walk_began_at
    assert began_at is not None
    if walk.is_scheduled:
        allowed = walk.budgets.get(FEED, REQUESTS_OF_A_SLICE)
        walk.budgets[FEED] = min(allowed, REQUESTS_OF_A_SLICE)
    since = cursor.read_until or walk.session.license.sync_from
    walk.steps_planned += len(windows_since(walk, endpoints.PACKAGES_ACTIVE, since)) - 1
    try:
        found = read_in_windows(walk, _plan(walk), since=since)
    except GapsLeft:
        _end(walk)
        raise
    _judge_absence(walk, began_at)
    finish_cursor(walk, FEED, found)
    _end(walk)
    return found


def _plan(walk: Walk) -> WindowRead[_Shown]:
    def read(window: Window | None) -> _Shown:
        return _Shown(
            rows={name: read_rows(walk, endpoint, window) for name, endpoint in OPEN_LISTS.items()}
        )

    def keep(license: License, shown: _Shown, window: Window | None) -> int:
        stored = 0
        for list_name, rows in shown.rows.items():
            batch = walk.batch(license, FEED, rows)
            package_store(list_name)(batch)
            stored += batch.stored
        return stored

    return WindowRead(feed=FEED, endpoint=endpoints.PACKAGES_ACTIVE, read=read, keep=keep)


def _cursor(walk: Walk) -> SyncCursor:
    with short_transaction(walk.license_id) as license:
        cursor, _ = SyncCursor.objects.get_or_create(
            license=license, feed=FEED, defaults={"company_id": license.company_id}
        )
        return cursor


def _is_due(walk: Walk, cursor: SyncCursor) -> bool:
    with short_transaction(walk.license_id):
        restored = restored_at()
    if restored is not None and (cursor.last_whole_at or restored) <= restored:
        # What a restored database believes of METRC is of the past, however young its last walk is.
        return True
    moments = [at for at in (cursor.last_whole_at, cursor.last_tried_at) if at is not None]
    last_at = max(moments, default=None)
    if walk.is_scheduled:
        zone = ZoneInfo(walk.session.license.time_zone)
        return whole_walk_is_due(now=walk.now, last_at=last_at, zone=zone)
    return cursor.last_whole_at is None or walk.now - cursor.last_whole_at >= ASKED_AFTER


def _begin(walk: Walk, cursor: SyncCursor) -> SyncCursor:
    cursor.walk_began_at, cursor.read_until, cursor.gaps = walk.now, None, []
    with short_transaction(walk.license_id):
        cursor.save(update_fields=["walk_began_at", "read_until", "gaps"])
    return cursor


def _end(walk: Walk) -> None:
    with short_transaction(walk.license_id):
        SyncCursor.objects.filter(license_id=walk.license_id, feed=FEED).update(
            walk_began_at=None, read_until=None
        )


def _unseen(walk: Walk, began_at: datetime) -> list[tuple[str, datetime | None]]:
    """Return label and last change of the open packages that this walk has not shown."""
    with short_transaction(walk.license_id):
        return list(
            PackageSnapshot.objects.filter(
                license_id=walk.license_id,
                is_newest=True,
                is_finished=False,
                list_name__in=OPEN_LISTS,
                package__confirmed_at__lt=began_at,
            )
            .order_by("last_modified_at", "package__label")
            .values_list("package__label", "last_modified_at")
        )


def _judge_absence(walk: Walk, began_at: datetime) -> None:
    unseen = _unseen(walk, began_at)
    asked = dict(unseen[:LOOK_UPS_OF_A_SLICE])
    refused = {label: at for label, at in asked.items() if not _look_up(walk, label)}
    if refused:
        _read_transferred(walk, refused)
        for label, _ in _unseen(walk, began_at):
            if label in refused:
                _forget(walk, label)
    if len(unseen) > len(asked):
        raise Paused(f"{len(unseen) - len(asked):,} packages are still to be looked up.")


def _read_transferred(walk: Walk, refused: dict[str, datetime | None]) -> None:
    """METRC answers 401 to the label of a package that went to somebody: its list still shows it."""
    changed = [at for at in refused.values() if at is not None]
    since = min(changed, default=walk.session.license.sync_from)
    for window in windows_since(walk, endpoints.PACKAGES_TRANSFERRED, since):
        rows = read_rows(walk, endpoints.PACKAGES_TRANSFERRED, window)
        with short_transaction(walk.license_id) as license:
            walk.beat_in_transaction()
            package_store(PackageList.TRANSFERRED)(walk.batch(license, FEED, rows))


def _look_up(walk: Walk, label: str) -> bool:
    """Read one package by its label; return False if METRC says no to it.

    :raises Unauthorized: if the key is dead, for then a 401 says nothing of the package
    """
    session = walk.session
    try:
        answer = session.client.one(endpoints.PACKAGE, license_number=session.number, label=label)
    except (Unauthorized, NotThere):
        if not session.key_is_alive():
            raise
        return False
    rows = tuple(ReadRow(raw=raw, api_request_id=session.last_request_id) for raw in answer.rows)
    with short_transaction(walk.license_id) as license:
        walk.beat_in_transaction()
        batch = walk.batch(license, FEED, rows)
        package_store(_list_of(license.pk, label, answer.rows[0]))(batch)
    return True


def _forget(walk: Walk, label: str) -> None:
    """End METRC's word of a package that it neither lists nor knows by its label."""
    with short_transaction(walk.license_id):
        walk.beat_in_transaction()
        package = Package.objects.get(license_id=walk.license_id, label=label)
        package.snapshots.filter(is_newest=True).update(is_newest=False)


def _list_of(license_id: int, label: str, raw: object) -> PackageList:
    """Return the list of a single row: finished and archived ones say so, others stay in theirs."""
    if isinstance(raw, dict):
        dates = (raw.get("FinishedDate"), raw.get("ArchivedDate"))
        if any(shapes.read_date(value) is not None for value in dates):
            return PackageList.INACTIVE
    newest = PackageSnapshot.objects.get(
        license_id=license_id, package__label=label, is_newest=True
    )
    return PackageList(newest.list_name)
