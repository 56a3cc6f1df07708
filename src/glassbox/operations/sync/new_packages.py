"""Packages that our book meets for the first time, many in a few statements: the back-fill."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import IntegrityError

from glassbox.models.catalog import Tag, TagStatus
from glassbox.models.packages import Movement, Package, PackageSnapshot
from glassbox.operations.metrc_mapping import (
    first_local_state,
    local_state_after,
    package_state,
)
from glassbox.operations.sync.batch import UNREADABLE, Batch, ReadRow
from glassbox.operations.sync.package_rows import (
    draw_arrows,
    opening_of,
    parents_of,
    readable_package,
    snapshot_of,
)
from glassbox.operations.transaction import savepoint
from glassbox.rules.lab_status import has_failed
from glassbox.rules.package_state import PackageList
from glassbox.rules.quantities import quantity
from metrc_client import shapes


@dataclass(frozen=True, kw_only=True)
class NewPackage:
    """One row of METRC whose package our book does not have."""

    row: ReadRow
    seen: shapes.Package


def open_new_packages(batch: Batch, list_name: PackageList) -> tuple[ReadRow, ...]:
    """Open what our book does not have yet, at once; return the rows that go one by one.

    Those are rows that cannot be read, two with one label, what our book knows, goods that came
    by a manifest while we were here, and what METRC holds or failed. If the database refuses
    anything, all of them go one by one.
    """
    new = _new_among(batch, list_name)
    if len(new) < 2:
        return batch.rows
    try:
        with savepoint():
            _write(batch, new, list_name)
    except (*UNREADABLE, IntegrityError):
        # One row that the database refuses, or a look for an action that came first.
        return batch.rows
    batch.stored += len(new)
    done = {id(one.row) for one in new}
    for one in new:
        batch.close_case_of(one.row)
    return tuple(row for row in batch.rows if id(row) not in done)


def _new_among(batch: Batch, list_name: PackageList) -> tuple[NewPackage, ...]:
    found: dict[str, NewPackage] = {}
    met: set[str] = set()
    for row in batch.rows:
        try:
            seen = readable_package(row.raw)
            quantity(seen.quantity, seen.unit)
        except UNREADABLE:
            continue
        is_held = seen.is_on_hold or seen.is_on_recall or list_name is PackageList.ON_HOLD
        came_meanwhile = seen.received_from_manifest_number and not batch.is_first_walk
        if seen.label in met:
            found.pop(seen.label, None)
        elif not (is_held or has_failed(seen.lab_testing_state) or came_meanwhile):
            found[seen.label] = NewPackage(row=row, seen=seen)
        met.add(seen.label)
    known = Package.objects.filter(license=batch.license, label__in=found)
    for label in known.values_list("label", flat=True):
        del found[label]
    return tuple(found.values())


def _write(batch: Batch, new: tuple[NewPackage, ...], list_name: PackageList) -> None:
    packages = Package.objects.bulk_create(_package(batch, one.seen, list_name) for one in new)
    pairs = list(zip(new, packages, strict=True))
    snapshots = PackageSnapshot.objects.bulk_create(
        snapshot_of(batch, one.row, package, one.seen, list_name) for one, package in pairs
    )
    if batch.is_first_walk:
        Movement.objects.bulk_create(
            opening_of(batch, package, one.seen, snapshot)
            for (one, package), snapshot in zip(pairs, snapshots, strict=True)
        )
    Tag.objects.filter(license=batch.license, label__in=[one.seen.label for one in new]).update(
        status=TagStatus.USED, used_at=batch.now
    )
    arrows = {(parent, one.seen.label) for one in new for parent in parents_of(one.seen)}
    draw_arrows(batch, arrows, batch.now)


def _package(batch: Batch, seen: shapes.Package, list_name: PackageList) -> Package:
    state = package_state(seen, list_name=list_name, seen_at=batch.now)
    first = first_local_state(seen, list_name=list_name, license_kind=batch.license.kind)
    return Package(
        **batch.tenant,
        label=seen.label,
        item_name=seen.item_name,
        unit=seen.unit,
        local_state=local_state_after(first, state),
        location_name=seen.location_name,
        production_batch_number=seen.production_batch_number,
        confirmed_at=batch.now,
        opened_at=batch.now,
    )
