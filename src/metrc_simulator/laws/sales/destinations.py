"""The stops of a retailer's vehicle: who bought what of its load."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from metrc_simulator.act import Act, text_of
from metrc_simulator.laws.sales.addresses import recipient
from metrc_simulator.laws.sales.load import draw
from metrc_simulator.laws.sales.transactions import (
    in_unit_of,
    local_moment,
    optional_local_moment,
    sale_row,
    totals,
    wanted,
)
from metrc_simulator.records import Record
from metrc_simulator.shapes import blank
from metrc_simulator.wire import moment_text, plain

_FROM_VEHICLE = (
    "DriverEmployeeId",
    "DriverName",
    "DriversLicenseNumber",
    "VehicleMake",
    "VehicleModel",
    "VehicleLicensePlateNumber",
)


def add_destination(act: Act, delivery: Record, stop: dict[str, Any]) -> int:
    """Add a stop: what it buys is taken from the load. Returns the stop's own id."""
    sold = []
    for line in wanted(stop):
        package = act.package(text_of(line, "PackageLabel"))
        draw(delivery, package.body["Label"], in_unit_of(act, package, line))
        sold.append(sale_row(act, package, line))
    number = act.store.next_number("retailer_destination")
    given = optional_local_moment(stop, "SalesDateTime")
    departure = optional_local_moment(stop, "EstimatedDepartureDateTime")
    row = blank(
        "sales_delivery",
        Id=number,
        DeliveryNumber=f"{number:010d}",
        FacilityLicenseNumber=act.license_number,
        FacilityName=delivery.body["FacilityName"],
        SalesDateTime=_said(given) or delivery.body["DateTime"],
        EstimatedDepartureDateTime=_said(departure) or delivery.body["EstimatedDepartureDateTime"],
        EstimatedArrivalDateTime=local_moment(stop, "EstimatedArrivalDateTime"),
        RecordedDateTime=moment_text(act.now),
        RecordedByUserName=act.user_name,
        LastModified=moment_text(act.now),
        **{name: delivery.body[name] for name in _FROM_VEHICLE},
        **recipient(act, stop),
        **totals(sold),
    )
    delivery.body["Destinations"] = [*delivery.body["Destinations"], row]
    act.effect("destination added", delivery=delivery.label, id=number, price=row["TotalPrice"])
    return number


def _said(moment: str | None) -> str | None:
    # METRC's samples print the first moment of year 1 where nothing is said.
    return None if moment is None or moment.startswith("0001-") else moment


def sums(delivery: Record) -> None:
    """Write the number of packages, their price and what was sold of it above the load."""
    row = delivery.body
    stops, load = row["Destinations"], row["Packages"]
    row["TotalPackages"] = len([one for one in load if one["Quantity"] > 0])
    row["TotalPrice"] = plain(sum((one["TotalPrice"] for one in load), Decimal(0)))
    row["TotalPriceSold"] = plain(sum((stop["TotalPrice"] for stop in stops), Decimal(0)))
