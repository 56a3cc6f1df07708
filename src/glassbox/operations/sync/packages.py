"""Packages, adjustments and lab results as METRC lists them -> snapshots beside our book."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from glassbox.models.catalog import Tag, TagStatus
from glassbox.models.packages import (
    MetrcAdjustment,
    Package,
    PackageLineage,
    PackageSnapshot,
)
from glassbox.models.transfers import TransferPackage
from glassbox.operations.books import book_movement_in_transaction
from glassbox.operations.metrc_mapping import (
    content_sha256,
    first_local_state,
    local_state_after,
    package_state,
    plain,
)
from glassbox.operations.sync.batch import Batch, ReadRow
from glassbox.rules.package_state import LocalState, PackageList
from glassbox.rules.quantities import quantity
from glassbox.rules.verdicts import InvalidInput
from metrc_client import shapes

Store = Callable[[Batch], None]


def package_store(list_name: PackageList) -> Store:
    """Return the function that stores the rows of one of METRC's package lists."""

    def store(batch: Batch) -> None:
        for row in batch.rows:
            store_package(batch, row, list_name)

    return store


def store_package(batch: Batch, row: ReadRow, list_name: PackageList) -> None:
    """Store one package row: a new snapshot only if its content changed."""
    try:
        seen = shapes.package(row.raw)
        state = package_state(seen, list_name=list_name, seen_at=batch.now)
    except (shapes.BadRow, InvalidInput) as problem:
        batch.report_bad_row(row, str(problem))
        return
    package = Package.objects.filter(license=batch.license, label=seen.label).first()
    if package is None:
        package = _open_package(batch, seen, list_name)
    newest = PackageSnapshot.objects.filter(package=package, is_newest=True).first()
    if newest is not None and _is_older(seen.last_modified_at, newest.last_modified_at):
        return
    package.confirmed_at = batch.now
    package.local_state = local_state_after(LocalState(package.local_state), state)
    package.item_name, package.unit = seen.item_name or package.item_name, seen.unit
    package.location_name = seen.location_name
    package.production_batch_number = seen.production_batch_number
    package.save()
    sha256 = content_sha256(seen.raw, list_name=list_name)
    if newest is not None and newest.content_sha256 == sha256:
        return
    if newest is not None:
        newest.is_newest = False
        newest.save(update_fields=["is_newest"])
    _write_snapshot(batch, row, package, seen, list_name, sha256)
    _write_lineage(batch, seen)
    batch.stored += 1


def _is_older(seen: datetime | None, newest: datetime | None) -> bool:
    """Two lists read one after the other may both hold a package; the later change wins."""
    return seen is not None and newest is not None and seen < newest


def _write_snapshot(
    batch: Batch,
    row: ReadRow,
    package: Package,
    seen: shapes.Package,
    list_name: PackageList,
    sha256: str,
) -> None:
    PackageSnapshot.objects.create(
        **batch.tenant,
        package=package,
        api_request_id=row.api_request_id,
        metrc_id=seen.id,
        list_name=list_name,
        item_name=seen.item_name,
        quantity=seen.quantity,
        unit=seen.unit,
        lab_state=seen.lab_testing_state,
        location_name=seen.location_name,
        is_on_hold=seen.is_on_hold or seen.is_on_recall or list_name is PackageList.ON_HOLD,
        is_finished=seen.is_finished,
        last_modified_at=seen.last_modified_at,
        seen_at=batch.now,
        content_sha256=sha256,
        raw=plain(seen.raw),
    )


def _open_package(batch: Batch, seen: shapes.Package, list_name: PackageList) -> Package:
    package = Package.objects.create(
        **batch.tenant,
        label=seen.label,
        item_name=seen.item_name,
        unit=seen.unit,
        local_state=first_local_state(seen, list_name=list_name, license_kind=batch.license.kind),
        location_name=seen.location_name,
        production_batch_number=seen.production_batch_number,
        opened_at=batch.now,
    )
    Tag.objects.filter(license=batch.license, label=seen.label).update(
        status=TagStatus.USED, used_at=batch.now
    )
    if batch.is_first_walk:
        _book_opening(batch, package, seen)
    elif seen.received_from_manifest_number:
        _book_receipt(batch, package, seen)
    return package


def _book_opening(batch: Batch, package: Package, seen: shapes.Package) -> None:
    """What was here before us enters our book as METRC has it, once, and says so."""
    book_movement_in_transaction(
        package=package,
        quantity=quantity(seen.quantity, seen.unit),
        cause="OPENING",
        reason="Taken over from METRC when Glassbox began",
        evidence="METRC's package list",
        fact_key="opening",
        recorded_by_id=None,
        occurred_at=seen.last_modified_at or batch.now,
        now=batch.now,
    )


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


def _write_lineage(batch: Batch, seen: shapes.Package) -> None:
    """Draw the arrows from the sources. Behind a receipt manifest METRC shows others' goods."""
    if seen.received_from_manifest_number:
        return
    for parent in seen.source_package_labels:
        PackageLineage.objects.update_or_create(
            license=batch.license,
            parent_label=parent,
            child_label=seen.label,
            defaults={"company_id": batch.license.company_id, "seen_in_metrc_at": batch.now},
        )


def store_adjustments(batch: Batch) -> None:
    """Store METRC's adjustments; the same row twice is the same adjustment twice."""
    met: dict[str, int] = {}
    for row in batch.rows:
        try:
            seen = shapes.adjustment(row.raw)
        except shapes.BadRow as problem:
            batch.report_bad_row(row, str(problem))
            continue
        base = content_sha256(seen.raw)
        met[base] = met.get(base, 0) + 1
        # METRC gives these rows no id: the second of two equal ones is told by its turn.
        _, is_new = MetrcAdjustment.objects.get_or_create(
            license=batch.license,
            label=seen.label,
            content_sha256=base if met[base] == 1 else content_sha256([seen.raw, met[base]]),
            defaults={
                "company_id": batch.license.company_id,
                "quantity": seen.quantity,
                "unit": seen.unit,
                "reason": seen.reason,
                "note": seen.note,
                "adjusted_date": seen.adjusted_date,
                "adjusted_by": seen.adjusted_by,
                "seen_at": batch.now,
                "raw": plain(seen.raw),
            },
        )
        batch.stored += is_new
