"""Rows of METRC's package lists: read with suspicion, and what each becomes in our tables."""

from __future__ import annotations

from datetime import datetime

from glassbox.models.packages import Movement, Package, PackageLineage, PackageSnapshot
from glassbox.operations.metrc_mapping import content_sha256, plain
from glassbox.operations.sync.batch import Batch, ReadRow, check_length, texts
from glassbox.rules.package_state import PackageList
from glassbox.rules.quantities import quantity
from metrc_client import shapes

HOLD_FLAGS = (*shapes.HOLD_FLAGS, *shapes.RECALL_FLAGS)
TEXT_LIMITS = (
    ("Label", 40),
    ("LocationName", 120),
    ("ProductionBatchNumber", 80),
    ("LabTestingState", 40),
    ("UnitOfMeasureName", 40),
)


def readable_package(raw: object) -> shapes.Package:
    """Return a package of which every field that we rely on can be read.

    :raises BadRow: naming the package and the field
    """
    seen = shapes.package(raw)
    for name, at_most in TEXT_LIMITS:
        value = texts(seen.raw, (name,), f"The package {seen.label[:40]}")[name]
        check_length(f"The package {seen.label[:40]}", name, value, at_most)
    check_length(f"The package {seen.label}", "item name", seen.item_name, 200)
    if not seen.unit:
        raise shapes.BadRow(f"The package {seen.label} has no UnitOfMeasureName.")
    for flag in HOLD_FLAGS:
        # A hold that we cannot read must never look like no hold.
        if not isinstance(seen.raw.get(flag), bool | None):
            raise shapes.BadRow(
                f"The package {seen.label} has {flag} {seen.raw[flag]!r}, neither true nor false."
            )
    if seen.last_modified_at is None and seen.raw.get("LastModified"):
        raise shapes.BadRow(
            f"The package {seen.label} has LastModified {seen.raw['LastModified']!r}, no time."
        )
    return seen


def snapshot_of(
    batch: Batch,
    row: ReadRow,
    package: Package,
    seen: shapes.Package,
    list_name: PackageList,
) -> PackageSnapshot:
    """Return what METRC says of a package at this moment, to be written as its newest word."""
    return PackageSnapshot(
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
        content_sha256=content_sha256(seen.raw, list_name=list_name),
        raw=plain(seen.raw),
    )


def opening_of(
    batch: Batch, package: Package, seen: shapes.Package, snapshot: PackageSnapshot
) -> Movement:
    """Return the movement by which what was here before us enters our book as METRC has it."""
    amount = quantity(seen.quantity, seen.unit)
    return Movement(
        **batch.tenant,
        package=package,
        quantity=amount.value,
        unit=amount.unit.name,
        cause="OPENING",
        reason="Taken over from METRC when Glassbox began",
        evidence=f"snapshot:{snapshot.pk}",
        fact_key="opening",
        recorded_by_id=None,
        occurred_at=seen.last_modified_at or batch.now,
        recorded_at=batch.now,
    )


def parents_of(seen: shapes.Package) -> tuple[str, ...]:
    """Return the sources of a package. Behind a receipt manifest METRC shows others' goods."""
    return () if seen.received_from_manifest_number else seen.source_package_labels


def draw_arrows(batch: Batch, arrows: set[tuple[str, str]], now: datetime) -> None:
    """Draw arrows from sources to what was made of them, as METRC shows them now."""
    PackageLineage.objects.bulk_create(
        (
            PackageLineage(
                **batch.tenant, parent_label=parent, child_label=child, seen_in_metrc_at=now
            )
            for parent, child in sorted(arrows)
        ),
        update_conflicts=True,
        unique_fields=["license", "parent_label", "child_label"],
        update_fields=["seen_in_metrc_at"],
    )
