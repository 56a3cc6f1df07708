"""What stands on a retailer's vehicle, counted in each package's own unit."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from metrc_simulator.act import Act, Refused, number_of, text_of
from metrc_simulator.laws.creation import take
from metrc_simulator.laws.packages import keep, writable
from metrc_simulator.laws.sales.transactions import in_unit_of, put_back
from metrc_simulator.records import Record
from metrc_simulator.shapes import blank
from metrc_simulator.wire import moment_text, plain


def load(act: Act, delivery: Record, line: dict[str, Any]) -> None:
    """Put a quantity of a package onto the vehicle; it leaves the package."""
    package = writable(act, text_of(line, "PackageLabel"))
    quantity = in_unit_of(act, package, line)
    if quantity <= 0:
        raise Refused("Quantity must be greater than zero.")
    price = number_of({"TotalPrice": Decimal(0), **line}, "TotalPrice")
    package.body["IsOnRetailerDelivery"] = True
    take(act, package, quantity, f"retailer delivery {delivery.label}")
    row = loaded(delivery, package.body["Label"])
    if row is None:
        row = _row(act, package)
        delivery.body["Packages"] = [*delivery.body["Packages"], row]
    row["Quantity"] = plain(row["Quantity"] + quantity)
    row["TotalPrice"] = plain(row["TotalPrice"] + price)
    row["LastModified"] = moment_text(act.now)


def loaded(delivery: Record, label: str) -> dict[str, Any] | None:
    """Return the row of a package on the vehicle, or None."""
    rows: list[dict[str, Any]] = delivery.body["Packages"]
    return next((row for row in rows if row["PackageLabel"] == label.upper()), None)


def _row(act: Act, package: Record) -> dict[str, Any]:
    item = package.body["Item"]
    return blank(
        "retailer_delivery_package",
        PackageId=package.id,
        PackageLabel=package.body["Label"],
        ProductName=item["Name"],
        ProductCategoryName=item["ProductCategoryName"],
        ItemStrainName=item["StrainName"],
        ItemUnitWeight=item["UnitWeight"],
        ItemUnitWeightUnitOfMeasureName=item["UnitWeightUnitOfMeasureName"],
        Quantity=Decimal("0.0"),
        UnitOfMeasureName=package.body["UnitOfMeasureName"],
        UnitOfMeasureAbbreviation=package.body["UnitOfMeasureAbbreviation"],
        TotalPrice=Decimal("0.0"),
        RecordedDateTime=moment_text(act.now),
        RecordedByUserName=act.user_name,
        LastModified=moment_text(act.now),
    )


def draw(delivery: Record, label: str, quantity: Decimal) -> None:
    """Take a quantity out of the load; Refused when the vehicle has less."""
    row = loaded(delivery, label)
    left = row["Quantity"] if row else Decimal(0)
    if row is None or left < quantity:
        raise Refused(
            f"Package {label.upper()} has {left} on Retailer Delivery {delivery.label}, "
            f"{quantity} needed."
        )
    row["Quantity"] = plain(left - quantity)


def unload(act: Act, delivery: Record, label: str, counted: dict[str, Any] | None) -> None:
    """Take a package off the vehicle: as counted, or with all that should be there.

    What was counted less than should be there is gone, and the journal says so.
    """
    row = loaded(delivery, label)
    if row is None:
        raise Refused(f"Package {label} is not on Retailer Delivery {delivery.label}.")
    package = act.package(label)
    if package.list_name != "active":
        raise Refused(f"Package {label} is not active.")
    back = row["Quantity"]
    if counted is not None:
        back = in_unit_of(act, package, counted, "EndQuantity", "EndUnitOfMeasure")
    if not 0 <= back <= row["Quantity"]:
        raise Refused(f"Package {label} cannot end with {back}: {row['Quantity']} is left of it.")
    missing = row["Quantity"] - back
    row["Quantity"] = Decimal("0.0")
    row["CompletedDateTime"] = moment_text(act.now)
    package.body["IsOnRetailerDelivery"] = False
    put_back(act, package, back)
    if missing:
        act.effect("quantity missing", label=package.body["Label"], quantity=missing)


def unload_all(act: Act, delivery: Record, with_sold: bool) -> None:
    """Empty the vehicle; `with_sold` gives back what was sold from it too."""
    if with_sold:
        for stop in delivery.body["Destinations"]:
            for sold in stop["Transactions"]:
                row = loaded(delivery, sold["PackageLabel"])
                package = act.package(sold["PackageLabel"])
                asked = {
                    "Quantity": sold["QuantitySold"],
                    "UnitOfMeasure": sold["UnitOfMeasureName"],
                }
                if row is None:
                    put_back(act, package, in_unit_of(act, package, asked))
                else:
                    row["Quantity"] = plain(row["Quantity"] + in_unit_of(act, package, asked))
    for row in delivery.body["Packages"]:
        if row["Quantity"] > 0:
            unload(act, delivery, row["PackageLabel"], None)
    for row in delivery.body["Packages"]:
        _leave(act, row["PackageLabel"])


def _leave(act: Act, label: str) -> None:
    package = act.package(label)
    if package.body["IsOnRetailerDelivery"]:
        package.body["IsOnRetailerDelivery"] = False
        keep(act, package)
