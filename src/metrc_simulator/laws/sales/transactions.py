"""What is sold of a package: the quantity leaves it, and comes back when the sale is undone."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from metrc_simulator.act import Act, Refused, converted, number_of, optional_text, rows_of, text_of
from metrc_simulator.laws.creation import take
from metrc_simulator.laws.growing import one_of, optional_number
from metrc_simulator.laws.packages import keep, writable
from metrc_simulator.records import Record
from metrc_simulator.shapes import blank
from metrc_simulator.wire import moment_text, plain

_FLAG_OF_CUSTOMER = {
    "Consumer": "CanSellToConsumers",
    "Patient": "CanSellToPatients",
    "Caregiver": "CanSellToCaregivers",
    "ExternalPatient": "CanSellToExternalPatients",
    "NonResidentConsumer": "RetailSalesToNonResidentConsumer",
}
_MONEY = (
    "Price",
    "ExciseTax",
    "CityTax",
    "CountyTax",
    "MunicipalTax",
    "DiscountAmount",
    "SubTotal",
    "SalesTax",
)


def local_moment(body: dict[str, Any], name: str) -> str:
    """Return a facility's local time as METRC prints it, without a zone; Refused otherwise."""
    text = text_of(body, name)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Refused(f"{name} is not a valid date and time.") from None
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds")


def optional_local_moment(body: dict[str, Any], name: str) -> str | None:
    """Return a facility's local time, or None when it is absent; Refused when misspelt."""
    return None if body.get(name) is None else local_moment(body, name)


def customer_of(act: Act, body: dict[str, Any]) -> dict[str, Any]:
    """Return who bought: type and patient; Refused for a type this facility may not sell to."""
    known: list[str] = act.profile.rows("customer_types")
    kind = one_of(text_of(body, "SalesCustomerType"), known, "Sales Customer Type")
    flags = act.facility().body["FacilityType"]
    if not flags[_FLAG_OF_CUSTOMER[kind]]:
        raise Refused(f"This Facility cannot sell to Customer Type {kind}.")
    patient = optional_text(body, "PatientLicenseNumber")
    if kind == "Patient" and patient is None and flags["SalesRequirePatientNumber"]:
        raise Refused("PatientLicenseNumber was not specified.")
    return {"SalesCustomerType": kind, "PatientLicenseNumber": patient}


def sell(act: Act, body: dict[str, Any], sold_as: str) -> list[dict[str, Any]]:
    """Take what the transactions of a request name out of their packages; returns their rows.

    A label may stand in one transaction only (NY sandbox 2026-09).
    """
    sold = []
    for row in wanted(body):
        package = writable(act, text_of(row, "PackageLabel"))
        take(act, package, in_unit_of(act, package, row), sold_as)
        sold.append(sale_row(act, package, row))
    return sold


def wanted(body: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the transactions of a request; Refused when there are none or a label stands twice."""
    rows = rows_of(body, "Transactions")
    if not rows:
        raise Refused("Transactions were not specified.")
    labels = [text_of(row, "PackageLabel").lower() for row in rows]
    for label in labels:
        if labels.count(label) > 1:
            raise Refused(f"Package {label.upper()} was specified more than once.")
    for row in rows:
        if number_of(row, "Quantity") <= 0:
            raise Refused("Quantity must be greater than zero.")
        if number_of(row, "TotalAmount") < 0:
            raise Refused("TotalAmount must not be below zero.")
        for name in _MONEY:
            optional_number(row, name)
    return rows


def in_unit_of(
    act: Act, package: Record, row: dict[str, Any], quantity: str = "Quantity", unit: str = ""
) -> Decimal:
    """Return a row's quantity in the package's own unit; Refused when the units do not fit."""
    asked = act.unit(text_of(row, unit or "UnitOfMeasure"))
    own = act.unit(package.body["UnitOfMeasureName"])
    return converted(number_of(row, quantity), asked, own)


def sale_row(act: Act, package: Record, row: dict[str, Any]) -> dict[str, Any]:
    """Return a transaction as the sale shows it.

    METRC's samples leave the list empty; the fields are those of its other sold packages.
    """
    asked = act.unit(text_of(row, "UnitOfMeasure"))
    item = package.body["Item"]
    return blank(
        "sale_transaction",
        PackageId=package.id,
        PackageLabel=package.body["Label"],
        ProductName=item["Name"],
        ProductCategoryName=item["ProductCategoryName"],
        ItemStrainName=item["StrainName"],
        ItemUnitWeight=item["UnitWeight"],
        ItemUnitWeightUnitOfMeasureName=item["UnitWeightUnitOfMeasureName"],
        QuantitySold=number_of(row, "Quantity"),
        UnitOfMeasureName=asked.name,
        UnitOfMeasureAbbreviation=asked.abbreviation,
        TotalPrice=number_of(row, "TotalAmount"),
        RecordedDateTime=moment_text(act.now),
        RecordedByUserName=act.user_name,
        LastModified=moment_text(act.now),
    )


def totals(sold: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the sums that a sale shows above its transactions."""
    price = sum((row["TotalPrice"] for row in sold), Decimal(0))
    return {"TotalPackages": len(sold), "TotalPrice": plain(price), "Transactions": sold}


def give_back(act: Act, sold: list[dict[str, Any]]) -> None:
    """Return everything sold to the packages it came from."""
    for row in sold:
        package = writable(act, row["PackageLabel"])
        quantity = in_unit_of(
            act,
            package,
            {"Quantity": row["QuantitySold"], "UnitOfMeasure": row["UnitOfMeasureName"]},
        )
        put_back(act, package, quantity)


def put_back(act: Act, package: Record, quantity: Decimal) -> None:
    """Return a quantity, in the package's own unit, to the package."""
    package.body["Quantity"] = plain(package.body["Quantity"] + quantity)
    keep(act, package)
    act.effect("quantity restored", label=package.body["Label"], quantity=quantity)
