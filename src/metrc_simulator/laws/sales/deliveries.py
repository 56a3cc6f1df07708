"""Deliveries to customers: goods leave at once, and what the customer refuses comes back."""

from __future__ import annotations

from typing import Any

from metrc_simulator.act import Act, Refused, id_of, rows_of, text_of
from metrc_simulator.laws.growing import one_of
from metrc_simulator.laws.packages import writable
from metrc_simulator.laws.sales.addresses import (
    driver_and_vehicle,
    planned_times,
    recipient,
    transporter,
)
from metrc_simulator.laws.sales.transactions import (
    give_back,
    in_unit_of,
    local_moment,
    put_back,
    sell,
    totals,
)
from metrc_simulator.records import Record
from metrc_simulator.shapes import blank
from metrc_simulator.wire import moment_text


def record_delivery(act: Act, body: dict[str, Any]) -> int:
    """Record a delivery: its goods leave their packages. Returns the delivery's id."""
    fields = _fields(act, body)
    number = f"{act.store.next_number('sales_delivery'):010d}"
    facility = act.facility()
    row = blank(
        "sales_delivery",
        DeliveryNumber=number,
        FacilityLicenseNumber=act.license_number,
        FacilityName=facility.body["Name"],
        ShipperFacilityLicenseNumber=act.license_number,
        RecordedDateTime=moment_text(act.now),
        RecordedByUserName=act.user_name,
        **fields,
        **totals(sell(act, body, f"delivery {number}")),
    )
    delivery = act.add(
        Record("sales_deliveries", row, license_number=act.license_number, label=number)
    )
    act.effect("delivery recorded", id=delivery.id, number=number, price=row["TotalPrice"])
    return delivery.id


def _fields(act: Act, body: dict[str, Any]) -> dict[str, Any]:
    carrier = text_of(body, "TransporterFacilityLicenseNumber")
    return {
        "SalesDateTime": local_moment(body, "SalesDateTime"),
        **transporter(act, carrier),
        **driver_and_vehicle(body),
        **recipient(act, body),
        **planned_times(body),
    }


def update_delivery(act: Act, body: dict[str, Any]) -> None:
    """Replace a delivery that has not left: its goods come back, then the new ones leave."""
    delivery = _open(act, id_of(body, "Id"))
    if delivery.body["ActualDepartureDateTime"] is not None:
        raise Refused(f"Delivery {delivery.body['DeliveryNumber']} has departed.")
    fields = _fields(act, body)
    give_back(act, delivery.body["Transactions"])
    sold = sell(act, body, f"delivery {delivery.body['DeliveryNumber']}")
    delivery.body.update(fields, **totals(sold))
    act.save(delivery)
    act.effect("delivery updated", id=delivery.id, price=delivery.body["TotalPrice"])


def _open(act: Act, delivery_id: int) -> Record:
    delivery = act.own("sales_deliveries", delivery_id)
    if delivery.list_name != "active":
        raise Refused(f"Delivery {delivery.body['DeliveryNumber']} is not active.")
    return delivery


def void_delivery(act: Act, delivery_id: int) -> None:
    """Void an active delivery: all of its goods come back."""
    delivery = _open(act, delivery_id)
    give_back(act, delivery.body["Transactions"])
    delivery.body.update(VoidedDate=act.now.date().isoformat(), SalesDeliveryState="Voided")
    delivery.list_name = "inactive"
    act.save(delivery)
    act.effect("delivery voided", id=delivery.id)


def complete_delivery(act: Act, body: dict[str, Any]) -> None:
    """Settle a delivery: each of its packages was accepted, or comes back as counted."""
    delivery = _open(act, id_of(body, "Id"))
    arrived = local_moment(body, "ActualArrivalDateTime")
    sold = {row["PackageLabel"]: row for row in delivery.body["Transactions"]}
    accepted = body.get("AcceptedPackages") or []
    returned = rows_of(body, "ReturnedPackages")
    if not isinstance(accepted, list):
        raise Refused("AcceptedPackages is not valid.")
    named = [str(label).upper() for label in accepted]
    named += [text_of(row, "Label").upper() for row in returned]
    if sorted(named) != sorted(sold):
        raise Refused(
            f"Delivery {delivery.body['DeliveryNumber']} has the packages "
            f"{', '.join(sorted(sold))}; each must be accepted or returned, once."
        )
    for row in returned:
        _take_back(act, row, sold[text_of(row, "Label").upper()])
    if body.get("PaymentType") is not None:
        delivery.facts["payment_type"] = payment_type(act, body)
    for label in named[: len(accepted)]:
        sold[label]["SalesDeliveryState"] = "Accepted"
    delivery.body.update(
        ActualArrivalDateTime=arrived,
        CompletedDateTime=moment_text(act.now),
        SalesDeliveryState="Completed",
        Transactions=list(sold.values()),
    )
    delivery.list_name = "inactive"
    act.save(delivery)
    act.effect("delivery completed", id=delivery.id, accepted=named[: len(accepted)])


def _take_back(act: Act, row: dict[str, Any], sold: dict[str, Any]) -> None:
    reasons = act.profile.rows("delivery_return_reasons")
    reason = one_of(text_of(row, "ReturnReason"), [one["name"] for one in reasons], "Return Reason")
    package = writable(act, sold["PackageLabel"])
    back = in_unit_of(act, package, row, "ReturnQuantityVerified", "ReturnUnitOfMeasure")
    went = in_unit_of(
        act,
        package,
        {"Quantity": sold["QuantitySold"], "UnitOfMeasure": sold["UnitOfMeasureName"]},
    )
    if not 0 <= back <= went:
        raise Refused(f"Package {package.label.upper()} cannot return {back}: {went} went out.")
    put_back(act, package, back)
    sold["SalesDeliveryState"] = "Returned"
    act.effect("package returned", label=sold["PackageLabel"], quantity=back, reason=reason)


def payment_type(act: Act, body: dict[str, Any]) -> str:
    """Return the payment type of a request in METRC's spelling; Refused when it is unknown."""
    return one_of(text_of(body, "PaymentType"), act.profile.rows("payment_types"), "Payment Type")
