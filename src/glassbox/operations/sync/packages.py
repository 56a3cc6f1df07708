"""Packages as METRC lists them -> snapshots beside our book."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from glassbox.models.catalog import Tag, TagStatus
from glassbox.models.packages import (
    Movement,
    Package,
    PackageSnapshot,
)
from glassbox.models.transfers import TransferPackage
from glassbox.operations.books import book_movement_in_transaction
from glassbox.operations.exception_cases import open_case_in_transaction
from glassbox.operations.metrc_mapping import (
    first_local_state,
    local_state_after,
    package_state,
)
from glassbox.operations.sync.batch import Batch, ReadRow
from glassbox.operations.sync.new_packages import open_new_packages
from glassbox.operations.sync.package_rows import (
    draw_arrows,
    opening_of,
    parents_of,
    readable_package,
    snapshot_of,
)
from glassbox.operations.sync.unchanged_packages import confirm_unchanged_packages, says_the_same
from glassbox.rules.exception_policy import CaseClass, case_for
from glassbox.rules.lab_status import has_failed
from glassbox.rules.package_state import LocalState, PackageList, PackageState, demanded_by
from glassbox.rules.quantities import quantity
from metrc_client import shapes

Store = Callable[[Batch], None]


def package_store(list_name: PackageList) -> Store:
    """Return the function that stores the rows of one of METRC's package lists."""

    def store(batch: Batch) -> None:
        left = open_new_packages(batch, list_name)
        left = confirm_unchanged_packages(batch, list_name, left)
        batch.store_each(lambda row: _store(batch, row, list_name), rows=left)

    return store


def store_package(batch: Batch, row: ReadRow, list_name: PackageList) -> None:
    """Store one package row: a new snapshot only if its content changed.

    A row that cannot be read becomes a case.
    """
    one = replace(batch, rows=(row,), stored=0, bad=0)
    one.store_each(lambda row: _store(one, row, list_name))
    batch.stored += one.stored
    batch.bad += one.bad


def _store(batch: Batch, row: ReadRow, list_name: PackageList) -> None:
    seen = readable_package(row.raw)
    state = package_state(seen, list_name=list_name, seen_at=batch.now)
    # Locked: a sync and a look for an action may bring the same package at the same moment.
    ours = Package.objects.select_for_update().filter(license=batch.license)
    package = ours.filter(label=seen.label).first()
    if package is None:
        package = _open_package(batch, seen, list_name)
    newest = PackageSnapshot.objects.filter(package=package, is_newest=True).first()
    if newest is not None and _is_older(seen.last_modified_at, newest.last_modified_at):
        return
    package.confirmed_at = batch.now
    if newest is not None and says_the_same(newest, seen.raw, list_name):
        package.save(update_fields=["confirmed_at"])
        return
    if package.local_state == LocalState.EXPECTED:
        package.local_state = first_local_state(
            seen, list_name=list_name, license_kind=batch.license.kind
        )
    package.local_state = local_state_after(LocalState(package.local_state), state)
    package.item_name, package.unit = seen.item_name or package.item_name, seen.unit
    package.location_name = seen.location_name
    package.production_batch_number = seen.production_batch_number
    package.save()
    if newest is not None:
        newest.is_newest = False
        newest.save(update_fields=["is_newest"])
    snapshot = snapshot_of(batch, row, package, seen, list_name)
    snapshot.save()
    if newest is None and batch.is_first_walk:
        _book_opening(batch, package, seen, snapshot)
    draw_arrows(batch, {(parent, seen.label) for parent in parents_of(seen)}, batch.now)
    _open_cases(batch, package, newest, state)
    batch.stored += 1


def _is_older(seen: datetime | None, newest: datetime | None) -> bool:
    """Two lists read one after the other may both hold a package; the later change wins."""
    return seen is not None and newest is not None and seen < newest


def _open_package(batch: Batch, seen: shapes.Package, list_name: PackageList) -> Package:
    # A sync and a look for an action may meet a new package at the same moment.
    package, is_new = Package.objects.get_or_create(
        license=batch.license,
        label=seen.label,
        defaults={
            "company_id": batch.license.company_id,
            "item_name": seen.item_name,
            "unit": seen.unit,
            "local_state": first_local_state(
                seen, list_name=list_name, license_kind=batch.license.kind
            ),
            "location_name": seen.location_name,
            "production_batch_number": seen.production_batch_number,
            "opened_at": batch.now,
        },
    )
    if not is_new:
        return Package.objects.select_for_update().get(id=package.pk)
    Tag.objects.filter(license=batch.license, label=seen.label).update(
        status=TagStatus.USED, used_at=batch.now
    )
    if not batch.is_first_walk and seen.received_from_manifest_number:
        _book_receipt(batch, package, seen)
    return package


def _book_opening(
    batch: Batch, package: Package, seen: shapes.Package, snapshot: PackageSnapshot
) -> None:
    """Book what was here before us, once; what our book already has stays as it is."""
    if not Movement.objects.filter(package=package).exists():
        opening_of(batch, package, seen, snapshot).save()


def _book_receipt(batch: Batch, package: Package, seen: shapes.Package) -> None:
    """Book what our own people found at the receipt. What nobody counted stays a difference."""
    found = (
        TransferPackage.objects.filter(
            license=batch.license,
            label=seen.label,
            verdict="ACCEPT",
            found_quantity__isnull=False,
        )
        .order_by("-found_at")
        .first()
    )
    if found is None or found.found_quantity is None:
        return
    book_movement_in_transaction(
        package=package,
        quantity=quantity(found.found_quantity, found.unit),
        cause="RECEIPT",
        reason=f"Received with manifest {seen.received_from_manifest_number}",
        evidence=f"transfer:{found.transfer_id}",
        fact_key=f"receipt:{seen.received_from_manifest_number}",
        recorded_by_id=found.found_by_id,
        occurred_at=seen.received_at or batch.now,
        now=batch.now,
    )


def _open_cases(
    batch: Batch, package: Package, before: PackageSnapshot | None, state: PackageState
) -> None:
    """Open the case of a hold or a failed test that METRC shows for the first time."""
    demanded = demanded_by(state)
    if demanded in {LocalState.STATE_HOLD, LocalState.RECALLED}:
        is_new, case_class = before is None or not before.is_on_hold, CaseClass.STATE_HOLD
        said = "on hold" if demanded is LocalState.STATE_HOLD else "on recall"
    elif demanded is LocalState.TEST_FAILED:
        is_new, case_class = (
            before is None or not has_failed(before.lab_state),
            CaseClass.TEST_FAILED,
        )
        said = f"as {state.lab_testing_state}"
    else:
        return
    if not is_new or state.seen_in not in {PackageList.ACTIVE, PackageList.ON_HOLD}:
        return
    advice = case_for(
        case_class,
        fact_key=f"{case_class.value.lower().replace('_', '-')}:{package.label}",
        title=f"{package.label}: METRC shows it {said}",
        what_happened=f"METRC shows {state.quantity.text()} of {package.item_name}, "
        f"{package.label}, {said}.",
        found_at=batch.now,
    )
    open_case_in_transaction(
        actor=batch.actor,
        license=batch.license,
        advice=advice,
        package_id=package.pk,
        now=batch.now,
    )
