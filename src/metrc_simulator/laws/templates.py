"""Outgoing transfer templates: stored wishes, which move nothing until a person registers them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from metrc_simulator.act import Act, Refused, id_of, optional_text, rows_of, text_of
from metrc_simulator.records import Query, Record
from metrc_simulator.shapes import blank
from metrc_simulator.wire import decimal_of, moment_text

_PARTS = ("template_packages", "template_transporters", "template_details")
_UNSET = "0001-01-01T00:00:00.000"


def create_template(act: Act, body: dict[str, Any]) -> int:
    """Store a template and return its id."""
    template = Record(
        "templates",
        blank("transfer", CreatedDateTime=moment_text(act.now), CreatedByUserName=act.user_name),
        license_number=act.license_number,
    )
    _fill(act, template, body)
    act.add(template)
    _write_deliveries(act, template, body)
    act.effect("template created", id=template.id, name=template.body["Name"])
    return template.id


def update_template(act: Act, body: dict[str, Any]) -> None:
    """Replace a template whole."""
    template = act.own("templates", id_of(body, "TransferTemplateId"))
    _fill(act, template, body)
    act.save(template)
    _remove_deliveries(act, template)
    _write_deliveries(act, template, body)
    act.effect("template updated", id=template.id, name=template.body["Name"])


def remove_template(act: Act, template_id: int) -> None:
    """Delete a template and its parts."""
    template = act.own("templates", template_id)
    _remove_deliveries(act, template)
    act.store.remove(template)
    act.effect("template deleted", id=template_id, name=template.body["Name"])


def _fill(act: Act, template: Record, body: dict[str, Any]) -> None:
    destinations = rows_of(body, "Destinations")
    if not destinations:
        raise Refused("Destinations were not specified.")
    most = act.profile.switches["destinations_per_manifest_at_most"]
    if len(destinations) > most:
        raise Refused(f"A manifest may have {most} destination at most.")
    for destination in destinations:
        check_destination(act, destination)
        for package in rows_of(destination, "Packages"):
            act.package(text_of(package, "PackageLabel"))
    shipper = act.facility()
    template.label = text_of(body, "Name")
    template.body.update(
        Name=template.label,
        ShipperFacilityLicenseNumber=act.license_number,
        ShipperFacilityName=shipper.body["Name"],
        DeliveryCount=len(destinations),
        PackageCount=sum(len(rows_of(one, "Packages")) for one in destinations),
        **carrier_fields(act, body, destinations[0]),
    )
    template.facts["request"] = body


def check_destination(act: Act, destination: dict[str, Any]) -> None:
    """Check one destination of a template or manifest; Refused with the field that is wrong."""
    recipient = act.facility(text_of(destination, "RecipientLicenseNumber"))
    kind = transfer_type(act, text_of(destination, "TransferTypeName"))
    _check_parties(act, kind, recipient)
    for name in ("EstimatedDepartureDateTime", "EstimatedArrivalDateTime"):
        local_time(destination, name)
    most = act.profile.switches["transporters_per_manifest_at_most"]
    transporters = rows_of(destination, "Transporters")
    if len(transporters) > most:
        raise Refused(f"A manifest may have {most} transporter at most.")
    for transporter in transporters:
        act.facility(text_of(transporter, "TransporterFacilityLicenseNumber"))
    packages = rows_of(destination, "Packages")
    labels = [text_of(package, "PackageLabel").upper() for package in packages]
    for label in labels:
        if labels.count(label) > 1:
            raise Refused(f"Package {label} is listed more than once.")
    for package in packages:
        price = package.get("WholesalePrice")
        if price is not None and decimal_of(price) is None:
            raise Refused("WholesalePrice is not valid.")
        if kind.get("price") and price is None:
            raise Refused(f"WholesalePrice was not specified for {package['PackageLabel']}.")


def transfer_type(act: Act, name: str) -> dict[str, Any]:
    """Return a transfer type of the profile by name; Refused when unknown."""
    found: dict[str, Any] | None = act.profile.transfer_types.get(name.lower())
    if found is None:
        raise Refused(f'Transfer Type "{name}" is not valid.')
    return found


def _check_parties(act: Act, kind: dict[str, Any], recipient: Record) -> None:
    shipper_type = act.facility().facts["type"]
    if shipper_type not in kind.get("shippers", [shipper_type]):
        raise Refused(f"Transfer Type {kind['name']} is not available to a {shipper_type}.")
    recipient_type = recipient.facts["type"]
    if recipient_type not in kind.get("recipients", [recipient_type]):
        raise Refused(f"Transfer Type {kind['name']} cannot go to a {recipient_type}.")


def local_time(body: dict[str, Any], name: str) -> str:
    """Return a facility-local date-time as METRC keeps it, or its `not set` value."""
    value = optional_text(body, name)
    if value is None:
        return _UNSET
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise Refused(f"{name} is not a valid date and time.") from None
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds")


def carrier_fields(
    act: Act, body: dict[str, Any], destination: dict[str, Any]
) -> dict[str, str | None]:
    """Return the transporter, driver and vehicle fields of a transfer row.

    METRC's body carries them at the top, per transporter and per detail: the most exact wins.
    """
    transporters = rows_of(destination, "Transporters")
    levels = [body, *transporters[:1]]
    if transporters:
        levels += rows_of(transporters[0], "TransporterDetails")[:1]
    found: dict[str, str | None] = {}
    for name in (
        "TransporterFacilityLicenseNumber",
        "DriverName",
        "DriverOccupationalLicenseNumber",
        "DriverLicenseNumber",
        "VehicleMake",
        "VehicleModel",
        "VehicleLicensePlateNumber",
    ):
        values = [optional_text(level, name) for level in levels]
        found[name] = next((value for value in reversed(values) if value), None)
    license_number = found["TransporterFacilityLicenseNumber"]
    found["TransporterFacilityName"] = (
        act.facility(license_number).body["Name"] if license_number else None
    )
    found["DriverVehicleLicenseNumber"] = found.pop("DriverLicenseNumber")
    return found


def delivery_row(act: Act, destination: dict[str, Any]) -> dict[str, Any]:
    """Return the delivery row of one destination."""
    recipient = act.facility(text_of(destination, "RecipientLicenseNumber"))
    kind = transfer_type(act, text_of(destination, "TransferTypeName"))
    return blank(
        "delivery",
        RecipientFacilityLicenseNumber=recipient.body["License"]["Number"],
        RecipientFacilityName=recipient.body["Name"],
        ShipmentTypeName=kind["name"],
        ShipmentTransactionType=kind["transaction"],
        InvoiceNumber=optional_text(destination, "InvoiceNumber"),
        EstimatedDepartureDateTime=local_time(destination, "EstimatedDepartureDateTime"),
        EstimatedArrivalDateTime=local_time(destination, "EstimatedArrivalDateTime"),
        PlannedRoute=optional_text(destination, "PlannedRoute"),
        DeliveryPackageCount=len(rows_of(destination, "Packages")),
    )


def write_carriers(
    act: Act, kinds: tuple[str, str], delivery_id: int, carrier: dict[str, str | None]
) -> None:
    """Store the transporter row and its detail row of a delivery, if a transporter is named."""
    if carrier["TransporterFacilityLicenseNumber"] is None:
        return
    act.add(
        Record(
            kinds[0],
            {
                "ShipmentDeliveryId": delivery_id,
                "TransporterFacilityLicenseNumber": carrier["TransporterFacilityLicenseNumber"],
                "TransporterFacilityName": carrier["TransporterFacilityName"],
                "TransporterDirection": "Outbound",
            },
            parent=delivery_id,
        )
    )
    detail = blank("transporter_detail", ShipmentDeliveryId=delivery_id)
    detail.update((name, carrier[name]) for name in detail if name in carrier)
    act.add(Record(kinds[1], detail, parent=delivery_id))


def package_line(package: Record) -> dict[str, Any]:
    """Return the row a package has inside a delivery."""
    line = blank("delivery_package")
    item = package.body["Item"]
    for name in line:
        if name in package.body:
            line[name] = package.body[name]
        elif name.startswith("Item") and name.removeprefix("Item") in item:
            line[name] = item[name.removeprefix("Item")]
    line.update(
        PackageId=package.id,
        PackageLabel=package.body["Label"],
        ItemCategoryName=item["ProductCategoryName"],
        ItemBrandName=item["ItemBrandName"],
        ShippedUnitOfMeasureName=package.body["UnitOfMeasureName"],
    )
    return line


def _write_deliveries(act: Act, template: Record, body: dict[str, Any]) -> None:
    for destination in rows_of(body, "Destinations"):
        delivery = act.add(
            Record("template_deliveries", delivery_row(act, destination), parent=template.id)
        )
        carrier = carrier_fields(act, body, destination)
        write_carriers(act, ("template_transporters", "template_details"), delivery.id, carrier)
        for asked in rows_of(destination, "Packages"):
            package = act.package(text_of(asked, "PackageLabel"))
            line = package_line(package)
            line["ShippedQuantity"] = None
            act.add(Record("template_packages", line, parent=delivery.id))


def _remove_deliveries(act: Act, template: Record) -> None:
    for delivery in act.store.select(Query("template_deliveries", parent=template.id)):
        for kind in _PARTS:
            for part in act.store.select(Query(kind, parent=delivery.id)):
                act.store.remove(part)
        act.store.remove(delivery)
