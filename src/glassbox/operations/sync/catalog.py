"""Facility, people, items, locations, tags, reference lists, drivers and vehicles."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
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
from glassbox.operations.sync.batch import Batch, Kept, ReadRow, check_length, row_of, texts
from metrc_client import shapes

Store = Callable[[Batch], None]


def is_facility_of(raw: Any, number: str) -> bool:
    """Return whether a row of METRC's facilities is that of a licence."""
    license = raw.get("License") if isinstance(raw, dict) else None
    return isinstance(license, dict) and license.get("Number") == number


def store_facility(batch: Batch) -> None:
    """Store what METRC knows of this licence's facility: identity, and what it may do."""
    batch.store_each(lambda row: _store_facility(batch, row))


def _store_facility(batch: Batch, row: ReadRow) -> None:
    if not is_facility_of(row.raw, batch.license.number):
        return
    flags = row.raw.get("FacilityType")
    name = str(row.raw.get("DisplayName") or row.raw.get("Name") or "")
    check_length(f"The facility {batch.license.number}", "name", name, 200)
    Facility.objects.update_or_create(
        license=batch.license,
        defaults={
            "company_id": batch.license.company_id,
            "metrc_id": row.raw.get("FacilityId") or row.raw.get("Id"),
            "name": name,
            "flags": plain(flags) if isinstance(flags, dict) else {},
            "raw": plain(row.raw),
            "seen_at": batch.now,
        },
    )
    batch.stored += 1


def store_employees(batch: Batch) -> None:
    """Store METRC's own list of people."""

    def read(row: ReadRow) -> Kept:
        raw = row_of(row, "employee")
        if not raw.get("FullName"):
            raise shapes.BadRow("An employee row has no FullName.")
        license = raw.get("License")
        number = license.get("Number") if isinstance(license, dict) else None
        return Kept(
            key={"full_name": str(raw["FullName"]), "metrc_license_number": str(number or "")},
            values={"raw": plain(raw), "seen_at": batch.now},
            who=f"The employee {str(raw['FullName'])[:60]}",
        )

    batch.keep_each(MetrcEmployee, read)


def store_items(batch: Batch) -> None:
    """Store items as METRC names them; one that the inactive list holds is no longer active."""

    def read(row: ReadRow) -> Kept:
        seen, who = _numbered(row, "item")
        words = texts(seen.raw, ("ProductCategoryName", "QuantityType", "UnitOfMeasureName"), who)
        return Kept(
            key={"metrc_id": seen.id},
            values={
                "name": seen.name,
                "category": words["ProductCategoryName"],
                "quantity_type": words["QuantityType"],
                "unit": words["UnitOfMeasureName"],
                "is_active": batch.feed != "items_inactive",
                "raw": plain(seen.raw),
                "seen_at": batch.now,
            },
            who=who,
        )

    batch.keep_each(Item, read)


def store_locations(batch: Batch) -> None:
    """Store locations as METRC names them; what the inactive list holds is no longer active."""

    def read(row: ReadRow) -> Kept:
        seen, who = _numbered(row, "location")
        return Kept(
            key={"metrc_id": seen.id},
            values={
                "name": seen.name,
                "type_name": texts(seen.raw, ("LocationTypeName",), who)["LocationTypeName"],
                "is_active": batch.feed != "locations_inactive",
                "raw": plain(seen.raw),
                "seen_at": batch.now,
            },
            who=who,
        )

    batch.keep_each(Location, read)


def store_tags(batch: Batch) -> None:
    """Note which tags METRC lists as available. Our own ledger of tags stays ours."""
    labels: set[str] = set()

    def collect(row: ReadRow) -> None:
        label = row_of(row, "tag").get("Label")
        if not isinstance(label, str) or not label:
            raise shapes.BadRow("A tag row has no Label.")
        check_length(f"The tag {label[:40]}", "Label", label, 40)
        labels.add(label)

    batch.store_each(collect, writes=False)
    known = Tag.objects.filter(license=batch.license, label__in=labels)
    known.update(seen_available_at=batch.now)
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
            for label in sorted(labels - set(known.values_list("label", flat=True)))
        )
    batch.stored += len(labels)


def reference_store(kind: str) -> Store:
    """Return the function that stores one of METRC's published value lists."""

    def read(row: ReadRow, now: datetime) -> Kept:
        seen = _named(row, kind)
        return Kept(
            key={"kind": kind, "name": seen.name},
            values={"raw": plain(seen.raw), "seen_at": now},
            who=f"The {kind} {seen.name[:60]}",
        )

    def store(batch: Batch) -> None:
        batch.keep_each(ReferenceValue, lambda row: read(row, batch.now))

    return store


def store_drivers(batch: Batch) -> None:
    """Store drivers; one that a whole list no longer holds is no longer active."""

    def read(row: ReadRow) -> Kept:
        seen, who = _numbered(row, "driver")
        words = texts(seen.raw, ("EmployeeId", "DriversLicenseNumber"), who)
        return Kept(
            key={"metrc_id": seen.id},
            values={
                "name": seen.name,
                "employee_id": words["EmployeeId"],
                "drivers_license_number": words["DriversLicenseNumber"],
                "is_active": True,
                "seen_at": batch.now,
            },
            who=who,
        )

    batch.keep_each(Driver, read)
    if batch.shows_absence:
        Driver.objects.filter(license=batch.license, seen_at__lt=batch.now).update(is_active=False)


def store_vehicles(batch: Batch) -> None:
    """Store vehicles; one that a whole list no longer holds is no longer active."""

    def read(row: ReadRow) -> Kept:
        raw = row_of(row, "vehicle")
        metrc_id = _id_of(raw.get("Id"), "A vehicle row")
        who = f"The vehicle {metrc_id}"
        words = texts(raw, ("Make", "Model", "LicensePlateNumber"), who)
        return Kept(
            key={"metrc_id": metrc_id},
            values={
                "make": words["Make"],
                "model": words["Model"],
                "plate": words["LicensePlateNumber"],
                "is_active": True,
                "seen_at": batch.now,
            },
            who=who,
        )

    batch.keep_each(Vehicle, read)
    if batch.shows_absence:
        Vehicle.objects.filter(license=batch.license, seen_at__lt=batch.now).update(is_active=False)


def _named(row: ReadRow, kind: str) -> shapes.Named:
    if not isinstance(row.raw, str):
        row_of(row, kind)
    seen = shapes.named(row.raw, kind)
    if not isinstance(seen.raw["Name"], str):
        raise shapes.BadRow(f"A {kind} has a Name that is no text: {seen.name[:80]}")
    return seen


def _numbered(row: ReadRow, kind: str) -> tuple[shapes.Named, str]:
    seen = _named(row, kind)
    who = f"The {kind} {seen.name[:60]}"
    _id_of(seen.id, who)
    return seen, who


def _id_of(value: object, who: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise shapes.BadRow(f"{who} has no Id that is a number: {value!r}.")
    return value
