"""The receiver's side: a delivery is settled as a whole, each package accepted or rejected whole."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from metrc_simulator.act import Act, Refused, text_of
from metrc_simulator.laws.packages import keep
from metrc_simulator.laws.transfers import open_delivery, publish
from metrc_simulator.records import Query, Record
from metrc_simulator.shapes import blank
from metrc_simulator.wire import decimal_of, moment_text, plain


def receive(act: Act, delivery_id: int, decisions: list[dict[str, Any]]) -> None:
    """Settle a delivery: accept or reject every package of it in one step.

    Accepted packages are the receiver's, with the received quantity; rejected ones wait on the
    road for the shipper. Refused when a package is missing, unknown or decided twice.
    """
    delivery, transfer = open_delivery(act, delivery_id)
    if transfer.facts["recipient"] != act.license_number:
        raise Refused(
            f"deliveryId: delivery {delivery_id} goes to {transfer.facts['recipient']}, "
            f"not to {act.license_number}."
        )
    if delivery.body["ReceivedDateTime"] is not None:
        raise Refused(f"deliveryId: delivery {delivery_id} is received already.")
    lines = act.store.select(Query("delivery_packages", parent=delivery_id))
    by_label = _decisions_by_label(lines, decisions)
    accepted = 0
    for line in lines:
        decision = by_label[line.body["PackageLabel"]]
        if decision.get("reject") is not None:
            _reject(act, line, decision["reject"])
        else:
            _accept(act, delivery, transfer, line, decision)
            accepted += 1
    stamp = moment_text(act.now)
    delivery.body.update(
        ReceivedDateTime=stamp, ActualArrivalDateTime=stamp, DeliveryReceivedPackageCount=accepted
    )
    act.save(delivery)
    transfer.body.update(
        ReceivedDateTime=stamp,
        ActualArrivalDateTime=stamp,
        DeliveryReceivedPackageCount=accepted,
        ReceivedPackageCount=accepted,
        ReceivedDeliveryCount=1,
    )
    publish(act, transfer)


def _decisions_by_label(
    lines: list[Record], decisions: list[dict[str, Any]]
) -> dict[str, dict[str, Any]]:
    wanted = {line.body["PackageLabel"] for line in lines}
    by_label: dict[str, dict[str, Any]] = {}
    for decision in decisions:
        label = text_of(decision, "label").upper()
        if label not in wanted:
            raise Refused(f"packages: package {label} is not in this delivery.")
        if label in by_label:
            raise Refused(f"packages: package {label} is listed twice.")
        by_label[label] = decision
    missing = sorted(wanted - set(by_label))
    if missing:
        raise Refused(
            f"packages: {', '.join(missing)} is neither accepted nor rejected; "
            "a delivery is settled as a whole."
        )
    return by_label


def _accept(
    act: Act, delivery: Record, transfer: Record, line: Record, decision: dict[str, Any]
) -> None:
    quantity = _received_quantity(line, decision)
    line.list_name = "Accepted"
    line.body["ShipmentPackageState"] = "Accepted"
    line.body["ReceivedQuantity"] = quantity
    line.body["ReceivedUnitOfMeasureName"] = line.body["ShippedUnitOfMeasureName"]
    act.save(line)
    package = _shipped(act, line)
    _list_as_transferred(act, delivery, transfer, line, package)
    package.license_number = act.license_number
    package.list_name = "active"
    package.body.update(
        Quantity=quantity,
        LocationId=None,
        LocationName=None,
        LocationTypeName=None,
        ReceivedDateTime=moment_text(act.now),
        ReceivedFromManifestNumber=transfer.body["ManifestNumber"],
        ReceivedFromFacilityLicenseNumber=transfer.body["ShipperFacilityLicenseNumber"],
        ReceivedFromFacilityName=transfer.body["ShipperFacilityName"],
    )
    keep(act, package)
    act.effect(
        "package received",
        label=package.body["Label"],
        license=act.license_number,
        shippedQuantity=line.body["ShippedQuantity"],
        receivedQuantity=quantity,
    )


def _received_quantity(line: Record, decision: dict[str, Any]) -> Decimal:
    given = decision.get("receivedQuantity")
    if given is None:
        shipped: Decimal = line.body["ShippedQuantity"]
        return shipped
    quantity = decimal_of(given)
    if quantity is None or quantity < 0:
        raise Refused(
            f"receivedQuantity: {given!r} for {line.body['PackageLabel']} is not a quantity."
        )
    return plain(quantity)


def _shipped(act: Act, line: Record) -> Record:
    package = act.store.find("packages", line.body["PackageLabel"])
    if package is None:
        raise Refused(f"Package {line.body['PackageLabel']} does not exist.")
    return package


def _list_as_transferred(
    act: Act, delivery: Record, transfer: Record, line: Record, package: Record
) -> None:
    price = line.facts.get("price")
    row = blank(
        "transferred",
        PackageId=package.id,
        RecipientFacilityLicenseNumber=delivery.body["RecipientFacilityLicenseNumber"],
        RecipientFacilityName=delivery.body["RecipientFacilityName"],
        ManifestNumber=transfer.body["ManifestNumber"],
        PackageLabel=package.body["Label"],
        ExternalId=package.body["ExternalId"],
        SourceHarvestNames=package.body["SourceHarvestNames"],
        SourcePackageLabels=package.body["SourcePackageLabels"],
        ProductName=package.body["Item"]["Name"],
        ProductCategoryName=package.body["Item"]["ProductCategoryName"],
        ItemStrainName=package.body["Item"]["StrainName"],
        LabTestingStateName=package.body["LabTestingState"],
        ShippedQuantity=line.body["ShippedQuantity"],
        ShippedUnitOfMeasureAbbreviation=package.body["UnitOfMeasureAbbreviation"],
        ShipperWholesalePrice=None if price is None else plain(price),
        ReceivedQuantity=line.body["ReceivedQuantity"],
        ReceivedUnitOfMeasureAbbreviation=package.body["UnitOfMeasureAbbreviation"],
        ShipmentPackageStateName="Accepted",
        ActualDepartureDateTime=delivery.body["ActualDepartureDateTime"],
        ReceivedDateTime=moment_text(act.now),
    )
    act.add(Record("transferred", row, license_number=transfer.license_number))


def _reject(act: Act, line: Record, rejection: Any) -> None:
    if not isinstance(rejection, dict):
        raise Refused(f"reject: {rejection!r} is not an object with a reason.")
    reason = text_of(rejection, "reason")
    line.list_name = "Rejected"
    line.body["ShipmentPackageState"] = "Rejected"
    line.facts["reject_reason"] = reason
    act.save(line)
    keep(act, _shipped(act, line))
    act.effect(
        "package rejected",
        label=line.body["PackageLabel"],
        license=act.license_number,
        reason=reason,
    )


def give_back(act: Act, delivery_id: int, labels: list[str]) -> None:
    """Take rejected packages back into the shipper's active list."""
    delivery, transfer = open_delivery(act, delivery_id)
    if transfer.license_number != act.license_number:
        raise Refused(f"deliveryId: delivery {delivery_id} was not shipped by the licence.")
    lines = act.store.select(Query("delivery_packages", parent=delivery_id))
    by_label = {line.body["PackageLabel"]: line for line in lines}
    for label in labels:
        line = by_label.get(label.upper())
        if line is None or line.list_name != "Rejected":
            raise Refused(f"labels: package {label} is not waiting to be taken back.")
        line.list_name = "Returned"
        line.body["ShipmentPackageState"] = "Returned"
        act.save(line)
        package = _shipped(act, line)
        package.list_name = "active"
        keep(act, package)
        act.effect("package returned", label=label.upper(), license=act.license_number)
    stamp = moment_text(act.now)
    delivery.body["ActualReturnArrivalDateTime"] = stamp
    transfer.body["ActualReturnArrivalDateTime"] = stamp
    waiting = [line for line in by_label.values() if line.list_name == "Rejected"]
    delivery.body["RejectedPackagesReturned"] = not waiting
    act.save(delivery)
    publish(act, transfer)
