"""A retailer's vehicle: loaded from packages, selling from its load, unloaded at the end.

What is loaded leaves its package; what is sold on the way is taken from the load.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from metrc_simulator.act import Act, Refused, id_of, rows_of, text_of
from metrc_simulator.laws.sales.addresses import driver_and_vehicle
from metrc_simulator.laws.sales.destinations import add_destination, sums
from metrc_simulator.laws.sales.load import load, unload, unload_all
from metrc_simulator.laws.sales.transactions import local_moment
from metrc_simulator.records import Record
from metrc_simulator.shapes import blank
from metrc_simulator.wire import moment_text


def record(act: Act, body: dict[str, Any]) -> int:
    """Load a vehicle and plan its first stops; returns the retailer delivery's id."""
    number = f"{act.store.next_number('retailer_delivery'):010d}"
    row = blank(
        "retailer_delivery",
        RetailerDeliveryNumber=number,
        FacilityLicenseNumber=act.license_number,
        FacilityName=act.facility().body["Name"],
        AllowFullEdit=True,
        RecordedDateTime=moment_text(act.now),
        RecordedByUserName=act.user_name,
        TotalPriceSold=Decimal("0.0"),
        **_fields(body),
    )
    delivery = Record("retailer_deliveries", row, license_number=act.license_number, label=number)
    _fill(act, delivery, body)
    act.add(delivery)
    act.effect("retailer delivery recorded", id=delivery.id, number=number)
    return delivery.id


def _fields(body: dict[str, Any]) -> dict[str, Any]:
    people = driver_and_vehicle(body)
    vehicle = (people["VehicleMake"], people["VehicleModel"], people["VehicleLicensePlateNumber"])
    return {
        "DateTime": local_moment(body, "DateTime"),
        "EstimatedDepartureDateTime": local_moment(body, "EstimatedDepartureDateTime"),
        "VehicleInfo": " ".join(vehicle),
        **people,
    }


def _fill(act: Act, delivery: Record, body: dict[str, Any]) -> None:
    for line in rows_of(body, "Packages"):
        load(act, delivery, line)
    for stop in rows_of(body, "Destinations"):
        add_destination(act, delivery, stop)
    sums(delivery)


def update(act: Act, body: dict[str, Any]) -> int:
    """Replace a delivery that has not left: everything is unloaded, then loaded anew."""
    delivery = open_delivery(act, id_of(body, "Id"))
    if delivery.body["ActualDepartureDateTime"] is not None:
        raise Refused(f"Retailer Delivery {delivery.label} has departed.")
    fields = _fields(body)
    unload_all(act, delivery, with_sold=True)
    delivery.body.update(fields, Packages=[], Destinations=[])
    _fill(act, delivery, body)
    act.save(delivery)
    act.effect("retailer delivery updated", id=delivery.id)
    return delivery.id


def open_delivery(act: Act, delivery_id: int) -> Record:
    """Return an active retailer delivery of this licence; Refused or NotYours otherwise."""
    delivery = act.own("retailer_deliveries", delivery_id)
    if delivery.list_name != "active":
        raise Refused(f"Retailer Delivery {delivery.label} is not active.")
    return delivery


def void(act: Act, delivery_id: int) -> None:
    """Void an active delivery: all of its goods come back, the sold ones too."""
    delivery = open_delivery(act, delivery_id)
    unload_all(act, delivery, with_sold=True)
    delivery.body.update(VoidedDate=act.now.date().isoformat(), RetailerDeliveryState="Voided")
    delivery.list_name = "inactive"
    act.save(delivery)
    act.effect("retailer delivery voided", id=delivery.id)


def depart(act: Act, body: dict[str, Any]) -> None:
    """Let the vehicle leave."""
    delivery = open_delivery(act, id_of(body, "RetailerDeliveryId"))
    if delivery.body["ActualDepartureDateTime"] is not None:
        raise Refused(f"Retailer Delivery {delivery.label} has departed.")
    delivery.body.update(
        ActualDepartureDateTime=moment_text(act.now),
        AllowFullEdit=False,
        Leg=delivery.body["Leg"] + 1,
    )
    act.save(delivery)
    act.effect("retailer delivery departed", id=delivery.id)


def restock(act: Act, body: dict[str, Any]) -> int:
    """Load more onto the vehicle, or take packages off it, for its next leg; returns its id."""
    delivery = open_delivery(act, id_of(body, "RetailerDeliveryId"))
    lines = rows_of(body, "Packages")
    if not lines:
        raise Refused("Packages were not specified.")
    for line in lines:
        if line.get("RemoveCurrentPackage") is True:
            unload(act, delivery, text_of(line, "PackageLabel"), None)
        else:
            load(act, delivery, line)
    delivery.body.update(
        DateTime=local_moment(body, "DateTime"),
        EstimatedDepartureDateTime=local_moment(body, "EstimatedDepartureDateTime"),
        ActualDepartureDateTime=None,
        RestockDateTime=moment_text(act.now),
    )
    sums(delivery)
    act.save(delivery)
    act.effect("retailer delivery restocked", id=delivery.id)
    return delivery.id


def sell_on_the_way(act: Act, body: dict[str, Any]) -> int:
    """Sell from the load of a vehicle that has left; returns the id of the new destination."""
    delivery = open_delivery(act, id_of(body, "RetailerDeliveryId"))
    if delivery.body["ActualDepartureDateTime"] is None:
        raise Refused(f"Retailer Delivery {delivery.label} has not departed.")
    made = add_destination(act, delivery, body)
    sums(delivery)
    act.save(delivery)
    return made


def end(act: Act, body: dict[str, Any]) -> int:
    """Bring the vehicle home: every package left on it comes back as counted; returns its id."""
    delivery = open_delivery(act, id_of(body, "RetailerDeliveryId"))
    arrived = local_moment(body, "ActualArrivalDateTime")
    for line in rows_of(body, "Packages"):
        unload(act, delivery, text_of(line, "Label"), line)
    left = [row["PackageLabel"] for row in delivery.body["Packages"] if row["Quantity"] > 0]
    if left:
        raise Refused(f"Packages were not specified: {', '.join(left)} is still on the vehicle.")
    unload_all(act, delivery, with_sold=False)
    delivery.body.update(
        CompletedDateTime=arrived, RetailerDeliveryState="Completed", AllowFullEdit=False
    )
    delivery.list_name = "inactive"
    act.save(delivery)
    act.effect("retailer delivery ended", id=delivery.id)
    return delivery.id
