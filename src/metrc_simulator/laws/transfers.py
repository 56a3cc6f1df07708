"""Manifests: registered by a person, whole packages only, one row seen from two sides."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from metrc_simulator.act import Act, NotYours, Refused, flag_of, rows_of, text_of
from metrc_simulator.laws.packages import held, keep
from metrc_simulator.laws.templates import (
    carrier_fields,
    check_destination,
    delivery_row,
    local_time,
    package_line,
    write_carriers,
)
from metrc_simulator.records import Query, Record
from metrc_simulator.shapes import blank
from metrc_simulator.wire import decimal_of, moment_text, plain

# What the transporter's own calls set on the row it sees.
HUB_FIELDS = (
    "TransporterAcceptedDateTime",
    "IsLayover",
    "TransporterEstimatedDepartureDateTime",
    "TransporterActualDepartureDateTime",
    "TransporterEstimatedArrivalDateTime",
    "TransporterActualArrivalDateTime",
)
# Fields that METRC's outgoing list leaves empty: they differ per delivery (METRC sample).
_PER_DELIVERY: dict[str, Any] = {
    "RecipientFacilityLicenseNumber": None,
    "RecipientFacilityName": None,
    "ShipmentTypeName": None,
    "ShipmentTransactionType": None,
    "EstimatedDepartureDateTime": "0001-01-01T00:00:00.000",
    "EstimatedArrivalDateTime": "0001-01-01T00:00:00.000",
    "DeliveryPackageCount": 0,
    "DeliveryReceivedPackageCount": 0,
}


def register(act: Act, request: dict[str, Any], template_id: int | None) -> Record:
    """Make a manifest of a template's request (or of one keyed in) and return the transfer.

    Every package leaves the active list for the road. Refused when a package may not go.
    """
    destination = rows_of(request, "Destinations")[0]
    check_destination(act, destination)
    recipient = act.facility(text_of(destination, "RecipientLicenseNumber"))
    if recipient.facts["status"] != "Active":
        raise Refused(f"Facility {recipient.label.upper()} is not active.")
    asked = rows_of(destination, "Packages")
    if not asked:
        raise Refused("Packages were not specified.")
    packages = [_shippable(act, text_of(row, "PackageLabel"), recipient) for row in asked]
    transfer = _transfer(act, request, destination, packages, template_id)
    delivery = act.add(Record("deliveries", delivery_row(act, destination), parent=transfer.id))
    delivery.body["ManifestNumber"] = transfer.body["ManifestNumber"]
    act.save(delivery)
    carrier = carrier_fields(act, request, destination)
    write_carriers(act, ("delivery_transporters", "delivery_details"), delivery.id, carrier)
    for row, package in zip(asked, packages, strict=True):
        _load(act, delivery, package, decimal_of(row.get("WholesalePrice")))
    transfer.body["DeliveryId"] = delivery.id
    publish(act, transfer)
    act.effect(
        "transfer registered",
        transferId=transfer.id,
        deliveryId=delivery.id,
        manifestNumber=transfer.body["ManifestNumber"],
        shipper=act.license_number,
        recipient=recipient.body["License"]["Number"],
        labels=[package.body["Label"] for package in packages],
    )
    return transfer


def _shippable(act: Act, label: str, recipient: Record) -> Record:
    package = act.package(label)
    name = package.body["Label"]
    if package.list_name == "intransit":
        raise Refused(f"Package {name} is in transit on another manifest.")
    if package.list_name != "active":
        raise Refused(f"Package {name} is not active.")
    if held(package):
        raise Refused(f"Package {name} is on hold and cannot be transferred.")
    if package.body["Quantity"] <= 0:
        raise Refused(f"Package {name} is empty and cannot be transferred.")
    allowed = act.profile.gate(recipient.facts["type"])
    state = package.body["LabTestingState"]
    if allowed is not None and state not in allowed:
        raise Refused(f"Package is marked as {state} and cannot be transferred. ({name})")
    return package


def _transfer(
    act: Act,
    request: dict[str, Any],
    destination: dict[str, Any],
    packages: list[Record],
    template_id: int | None,
) -> Record:
    row = blank(
        "transfer",
        ManifestNumber=f"{act.store.next_number('manifest'):010d}",
        ShipperFacilityLicenseNumber=act.license_number,
        ShipperFacilityName=act.facility().body["Name"],
        DeliveryCount=1,
        PackageCount=len(packages),
        ContainsProductPackage=True,
        ContainsTradeSample=any(package.body["IsTradeSample"] for package in packages),
        ContainsDonation=any(package.body["IsDonation"] for package in packages),
        ContainsTestingSample=any(package.body["IsTestingSample"] for package in packages),
        ContainsRemediatedProductPackage=any(
            package.body["ContainsRemediatedProduct"] for package in packages
        ),
        CreatedDateTime=moment_text(act.now),
        CreatedByUserName=act.user_name,
        OriginatingTemplateId=template_id,
        **carrier_fields(act, request, destination),
    )
    delivery = delivery_row(act, destination)
    kept = {"Id", "ManifestNumber"}
    row.update((name, delivery[name]) for name in delivery if name in row and name not in kept)
    return act.add(
        Record(
            "transfers",
            row,
            license_number=act.license_number,
            facts={
                "recipient": delivery["RecipientFacilityLicenseNumber"],
                "layover": any(
                    flag_of(one, "IsLayover") for one in rows_of(destination, "Transporters")
                ),
            },
        )
    )


def _load(act: Act, delivery: Record, package: Record, price: Decimal | None) -> None:
    package.list_name = "intransit"
    package.facts["touched"] = True
    keep(act, package)
    line = package_line(package)
    line["ShipmentPackageState"] = "Shipped"
    line["ShippedQuantity"] = package.body["Quantity"]
    act.add(
        Record(
            "delivery_packages",
            line,
            label=package.body["Label"],
            list_name="Shipped",
            parent=delivery.id,
            facts={"price": price},
        )
    )
    act.add(
        Record(
            "delivery_wholesale",
            {
                "PackageId": package.id,
                "PackageLabel": package.body["Label"],
                "ShipperWholesalePrice": _shown_price(act, package, price),
                "ReceiverWholesalePrice": None,
            },
            parent=delivery.id,
        )
    )


def _shown_price(act: Act, package: Record, price: Decimal | None) -> Decimal | None:
    """Return the price of a whole package, whatever the state's price is said for."""
    if price is None:
        return None
    is_per_unit = act.profile.switches["wholesale_price_per"] == "unit"
    return plain(price * package.body["Quantity"] if is_per_unit else price)


