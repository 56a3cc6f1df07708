"""A delivery carried by a hub: taken over, driven, handed out to a person who was identified."""

from __future__ import annotations

from typing import Any

from metrc_simulator.act import Act, NotYours, Refused, id_of, optional_text, text_of
from metrc_simulator.laws.sales.addresses import driver_and_vehicle, planned_times
from metrc_simulator.laws.sales.deliveries import payment_type
from metrc_simulator.records import Record
from metrc_simulator.wire import moment_text, read_id


def _carried(act: Act, delivery_id: int) -> Record:
    found = act.store.get("sales_deliveries", delivery_id)
    sides = {found.license_number, found.body["TransporterFacilityLicenseNumber"]} if found else ()
    if found is None or act.license_number not in sides:
        raise NotYours(f"sales delivery {delivery_id}")
    if found.list_name != "active":
        raise Refused(f"Delivery {found.body['DeliveryNumber']} is not active.")
    return found


def change_transporter(act: Act, body: dict[str, Any]) -> None:
    """Say which facility, driver and vehicle carry a delivery."""
    delivery = _carried(act, id_of(body, "Id"))
    text = text_of(body, "TransporterFacilityId")
    facility = act.store.get("facilities", read_id(text))
    if facility is None:
        raise Refused(f"Transporter Facility {text} does not exist.")
    if delivery.body["AcceptedDateTime"] is not None:
        raise Refused(f"Delivery {delivery.body['DeliveryNumber']} is accepted by its hub.")
    delivery.body.update(
        TransporterFacilityId=text,
        TransporterFacilityLicenseNumber=facility.license_number,
        TransporterFacilityName=facility.body["Name"],
        PlannedRoute=optional_text(body, "PlannedRoute"),
        **driver_and_vehicle(body),
        **planned_times(body),
    )
    act.save(delivery)
    act.effect("hub transporter changed", id=delivery.id, transporter=facility.license_number)


def _hub(act: Act, body: dict[str, Any]) -> Record:
    delivery = _carried(act, id_of(body, "Id"))
    if delivery.body["TransporterFacilityLicenseNumber"] != act.license_number:
        raise NotYours(f"sales delivery {delivery.id}")
    return delivery


def accept(act: Act, body: dict[str, Any]) -> None:
    """Take a delivery over as its hub."""
    delivery = _hub(act, body)
    if delivery.body["AcceptedDateTime"] is not None:
        raise Refused(f"Delivery {delivery.body['DeliveryNumber']} is accepted by its hub.")
    delivery.body["AcceptedDateTime"] = moment_text(act.now)
    act.save(delivery)
    act.effect("hub delivery accepted", id=delivery.id)


def depart(act: Act, body: dict[str, Any]) -> None:
    """Let an accepted delivery leave the hub."""
    delivery = _accepted(act, body)
    if delivery.body["ActualDepartureDateTime"] is not None:
        raise Refused(f"Delivery {delivery.body['DeliveryNumber']} has departed.")
    delivery.body["ActualDepartureDateTime"] = moment_text(act.now)
    act.save(delivery)
    act.effect("hub delivery departed", id=delivery.id)


def verify_identity(act: Act, body: dict[str, Any]) -> None:
    """Record that the customer was identified, and how the goods were paid."""
    delivery = _accepted(act, body)
    delivery.facts["identified_at"] = moment_text(act.now)
    delivery.facts["payment_type"] = payment_type(act, body)
    act.save(delivery)
    act.effect("customer identified", id=delivery.id, payment=delivery.facts["payment_type"])


def _accepted(act: Act, body: dict[str, Any]) -> Record:
    delivery = _hub(act, body)
    if delivery.body["AcceptedDateTime"] is None:
        raise Refused(f"Delivery {delivery.body['DeliveryNumber']} is not accepted by its hub.")
    return delivery
