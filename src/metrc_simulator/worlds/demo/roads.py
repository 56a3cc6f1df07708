"""Goods on the road: manifests with driver, vehicle and price, received or on their way."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from metrc_simulator.laws import receiving, templates, transfers
from metrc_simulator.laws.creation import new_package
from metrc_simulator.laws.tags import next_tag, use_tag
from metrc_simulator.records import Record
from metrc_simulator.worlds.demo.diary import DIST, SUP, Diary

_RECEIVERS = {
    "CDPH-19990001": "Dee",
    "C11-9990001-LIC": "Hal",
    "C8-9990001-LIC": "Lou",
    "C10-9990001-LIC": "Buyer R1",
    "C10-9990002-LIC": "Buyer R2",
    "C10-9990003-LIC": "Buyer R3",
    "C10-9990004-LIC": "Buyer R4",
}
_SHIPPERS = {"CDPH-19990001": "Fay", "C11-9990001-LIC": "Hal", SUP: "Shipper SUP"}
_OWN_TRUCK = {
    "TransporterFacilityLicenseNumber": DIST,
    "DriverName": "Gus",
    "DriverLicenseNumber": "D1234567",
    "DriverOccupationalLicenseNumber": "EMP-00024",
    "VehicleMake": "Ford",
    "VehicleModel": "Transit",
    "VehicleLicensePlateNumber": "8ABC123",
}


def request(
    diary: Diary,
    sender: str,
    receiver: str,
    labels: list[str],
    prices: dict[str, Decimal] | None = None,
) -> dict[str, Any]:
    """Return the body of a template; a price makes it a wholesale manifest."""
    truck = {"TransporterFacilityLicenseNumber": SUP} if sender == SUP else _OWN_TRUCK
    rows = [
        {"PackageLabel": label, "WholesalePrice": prices[label] if prices else None}
        for label in labels
    ]
    destination = {
        "RecipientLicenseNumber": receiver,
        "TransferTypeName": "Wholesale Manifest" if prices else "Transfer",
        "PlannedRoute": "By the coast road, without a stop.",
        "EstimatedDepartureDateTime": diary.local(timedelta(minutes=30)),
        "EstimatedArrivalDateTime": diary.local(timedelta(hours=3)),
        "Transporters": [truck],
        "Packages": rows,
    }
    return {"Name": f"{sender} to {receiver}, {diary.day}", "Destinations": [destination]}


def register(diary: Diary, sender: str, body: dict[str, Any]) -> Record:
    """Register a manifest at its shipper."""
    return transfers.register(diary.act(sender, _SHIPPERS[sender]), body, None)


def depart(diary: Diary, transfer: Record) -> None:
    """Let the truck leave."""
    sender = transfer.license_number
    transfers.depart(diary.act(sender, _SHIPPERS[sender]), transfer.body["DeliveryId"])


def receive(
    diary: Diary, transfer: Record, labels: list[str], rejected: dict[str, str] | None = None
) -> None:
    """Settle the delivery at its receiver; `rejected` gives a reason per label."""
    refused = rejected or {}
    decisions = [
        {"label": label, **({"reject": {"reason": refused[label]}} if label in refused else {})}
        for label in labels
    ]
    receiver: str = transfer.facts["recipient"]
    act = diary.act(receiver, _RECEIVERS[receiver])
    receiving.receive(act, transfer.body["DeliveryId"], decisions)


def send(diary: Diary, sender: str, body: dict[str, Any]) -> Record:
    """Register a manifest and let the truck leave."""
    transfer = register(diary, sender, body)
    depart(diary, transfer)
    return transfer


def keep_template(diary: Diary, sender: str, user_name: str, body: dict[str, Any]) -> int:
    """Store a template that nobody has registered yet."""
    return templates.create_template(diary.act(sender, user_name), body)


def stock(diary: Diary, license_number: str, item_name: str, quantity: str, batch: str) -> str:
    """Make goods whose past lies outside this world, and return their label."""
    act = diary.act(license_number, "METRC")
    label = next_tag(act)
    use_tag(act, label)
    item = act.store.find("items", item_name, license_number)
    assert item is not None, item_name
    unit = act.unit(item.body["UnitOfMeasureName"])
    package = new_package(act, label, item.body, Decimal(quantity), unit, diary.day)
    package.body.update(
        IsProductionBatch=True,
        ProductionBatchNumber=batch,
        ItemFromFacilityLicenseNumber=license_number,
        ItemFromFacilityName=act.facility().body["Name"],
    )
    act.add(package)
    return label