def publish(act: Act, transfer: Record) -> None:
    """Save a transfer and the rows its shipper and its recipient see of it."""
    act.save(transfer)
    recipient = transfer.facts["recipient"]
    lines = act.store.select(Query("delivery_packages", parent=transfer.body["DeliveryId"]))
    rejected = any(line.list_name == "Rejected" for line in lines)
    for kind, license_number, changes, list_name in (
        ("incoming", recipient, {}, "active"),
        ("outgoing", transfer.license_number, _PER_DELIVERY, "active"),
        ("rejected", transfer.license_number, {}, "active" if rejected else "none"),
    ):
        act.put(
            Record(
                kind,
                {**transfer.body, **changes},
                license_number=license_number,
                list_name=list_name,
                id=transfer.id,
            )
        )
    _publish_at_hub(act, transfer)


def _publish_at_hub(act: Act, transfer: Record) -> None:
    """Keep the row that the transporter sees of a transfer."""
    transporter = transfer.body["TransporterFacilityLicenseNumber"]
    if transporter is None:
        return
    before = act.store.get("hub_transfers", transfer.id)
    own = {name: before.body[name] for name in HUB_FIELDS} if before else {}
    delivery_id = transfer.body["DeliveryId"]
    details = act.store.select(Query("delivery_details", parent=delivery_id))
    delivery = act.store.get("deliveries", delivery_id)
    row = blank("hub_transfer", **own)
    row.update((name, transfer.body[name]) for name in row if name in transfer.body)
    row["RejectedPackagesReturned"] = bool(delivery and delivery.body["RejectedPackagesReturned"])
    row["ShipmentTransporterDetails"] = [detail.body for detail in details]
    if not own:
        row["IsLayover"] = bool(transfer.facts.get("layover"))
        for name in ("EstimatedDepartureDateTime", "EstimatedArrivalDateTime"):
            row[f"Transporter{name}"] = transfer.body[name]
    act.put(
        Record(
            "hub_transfers",
            row,
            license_number=transporter,
            id=transfer.id,
            facts=before.facts if before else {},
        )
    )


