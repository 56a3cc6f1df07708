"""What waits at the desk: templates to register, deliveries to settle, samples to test."""

from __future__ import annotations

from typing import Any

from metrc_simulator.engine import Engine
from metrc_simulator.fault_kinds import FAULT_KINDS
from metrc_simulator.records import Query, Record
from metrc_simulator.wire import moment_text
from metrc_simulator.worlds.registry import WORLDS


def overview(engine: Engine) -> dict[str, Any]:
    """Return what the desk's page shows of the world."""
    store = engine.store
    deliveries = [_delivery(engine, row) for row in _unsettled(engine)]
    open_ones = [row for row in deliveries if row is not None]
    return {
        "world": engine.world_name,
        "worlds": list(WORLDS),
        "now": moment_text(engine.clock.now()),
        "offsetSeconds": engine.clock.offset_seconds,
        "apiUp": engine.api_up,
        "journal": store.journal.last(),
        "faults": engine.faults.rows(),
        "faultKinds": list(FAULT_KINDS),
        "labStates": list(engine.profile.rows("lab_states")),
        "users": [
            {"name": user.name, "licenses": list(user.licenses), "revoked": user.revoked}
            for user in engine.people.everyone()
        ],
        "facilities": [_facility(engine, row) for row in store.select(Query("facilities"))],
        "templates": [_template(row) for row in store.select(Query("templates"))],
        "deliveries": [row for row in open_ones if row["received"] is None],
        "rejected": [row for row in open_ones if row["received"] and _rejected(row)],
        "samples": _samples(engine),
    }


def _facility(engine: Engine, row: Record) -> dict[str, Any]:
    number = row.body["License"]["Number"]
    active = engine.store.bodies(Query("tags", number, "available", "package"))
    items = engine.store.select(Query("items", number, "active"))
    return {
        "number": number,
        "name": row.body["Name"],
        "type": row.facts["type"],
        "status": row.facts["status"],
        "availableTags": len(active),
        "items": [
            {"name": item.body["Name"], "unit": item.body["UnitOfMeasureName"]} for item in items
        ],
    }


def _template(row: Record) -> dict[str, Any]:
    destination = row.facts["request"]["Destinations"][0]
    return {
        "templateId": row.id,
        "name": row.body["Name"],
        "shipper": row.license_number,
        "recipient": destination["RecipientLicenseNumber"],
        "labels": [package["PackageLabel"] for package in destination.get("Packages") or []],
    }


def _unsettled(engine: Engine) -> list[Record]:
    """Return the deliveries with a line that is under way, or rejected and not taken back."""
    store = engine.store
    lines = [
        line
        for state in ("Shipped", "Rejected")
        for line in store.select(Query("delivery_packages", "", state))
    ]
    found = [store.get("deliveries", number) for number in sorted({one.parent for one in lines})]
    return [row for row in found if row is not None]


def _delivery(engine: Engine, row: Record) -> dict[str, Any] | None:
    transfer = engine.store.get("transfers", row.parent)
    if transfer is None or transfer.body["IsVoided"]:
        return None
    lines = engine.store.select(Query("delivery_packages", parent=row.id))
    return {
        "deliveryId": row.id,
        "transferId": transfer.id,
        "manifestNumber": transfer.body["ManifestNumber"],
        "shipper": transfer.license_number,
        "recipient": transfer.facts["recipient"],
        "departed": row.body["ActualDepartureDateTime"],
        "received": row.body["ReceivedDateTime"],
        "packages": [
            {
                "label": line.body["PackageLabel"],
                "item": line.body["ItemName"],
                "quantity": line.body["ShippedQuantity"],
                "unit": line.body["ShippedUnitOfMeasureName"],
                "state": line.list_name,
            }
            for line in lines
        ],
    }


def _rejected(row: dict[str, Any]) -> bool:
    return any(package["state"] == "Rejected" for package in row["packages"])


def _samples(engine: Engine) -> list[dict[str, Any]]:
    laboratories = {
        row.license_number
        for row in engine.store.select(Query("facilities"))
        if row.body["FacilityType"]["CanTestPackages"]
    }
    found = []
    rows = [
        row
        for number in sorted(laboratories)
        for row in engine.store.select(Query("lab_samples", number, "active"))
    ]
    for row in rows:
        package = engine.store.get("packages", row.id)
        if package:
            found.append(
                {
                    "label": row.body["Label"],
                    "item": row.body["Item"]["Name"],
                    "laboratory": row.license_number,
                    "state": row.body["LabTestingState"],
                    "released": bool(package.facts.get("released")),
                }
            )
    return found
