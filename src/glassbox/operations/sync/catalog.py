"""Facility, people, items, locations, tags, reference lists, drivers and vehicles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from glassbox.models.catalog import (
    Item,
    Location,
    MetrcEmployee,
    ReferenceValue,
    Tag,
    TagStatus,
)
from glassbox.models.companies import Facility
from glassbox.models.transfers import Driver, Vehicle
from glassbox.operations.metrc_mapping import plain
from glassbox.operations.sync.batch import Batch, ReadRow
from metrc_client import shapes

Store = Callable[[Batch], None]


def store_facility(batch: Batch) -> None:
    """Store what METRC knows of this licence's facility: identity, and what it may do."""
    for row in batch.rows:
        license = row.raw.get("License") if isinstance(row.raw, dict) else None
        if not isinstance(license, dict) or license.get("Number") != batch.license.number:
            continue
        flags = row.raw.get("FacilityType")
        Facility.objects.update_or_create(
            license=batch.license,
            defaults={
                "company_id": batch.license.company_id,
                "metrc_id": row.raw.get("FacilityId") or row.raw.get("Id"),
                "name": str(row.raw.get("DisplayName") or row.raw.get("Name") or ""),
                "flags": plain(flags) if isinstance(flags, dict) else {},
                "raw": plain(row.raw),
                "seen_at": batch.now,
            },
        )
        batch.stored += 1


def store_employees(batch: Batch) -> None:
    """Store METRC's own list of people."""
    for row in batch.rows:
        raw = row.raw if isinstance(row.raw, dict) else {}
        if not raw.get("FullName"):
            batch.report_bad_row(row, "An employee row has no FullName.")
            continue
        license = raw.get("License") if isinstance(raw.get("License"), dict) else {}
        MetrcEmployee.objects.update_or_create(
            license=batch.license,
            full_name=str(raw["FullName"]),
            metrc_license_number=str((license or {}).get("Number") or ""),
            defaults={
                "company_id": batch.license.company_id,
                "raw": plain(raw),
                "seen_at": batch.now,
            },
        )
        batch.stored += 1


def store_items(batch: Batch) -> None:
    """Store items as METRC names them."""
    for _, seen in _named(batch, "item"):
        Item.objects.update_or_create(
            license=batch.license,
            metrc_id=seen.id,
            defaults={
                "company_id": batch.license.company_id,
                "name": seen.name,
                "category": str(seen.raw.get("ProductCategoryName") or ""),
                "quantity_type": str(seen.raw.get("QuantityType") or ""),
                "unit": str(seen.raw.get("UnitOfMeasureName") or ""),
                "is_active": batch.feed != "items_inactive",
                "raw": plain(seen.raw),
                "seen_at": batch.now,
            },
        )


def store_locations(batch: Batch) -> None:
    """Store locations as METRC names them."""
    for _, seen in _named(batch, "location"):
        Location.objects.update_or_create(
            license=batch.license,
            metrc_id=seen.id,
            defaults={
                "company_id": batch.license.company_id,
                "name": seen.name,
                "type_name": str(seen.raw.get("LocationTypeName") or ""),
                "is_active": batch.feed != "locations_inactive",
                "raw": plain(seen.raw),
                "seen_at": batch.now,
            },
        )


def store_tags(batch: Batch) -> None:
    """Note which tags METRC lists as available. Our own ledger of tags stays ours."""
    labels = [str(row.raw.get("Label")) for row in batch.rows if isinstance(row.raw, dict)]
    known = Tag.objects.filter(license=batch.license, label__in=labels)
    known.update(seen_available_at=batch.now)
    missing = set(labels) - set(known.values_list("label", flat=True)) - {"None", ""}
    if batch.is_first_walk:
        # On the first walk they are the tags the brand already holds; later ones are received
        # by a person, who has counted them.
        Tag.objects.bulk_create(
            Tag(
                **batch.tenant,
                label=label,
                status=TagStatus.RECEIVED,
                received_at=batch.now,
                seen_available_at=batch.now,
            )
            for label in sorted(missing)
        )
    batch.stored += len(labels)


def reference_store(kind: str) -> Store:
    """Return the function that stores one of METRC's published value lists."""

    def store(batch: Batch) -> None:
        for _, seen in _named(batch, kind):
            ReferenceValue.objects.update_or_create(
                license=batch.license,
                kind=kind,
                name=seen.name,
                defaults={
                    "company_id": batch.license.company_id,
                    "raw": plain(seen.raw),
                    "seen_at": batch.now,
                },
            )

    return store


def store_drivers(batch: Batch) -> None:
    """Store drivers; one that a whole list no longer holds is no longer active."""
    for _, seen in _named(batch, "driver"):
        Driver.objects.update_or_create(
            license=batch.license,
            metrc_id=seen.id,
            defaults={
                "company_id": batch.license.company_id,
                "name": seen.name,
                "employee_id": str(seen.raw.get("EmployeeId") or ""),
                "drivers_license_number": str(seen.raw.get("DriversLicenseNumber") or ""),
                "is_active": True,
                "seen_at": batch.now,
            },
        )
    Driver.objects.filter(license=batch.license, seen_at__lt=batch.now).update(is_active=False)


def store_vehicles(batch: Batch) -> None:
    """Store vehicles; one that a whole list no longer holds is no longer active."""
    for row in batch.rows:
        raw: dict[str, Any] = row.raw if isinstance(row.raw, dict) else {}
        if raw.get("Id") is None:
            batch.report_bad_row(row, "A vehicle row has no Id.")
            continue
        Vehicle.objects.update_or_create(
            license=batch.license,
            metrc_id=raw["Id"],
            defaults={
                "company_id": batch.license.company_id,
                "make": str(raw.get("Make") or ""),
                "model": str(raw.get("Model") or ""),
                "plate": str(raw.get("LicensePlateNumber") or ""),
                "is_active": True,
                "seen_at": batch.now,
            },
        )
        batch.stored += 1
    Vehicle.objects.filter(license=batch.license, seen_at__lt=batch.now).update(is_active=False)


def _named(batch: Batch, kind: str) -> list[tuple[ReadRow, shapes.Named]]:
    found = []
    for row in batch.rows:
        try:
            found.append((row, shapes.named(row.raw, kind)))
        except (shapes.BadRow, AttributeError) as problem:
            batch.report_bad_row(row, str(problem))
    batch.stored += len(found)
    return found
