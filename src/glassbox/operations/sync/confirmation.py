"""Confirmation: no open package goes longer than a day without METRC having shown it again."""

from __future__ import annotations

from datetime import datetime, timedelta

from glassbox.models.packages import Package, PackageSnapshot
from glassbox.operations.sync.batch import ReadRow
from glassbox.operations.sync.packages import package_store
from glassbox.operations.sync.walk import Walk, finish_cursor, open_cursor, read_rows
from glassbox.operations.transaction import short_transaction
from glassbox.rules.package_state import PackageList
from metrc_client import endpoints, shapes
from metrc_client.errors import NotThere, Unauthorized
from metrc_client.windows import WIDEST, Window

CONFIRM_AFTER = timedelta(hours=24)
OPEN_LISTS = {
    PackageList.ACTIVE: endpoints.PACKAGES_ACTIVE,
    PackageList.ON_HOLD: endpoints.PACKAGES_ON_HOLD,
    PackageList.IN_TRANSIT: endpoints.PACKAGES_IN_TRANSIT,
}
LOOK_UPS_PER_RUN = 200
EDGE = timedelta(seconds=1)


def confirm_packages(walk: Walk, name: str) -> int:
    """See again every open package that was last seen more than a day ago; return how many.

    A package that did not change still lies in the window of its last change, so only the days
    are read in which an open package of ours last changed. What none of the three open lists
    shows there is looked up by itself, and only METRC's own no to that, with a key that is
    healthy, takes METRC's word of it away.
    """
    open_cursor(walk, name)
    due = _due(walk)
    for window in windows_over([changed for _, changed in due if changed is not None]):
        for list_name, endpoint in OPEN_LISTS.items():
            rows = read_rows(walk, endpoint, window)
            with short_transaction(walk.license_id) as license:
                walk.beat_in_transaction()
                package_store(list_name)(walk.batch(license, name, rows))
    unseen = _due(walk)
    for label, _ in unseen[:LOOK_UPS_PER_RUN]:
        look_up_package(walk, name, label)
    finish_cursor(walk, name)
    return len(due)


def _due(walk: Walk) -> list[tuple[str, datetime | None]]:
    with short_transaction(walk.license_id):
        return list(
            PackageSnapshot.objects.filter(
                license_id=walk.license_id,
                is_newest=True,
                is_finished=False,
                list_name__in=OPEN_LISTS,
                package__confirmed_at__lt=walk.now - CONFIRM_AFTER,
            )
            .order_by("last_modified_at", "package__label")
            .values_list("package__label", "last_modified_at")
        )


def windows_over(moments: list[datetime]) -> list[Window]:
    """Return the fewest windows of at most 24 h that hold every moment, oldest first."""
    found: list[Window] = []
    for moment in sorted(moments):
        if not found or moment + EDGE > found[-1].end:
            start = moment.replace(microsecond=0) - EDGE
            found.append(Window(start=start, end=start + WIDEST))
    return found


def look_up_package(walk: Walk, name: str, label: str) -> None:
    """Read one package by its label; if METRC says that it is not ours, its word of it ends.

    :raises Unauthorized: if the key is dead, for then a 401 says nothing of the package
    """
    session = walk.session
    try:
        answer = session.client.one(endpoints.PACKAGE, license_number=session.number, label=label)
    except (Unauthorized, NotThere):
        if not session.key_is_alive():
            raise
        with short_transaction(walk.license_id):
            walk.beat_in_transaction()
            package = Package.objects.get(license_id=walk.license_id, label=label)
            package.snapshots.filter(is_newest=True).update(is_newest=False)
        return
    rows = tuple(ReadRow(raw=raw, api_request_id=session.last_request_id) for raw in answer.rows)
    with short_transaction(walk.license_id) as license:
        walk.beat_in_transaction()
        batch = walk.batch(license, name, rows)
        package_store(_list_of(license.pk, label, answer.rows[0]))(batch)


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
