"""Drivers and vehicles: create, update, delete."""

from __future__ import annotations

from glassbox.rules.action_kinds.facts import FactReader
from glassbox.rules.action_kinds.kind import Tier
from glassbox.rules.action_kinds.named_rows import (
    RowFamily,
    Wanted,
    archive_kind,
    create_kind,
    update_kind,
)


def _driver(reader: FactReader) -> Wanted:
    name = reader.text("name")
    shown = {
        "Name": name,
        "DriversLicenseNumber": reader.text("drivers_license_number"),
        "EmployeeId": reader.text("employee_id"),
    }
    return Wanted(name=name, body={**shown}, shown=shown)


def _vehicle(reader: FactReader) -> Wanted:
    plate = reader.text("plate")
    shown = {
        "Make": reader.text("make"),
        "Model": reader.text("model"),
        "LicensePlateNumber": plate,
    }
    # METRC gives vehicles no name; people and police know them by the plate.
    return Wanted(name=plate, body={**shown}, shown=shown)


DRIVERS = RowFamily(
    resource="driver",
    title="driver",
    path="/transporters/v2/drivers",
    reads=("GET /transporters/v2/drivers",),
    read_wanted=_driver,
    fields=("name", "drivers_license_number", "employee_id"),
    tier=Tier.STANDARD,
)
VEHICLES = RowFamily(
    resource="vehicle",
    title="vehicle",
    path="/transporters/v2/vehicles",
    reads=("GET /transporters/v2/vehicles",),
    read_wanted=_vehicle,
    fields=("make", "model", "plate"),
    tier=Tier.STANDARD,
)

KINDS = (
    create_kind(DRIVERS),
    update_kind(DRIVERS),
    archive_kind(
        resource="driver",
        title="driver",
        endpoint="DELETE /transporters/v2/drivers/{id}",
        reads=DRIVERS.reads,
        tier=Tier.STANDARD,
    ),
    create_kind(VEHICLES),
    update_kind(VEHICLES),
    archive_kind(
        resource="vehicle",
        title="vehicle",
        endpoint="DELETE /transporters/v2/vehicles/{id}",
        reads=VEHICLES.reads,
        tier=Tier.STANDARD,
    ),
)
