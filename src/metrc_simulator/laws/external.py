"""Transfers from outside METRC: keyed in by the receiver, whose packages get tags on receipt.

METRC documents the calls; that a person receives such a delivery and gives each package a tag
is of its manuals.
"""

from __future__ import annotations

from typing import Any

from metrc_simulator.act import (
    Act,
    NotYours,
    Refused,
    date_of,
    flag_of,
    id_of,
    number_of,
    optional_date,
    optional_text,
    rows_of,
    text_of,
)
from metrc_simulator.laws.creation import new_package
from metrc_simulator.laws.packages import keep
from metrc_simulator.laws.tags import use_tag
from metrc_simulator.laws.templates import carrier_fields, local_time, transfer_type, write_carriers
from metrc_simulator.laws.transfers import open_delivery, publish
from metrc_simulator.records import Query, Record
from metrc_simulator.shapes import blank
from metrc_simulator.wire import decimal_of, moment_text, plain

_PARTS = ("delivery_packages", "delivery_transporters", "delivery_details")


def create_external(act: Act, body: dict[str, Any]) -> int:
    """Register a shipment from outside METRC and return the transfer's id."""
    row = blank(
        "transfer",
        ManifestNumber=f"{act.store.next_number('manifest'):010d}",
        DeliveryCount=1,
        ContainsProductPackage=True,
        CreatedDateTime=moment_text(act.now),
        CreatedByUserName=act.user_name,
    )
    facts = {"recipient": act.license_number, "external": True}
    transfer = act.add(Record("transfers", row, facts=facts))
    delivery = act.add(Record("deliveries", blank("delivery"), parent=transfer.id))
    transfer.body["DeliveryId"] = delivery.id
    _write(act, transfer, delivery, body)
    act.effect("external transfer registered", transferId=transfer.id, deliveryId=delivery.id)
    return transfer.id


def update_external(act: Act, body: dict[str, Any]) -> None:
    """Replace a shipment from outside before it is received."""
    transfer, delivery = _open(act, id_of(body, "TransferId"))
    for destination in rows_of(body, "Destinations"):
        asked = destination.get("TransferDestinationId")
        if asked is not None and asked != delivery.id:
            raise Refused(f"TransferDestinationId {asked} is not of this transfer.")
    for kind in _PARTS:
        for part in act.store.select(Query(kind, parent=delivery.id)):
            act.store.remove(part)
    _write(act, transfer, delivery, body)
    act.effect("external transfer updated", transferId=transfer.id)


def void_external(act: Act, transfer_id: int) -> None:
    """Void a shipment from outside before it is received."""
    transfer, _ = _open(act, transfer_id)
    transfer.body["IsVoided"] = True
    publish(act, transfer)
    act.effect("transfer voided", transferId=transfer_id)


def _open(act: Act, transfer_id: int) -> tuple[Record, Record]:
    transfer = act.store.get("transfers", transfer_id)
    if transfer is None or not transfer.facts.get("external"):
        raise NotYours(f"transfer {transfer_id}")
    if transfer.facts["recipient"] != act.license_number:
        raise NotYours(f"transfer {transfer_id}")
    delivery = act.store.get("deliveries", transfer.body["DeliveryId"])
    if delivery is None or transfer.body["IsVoided"]:
        raise Refused(f"Transfer {transfer_id} is voided.")
    if delivery.body["ReceivedDateTime"] is not None:
        raise Refused(f"Transfer {transfer_id} is received.")
    return transfer, delivery


def _write(act: Act, transfer: Record, delivery: Record, body: dict[str, Any]) -> None:
    destinations = rows_of(body, "Destinations")
    if len(destinations) != 1:
        raise Refused("Destinations must name one destination: the current Facility.")
    destination = destinations[0]
    if text_of(destination, "RecipientLicenseNumber") != act.license_number:
        raise Refused("RecipientLicenseNumber is not the current Facility.")
    kind = transfer_type(act, text_of(destination, "TransferTypeName"))
    if not kind.get("external_incoming"):
        raise Refused(f"Transfer Type {kind['name']} is not for external incoming shipments.")
    packages = rows_of(destination, "Packages")
    if not packages:
        raise Refused("Packages were not specified.")
    delivery.body.update(
        ManifestNumber=transfer.body["ManifestNumber"],
        RecipientFacilityLicenseNumber=act.license_number,
        RecipientFacilityName=act.facility().body["Name"],
        ShipmentTypeName=kind["name"],
        ShipmentTransactionType=kind["transaction"],
        InvoiceNumber=optional_text(destination, "InvoiceNumber"),
        PlannedRoute=optional_text(destination, "PlannedRoute"),
        EstimatedDepartureDateTime=local_time(destination, "EstimatedDepartureDateTime"),
        EstimatedArrivalDateTime=local_time(destination, "EstimatedArrivalDateTime"),
        DeliveryPackageCount=len(packages),
    )
    act.save(delivery)
    carrier = carrier_fields(act, body, destination)
    write_carriers(act, ("delivery_transporters", "delivery_details"), delivery.id, carrier)
    for package in packages:
        _load(act, delivery, package)
    kept = {"Id", "ManifestNumber"}
    shown = {name: value for name, value in delivery.body.items() if name not in kept}
    transfer.body.update((name, shown[name]) for name in transfer.body if name in shown)
    transfer.body.update(
        ShipperFacilityLicenseNumber=text_of(body, "ShipperLicenseNumber"),
        ShipperFacilityName=text_of(body, "ShipperName"),
        PackageCount=len(packages),
        **carrier,
    )
    publish(act, transfer)


