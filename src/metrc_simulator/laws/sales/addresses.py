"""Who drives a sale, with what, and to whom: the fields that all kinds of delivery share."""

from __future__ import annotations

from typing import Any

from metrc_simulator.act import Act, Refused, optional_text, text_of
from metrc_simulator.laws.growing import whole_of
from metrc_simulator.laws.sales.transactions import customer_of, local_moment

_ADDRESS = (
    "RecipientName",
    "RecipientAddressStreet1",
    "RecipientAddressStreet2",
    "RecipientAddressCity",
    "RecipientAddressCounty",
    "RecipientAddressState",
    "RecipientAddressPostalCode",
)
_NEEDED = ("RecipientAddressStreet1", "RecipientAddressCity", "RecipientAddressState")
_DRIVER = ("DriverEmployeeId", "DriverName", "DriversLicenseNumber")
_VEHICLE = ("VehicleMake", "VehicleModel", "VehicleLicensePlateNumber")


def driver_and_vehicle(body: dict[str, Any]) -> dict[str, Any]:
    """Return the driver and vehicle of a request, all of them needed (NY sandbox 2026-09)."""
    return {name: text_of(body, name) for name in (*_DRIVER, *_VEHICLE)}


def recipient(act: Act, body: dict[str, Any]) -> dict[str, Any]:
    """Return who is delivered to: the customer, the address and the zone."""
    for name in _NEEDED:
        text_of(body, name)
    zone = body.get("RecipientZoneId")
    if isinstance(zone, str):
        # Samples of the same field have a number and a text ("0001").
        zone = int(zone) if zone.isascii() and zone.isdigit() and len(zone) < 10 else zone
    if zone is not None:
        zone = whole_of({"RecipientZoneId": zone}, "RecipientZoneId")
    return {
        **customer_of(act, body),
        **{name: optional_text(body, name) for name in _ADDRESS},
        "ConsumerId": optional_text(body, "ConsumerId"),
        "RecipientZoneId": zone,
        "PlannedRoute": optional_text(body, "PlannedRoute"),
    }


def planned_times(body: dict[str, Any]) -> dict[str, Any]:
    """Return the estimated departure and arrival; Refused when the arrival comes first."""
    departure = local_moment(body, "EstimatedDepartureDateTime")
    arrival = local_moment(body, "EstimatedArrivalDateTime")
    if arrival < departure:
        raise Refused("EstimatedArrivalDateTime is before EstimatedDepartureDateTime.")
    return {"EstimatedDepartureDateTime": departure, "EstimatedArrivalDateTime": arrival}


def transporter(act: Act, license_number: str) -> dict[str, Any]:
    """Return the facility that carries a sale; Refused when there is none of that number."""
    found = act.facility(license_number)
    return {
        "TransporterFacilityId": str(found.id),
        "TransporterFacilityLicenseNumber": license_number,
        "TransporterFacilityName": found.body["Name"],
    }
