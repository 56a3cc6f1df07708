"""Drivers and vehicles of a facility."""

from __future__ import annotations

from typing import Any

from metrc_simulator.act import Act, id_of, optional_text, text_of
from metrc_simulator.records import Record


def create_driver(act: Act, body: dict[str, Any]) -> int:
    """Make a driver and return the id."""
    row = {"Id": 0, "FacilityId": act.facility().id, **_driver(body)}
    driver = act.add(Record("drivers", row, license_number=act.license_number))
    act.effect("driver created", id=driver.id, name=row["Name"])
    return driver.id


def update_driver(act: Act, body: dict[str, Any]) -> None:
    """Replace a driver's fields."""
    driver = act.own("drivers", id_of(body, "Id"))
    driver.body.update(_driver(body))
    act.save(driver)
    act.effect("driver updated", id=driver.id, name=driver.body["Name"])


def _driver(body: dict[str, Any]) -> dict[str, Any]:
    return {
        "EmployeeId": optional_text(body, "EmployeeId"),
        "Name": text_of(body, "Name"),
        "DriversLicenseNumber": text_of(body, "DriversLicenseNumber"),
    }


def create_vehicle(act: Act, body: dict[str, Any]) -> int:
    """Make a vehicle and return the id."""
    row = {"Id": 0, "FacilityId": act.facility().id, **_vehicle(body)}
    vehicle = act.add(Record("vehicles", row, license_number=act.license_number))
    act.effect("vehicle created", id=vehicle.id, plate=row["LicensePlateNumber"])
    return vehicle.id


def update_vehicle(act: Act, body: dict[str, Any]) -> None:
    """Replace a vehicle's fields."""
    vehicle = act.own("vehicles", id_of(body, "Id"))
    vehicle.body.update(_vehicle(body))
    act.save(vehicle)
    act.effect("vehicle updated", id=vehicle.id, plate=vehicle.body["LicensePlateNumber"])


def _vehicle(body: dict[str, Any]) -> dict[str, Any]:
    return {name: text_of(body, name) for name in ("Make", "Model", "LicensePlateNumber")}


def remove_driver(act: Act, driver_id: int) -> None:
    """Delete a driver."""
    act.store.remove(act.own("drivers", driver_id))
    act.effect("driver deleted", id=driver_id)


def remove_vehicle(act: Act, vehicle_id: int) -> None:
    """Delete a vehicle."""
    act.store.remove(act.own("vehicles", vehicle_id))
    act.effect("vehicle deleted", id=vehicle_id)
