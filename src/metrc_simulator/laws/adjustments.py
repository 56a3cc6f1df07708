"""Adjustments: POST adds a signed change, PUT sets the final quantity."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from metrc_simulator.act import Act, Refused, converted, date_of, number_of, optional_text, text_of
from metrc_simulator.laws.packages import keep, writable
from metrc_simulator.records import Record
from metrc_simulator.shapes import blank
from metrc_simulator.wire import plain


def adjust_by(act: Act, body: dict[str, Any]) -> int:
    """Change a package's quantity by the signed quantity given; returns the adjustment's id."""
    package, quantity = _request(act, body)
    return _adjust(act, package, body, quantity)


def adjust_to(act: Act, body: dict[str, Any]) -> None:
    """Set a package's quantity to the quantity given."""
    package, quantity = _request(act, body)
    _adjust(act, package, body, quantity - package.body["Quantity"])


def _request(act: Act, body: dict[str, Any]) -> tuple[Record, Decimal]:
    package = writable(act, text_of(body, "Label"))
    unit = act.unit(text_of(body, "UnitOfMeasure"))
    own_unit = act.unit(package.body["UnitOfMeasureName"])
    return package, converted(number_of(body, "Quantity"), unit, own_unit)


def _adjust(act: Act, package: Record, body: dict[str, Any], change: Decimal) -> int:
    reason = act.profile.reasons.get(text_of(body, "AdjustmentReason").lower())
    if reason is None:
        raise Refused(f'Adjustment Reason "{body["AdjustmentReason"]}" is not valid.')
    note = optional_text(body, "ReasonNote")
    if reason["requires_note"] and note is None:
        raise Refused(f"A note is required for Adjustment Reason {reason['name']}.")
    day = date_of(body, "AdjustmentDate")
    quantity = plain(package.body["Quantity"] + change)
    if quantity < 0 and not act.profile.switches["negative_balance_allowed"]:
        raise Refused(f"Package {package.body['Label']} cannot be adjusted below zero.")
    package.body["Quantity"] = quantity
    package.facts["touched"] = True
    keep(act, package)
    row = blank(
        "adjustment",
        PackageId=package.id,
        PackageLabel=package.body["Label"],
        ItemName=package.body["Item"]["Name"],
        ItemCategoryName=package.body["Item"]["ProductCategoryName"],
        AdjustmentQuantity=plain(change),
        AdjustmentUnitOfMeasureName=package.body["UnitOfMeasureName"],
        AdjustmentUnitOfMeasureAbbreviation=package.body["UnitOfMeasureAbbreviation"],
        AdjustmentReasonName=reason["name"],
        AdjustmentNote=note or "",
        AdjustmentDate=f"{day.isoformat()}T00:00:00Z",
        PackagedDate=f"{package.body['PackagedDate']}T00:00:00Z",
        AdjustedByUserName=act.user_name,
        PackageLabTestResultExpirationDateTime=package.body["LabTestResultExpirationDateTime"],
    )
    adjustment = act.add(Record("adjustments", row, license_number=act.license_number))
    act.effect(
        "package adjusted",
        label=package.body["Label"],
        change=plain(change),
        quantity=quantity,
        reason=reason["name"],
        note=note,
    )
    return adjustment.id
