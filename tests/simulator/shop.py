"""Short words for the neighbor's shop: a jar of flower, a sale, a delivery."""

from __future__ import annotations

from typing import Any

from tests.simulator.conftest import TODAY, Metrc
from tests.simulator.farm import FARM, FLOWER, SHOP, one, shipped

ADDRESS = {
    "SalesCustomerType": "Consumer",
    "RecipientAddressStreet1": "1 Someplace Road",
    "RecipientAddressCity": "Monterey",
    "RecipientAddressState": "CA",
    "RecipientAddressPostalCode": "93940",
}
VEHICLE = {
    "DriverEmployeeId": "1",
    "DriverName": "Ira",
    "DriversLicenseNumber": "D1",
    "VehicleMake": "Car",
    "VehicleModel": "Small",
    "VehicleLicensePlateNumber": "000000",
}
TIMES = {
    "EstimatedDepartureDateTime": f"{TODAY}T11:00:00.000",
    "EstimatedArrivalDateTime": f"{TODAY}T13:00:00.000",
}


def jar(metrc: Metrc, grams: float = 100) -> str:
    """Bring a tested package of flower to the shop and return its label."""
    return shipped(metrc, FARM, SHOP, FLOWER, grams, "Grams", labTestingState="TestPassed")


def left(metrc: Metrc, label: str) -> float:
    """Return what is left in a package of the shop."""
    quantity: float = one(metrc, f"/packages/v2/{label}", "Ira", SHOP)["Quantity"]
    return quantity


def line(label: str, quantity: float, unit: str = "Grams", **more: Any) -> dict[str, Any]:
    """Return one transaction."""
    return {
        "PackageLabel": label,
        "Quantity": quantity,
        "UnitOfMeasure": unit,
        "TotalAmount": 9.99,
        **more,
    }


def receipt(*lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return the body of a receipt."""
    return {
        "SalesDateTime": f"{TODAY}T16:44:53.000",
        "ExternalReceiptNumber": "ABC-1234",
        "SalesCustomerType": "Consumer",
        "Transactions": list(lines),
        **more,
    }


def delivery(*lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return the body of a delivery carried by the shop itself."""
    return {
        "TransporterFacilityLicenseNumber": SHOP,
        "SalesDateTime": f"{TODAY}T10:10:19.000",
        "PlannedRoute": "Drive to destination.",
        "Transactions": list(lines),
        **ADDRESS,
        **VEHICLE,
        **TIMES,
        **more,
    }