def open_delivery(act: Act, delivery_id: int) -> tuple[Record, Record]:
    """Return a delivery and its transfer; Refused when unknown, voided or settled."""
    delivery = act.store.get("deliveries", delivery_id)
    transfer = act.store.get("transfers", delivery.parent) if delivery else None
    if delivery is None or transfer is None:
        raise Refused(f"deliveryId: delivery {delivery_id} does not exist.")
    if transfer.body["IsVoided"]:
        raise Refused(f"deliveryId: manifest {transfer.body['ManifestNumber']} is voided.")
    return delivery, transfer


def depart(act: Act, delivery_id: int) -> None:
    """Note that the truck has left; from now on the manifest cannot be voided."""
    delivery, transfer = open_delivery(act, delivery_id)
    if delivery.body["ActualDepartureDateTime"] is not None:
        raise Refused(f"deliveryId: delivery {delivery_id} has departed already.")
    _stamp(act, delivery, transfer, "ActualDepartureDateTime")
    act.effect("transfer departed", transferId=transfer.id, deliveryId=delivery_id)


def _stamp(act: Act, delivery: Record, transfer: Record, field: str) -> None:
    delivery.body[field] = moment_text(act.now)
    act.save(delivery)
    transfer.body[field] = delivery.body[field]
    publish(act, transfer)


def void(act: Act, transfer_id: int) -> None:
    """Void a manifest before it departs or is received; its packages are active again."""
    transfer = own_transfer(act, transfer_id)
    delivery, _ = open_delivery(act, transfer.body["DeliveryId"])
    if delivery.body["ReceivedDateTime"] is not None:
        raise Refused(f"transferId: manifest {transfer.body['ManifestNumber']} is received.")
    if delivery.body["ActualDepartureDateTime"] is not None:
        raise Refused(f"transferId: manifest {transfer.body['ManifestNumber']} has departed.")
    for line in act.store.select(Query("delivery_packages", parent=delivery.id)):
        package = act.package(line.body["PackageLabel"])
        package.list_name = "active"
        keep(act, package)
    transfer.body["IsVoided"] = True
    publish(act, transfer)
    act.effect("transfer voided", transferId=transfer_id)


def own_transfer(act: Act, transfer_id: int) -> Record:
    """Return a transfer that this licence ships; NotYours otherwise."""
    transfer = act.store.get("transfers", transfer_id)
    if transfer is None or transfer.license_number != act.license_number:
        raise NotYours(
            f"transferId: {transfer_id} is not a transfer that {act.license_number} ships."
        )
    return transfer


def edit(act: Act, transfer_id: int, changes: dict[str, Any]) -> None:
    """Change driver, vehicle, route and times of a manifest that has not departed."""
    transfer = own_transfer(act, transfer_id)
    delivery, _ = open_delivery(act, transfer.body["DeliveryId"])
    if delivery.body["ActualDepartureDateTime"] or delivery.body["ReceivedDateTime"]:
        raise Refused(f"transferId: manifest {transfer.body['ManifestNumber']} has departed.")
    changed: dict[str, Any] = {}
    for name in ("DriverName", "VehicleMake", "VehicleModel", "VehicleLicensePlateNumber"):
        if name in changes:
            changed[name] = transfer.body[name] = text_of(changes, name)
    for name in ("EstimatedDepartureDateTime", "EstimatedArrivalDateTime"):
        if name in changes:
            changed[name] = transfer.body[name] = delivery.body[name] = local_time(changes, name)
    if "PlannedRoute" in changes:
        changed["PlannedRoute"] = delivery.body["PlannedRoute"] = text_of(changes, "PlannedRoute")
    if not changed:
        raise Refused("edit-manifest: no field of the manifest to change was given.")
    act.save(delivery)
    publish(act, transfer)
    act.effect("manifest edited", transferId=transfer_id, **changed)