def _load(act: Act, delivery: Record, asked: dict[str, Any]) -> None:
    name = text_of(asked, "ItemName")
    item = act.store.find("items", name, act.license_number)
    if item is None or item.list_name != "active":
        raise Refused(f'The Product "{name}" is invalid.')
    quantity = number_of(asked, "Quantity")
    if quantity <= 0:
        raise Refused("Quantity must be greater than zero.")
    unit = act.unit(text_of(asked, "UnitOfMeasureName"))
    if item.body["QuantityType"] != unit.quantity_type:
        raise Refused(f"Unit of Measure {unit.name} does not fit Item {item.body['Name']}.")
    packaged = text_of(asked, "PackagedDate").partition("T")[0]
    line = blank("delivery_package")
    for field in line:
        if field.startswith("Item") and field.removeprefix("Item") in item.body:
            line[field] = item.body[field.removeprefix("Item")]
    line.update(
        ItemCategoryName=item.body["ProductCategoryName"],
        ItemBrandName=item.body["ItemBrandName"],
        ShipmentPackageState="Shipped",
        ShippedQuantity=quantity,
        ShippedUnitOfMeasureName=unit.name,
    )
    facts = {
        "item": item.body["Name"],
        "packaged": date_of({"PackagedDate": packaged}, "PackagedDate").isoformat(),
        "external_id": optional_text(asked, "ExternalId"),
        "finished_good": flag_of(asked, "IsFinishedGood"),
        "dates": {
            field: optional_date(asked, field)
            for field in ("ExpirationDate", "SellByDate", "UseByDate")
        },
    }
    stored = act.add(
        Record("delivery_packages", line, list_name="Shipped", parent=delivery.id, facts=facts)
    )
    stored.body["PackageId"] = stored.id
    act.save(stored)


def receive_external(act: Act, delivery_id: int, decisions: list[dict[str, Any]]) -> None:
    """Receive a shipment from outside: every package of it gets a tag, in one step.

    A decision is {packageId, tag, receivedQuantity?}, the id as the delivery lists it.
    """
    delivery, transfer = open_delivery(act, delivery_id)
    _open(act, transfer.id)
    lines = act.store.select(Query("delivery_packages", parent=delivery_id))
    by_id = {id_of(decision, "packageId"): decision for decision in decisions}
    if set(by_id) != {line.id for line in lines} or len(by_id) < len(decisions):
        raise Refused("packages: each package of the delivery must be named once.")
    for line in lines:
        _accept(act, transfer, line, by_id[line.id])
    stamp = moment_text(act.now)
    received = {
        "ReceivedDateTime": stamp,
        "ActualArrivalDateTime": stamp,
        "DeliveryReceivedPackageCount": len(lines),
    }
    delivery.body.update(received)
    act.save(delivery)
    transfer.body.update(received, ReceivedPackageCount=len(lines), ReceivedDeliveryCount=1)
    publish(act, transfer)


def _accept(act: Act, transfer: Record, line: Record, decision: dict[str, Any]) -> None:
    label = text_of(decision, "tag").upper()
    given = decision.get("receivedQuantity")
    quantity = line.body["ShippedQuantity"] if given is None else decimal_of(given)
    if quantity is None or quantity < 0:
        raise Refused(f"receivedQuantity: {given!r} for {label} is not a quantity.")
    item = act.store.find("items", line.facts["item"], act.license_number)
    if item is None:
        raise Refused(f'The Product "{line.facts["item"]}" is invalid.')
    use_tag(act, label)
    unit = act.unit(line.body["ShippedUnitOfMeasureName"])
    package = new_package(act, label, item.body, plain(quantity), unit, line.facts["packaged"])
    package.body.update(
        ExternalId=line.facts["external_id"],
        IsFinishedGood=line.facts["finished_good"],
        ItemFromFacilityLicenseNumber=act.license_number,
        ReceivedDateTime=moment_text(act.now),
        ReceivedFromManifestNumber=transfer.body["ManifestNumber"],
        ReceivedFromFacilityLicenseNumber=transfer.body["ShipperFacilityLicenseNumber"],
        ReceivedFromFacilityName=transfer.body["ShipperFacilityName"],
        **line.facts["dates"],
    )
    act.add(package)
    keep(act, package)
    line.list_name = "Accepted"
    line.label = label
    line.body.update(
        PackageId=package.id,
        PackageLabel=label,
        ShipmentPackageState="Accepted",
        ReceivedQuantity=plain(quantity),
        ReceivedUnitOfMeasureName=unit.name,
    )
    act.save(line)
    act.effect(
        "package received",
        label=label,
        license=act.license_number,
        shippedQuantity=line.body["ShippedQuantity"],
        receivedQuantity=plain(quantity),
    )
