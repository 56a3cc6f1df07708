"""Packages that METRC shows as it did before, many in a few statements: most rows of an overlap."""

from __future__ import annotations

from glassbox.models.packages import Package, PackageSnapshot
from glassbox.operations.metrc_mapping import content_sha256
from glassbox.operations.sync.batch import Batch, ReadRow
from glassbox.rules.package_state import PackageList

# One change may show a package in two lists at once (a held one is also active): the later name
# here tells more.
TELLS_MORE = (
    PackageList.LAB_SAMPLES,
    PackageList.ACTIVE,
    PackageList.ON_HOLD,
    PackageList.IN_TRANSIT,
    PackageList.TRANSFERRED,
    PackageList.INACTIVE,
)


def confirm_unchanged_packages(
    batch: Batch, list_name: PackageList, rows: tuple[ReadRow, ...]
) -> tuple[ReadRow, ...]:
    """Confirm at once what says nothing new; return the rows that go one by one.

    The packages are locked first, so that no look for an action changes METRC's newest word of
    them in between.
    """
    labels = {row.raw["Label"] for row in rows if _has_label(row)}
    if len(labels) < 2:
        return rows
    ours = Package.objects.filter(license=batch.license, label__in=labels).order_by("id")
    ids = dict(ours.select_for_update(no_key=True).values_list("label", "id"))
    newest = {
        snapshot.package_id: snapshot
        for snapshot in PackageSnapshot.objects.filter(
            license=batch.license, package_id__in=ids.values(), is_newest=True
        ).only("package_id", "content_sha256", "list_name")
    }
    left: list[ReadRow] = []
    confirmed: set[int] = set()
    for row in rows:
        snapshot = newest.get(ids.get(row.raw["Label"], 0)) if _has_label(row) else None
        if snapshot is None or not says_the_same(snapshot, row.raw, list_name):
            left.append(row)
            continue
        confirmed.add(snapshot.package_id)
        batch.close_case_of(row)
    Package.objects.filter(license=batch.license, id__in=confirmed).update(confirmed_at=batch.now)
    return tuple(left)


def says_the_same(newest: PackageSnapshot, raw: object, list_name: PackageList) -> bool:
    """Return whether a row has the content of METRC's newest word, or that of a list telling less."""
    if newest.content_sha256 == content_sha256(raw, list_name=list_name):
        return True
    known = PackageList(newest.list_name)
    return TELLS_MORE.index(known) > TELLS_MORE.index(
        list_name
    ) and newest.content_sha256 == content_sha256(raw, list_name=known)


def _has_label(row: ReadRow) -> bool:
    return isinstance(row.raw, dict) and isinstance(row.raw.get("Label"), str)
