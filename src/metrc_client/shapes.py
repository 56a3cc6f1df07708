"""METRC's JSON as frozen dataclasses, METRC's names in our spelling; `raw` keeps all it sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

Row = dict[str, Any]


class BadRow(ValueError):
    """A row lacks what makes it one; the sentence names the record and the field."""


def _required(row: Any, name: str, kind: str) -> Any:
    if not isinstance(row, dict):
        raise BadRow(f"A {kind} row is {type(row).__name__}, not an object.")
    if row.get(name) in (None, ""):
        who = row.get("Label") or row.get("Name") or row.get("Id") or "without a name"
        raise BadRow(f"The {kind} {who} has no {name}.")
    return row[name]


def _text(row: Row, name: str) -> str:
    value = row.get(name)
    return "" if value is None else str(value)


def _number(row: Row, name: str, kind: str) -> Decimal | None:
    value = row.get(name)
    if value is None or value == "":
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation as error:
        who = row.get("Label") or row.get("Id")
        raise BadRow(f"The {kind} {who} has {name} {value!r}, which is no number.") from error
    if not found.is_finite():
        raise BadRow(f"The {kind} {row.get('Label') or row.get('Id')} has {name} {value!r}.")
    return found


def _id(row: Row, name: str, kind: str) -> int | None:
    value = row.get(name)
    if value is None or value == "" or value == 0:
        return None
    if type(value) is int or (isinstance(value, str) and value.isascii() and value.isdigit()):
        return int(value)
    raise BadRow(f"The {kind} has {name} {value!r}, which is no id.")


def _required_id(row: Any, name: str, kind: str) -> int:
    _required(row, name, kind)
    found = _id(row, name, kind)
    if found is None:
        raise BadRow(f"A {kind} row has {name} 0.")
    return found


def read_moment(value: object) -> datetime | None:
    """Return a time METRC wrote, in UTC; None for null, empty, and its year 0001."""
    if not isinstance(value, str) or not value or value.startswith("0001"):
        return None
    try:
        found = datetime.fromisoformat(value)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def read_date(value: object) -> date | None:
    """Return a date METRC wrote; None for null, empty, and its year 0001."""
    moment = read_moment(value)
    return moment.date() if moment else None


@dataclass(frozen=True, kw_only=True)
class Package:
    """A package row of any of METRC's package lists."""

    id: int | None
    label: str
    item_name: str
    quantity: Decimal
    unit: str
    lab_testing_state: str
    location_name: str
    production_batch_number: str
    source_package_labels: tuple[str, ...]
    is_on_hold: bool
    is_on_recall: bool
    is_finished: bool
    is_testing_sample: bool
    received_from_manifest_number: str
    received_from_license_number: str
    received_at: datetime | None
    packaged_date: date | None
    last_modified_at: datetime | None
    raw: Row = field(repr=False)


HOLD_FLAGS = (
    "IsOnHold",
    "IsOnHoldCombined",
    "IsOnInvestigation",
    "IsOnInvestigationHold",
)
RECALL_FLAGS = ("IsOnRecall", "IsOnRecallCombined", "IsOnInvestigationRecall")


def package(row: Any) -> Package:
    """Return a package from METRC's row.

    A row of the transferred list has other names for the same things and is read too.

    :raises BadRow: if it has no label, or a quantity that is none
    """
    if isinstance(row, dict) and "Label" not in row and "PackageLabel" in row:
        row = _as_it_left(row)
    label = str(_required(row, "Label", "package"))
    quantity = _number(row, "Quantity", "package")
    if quantity is None:
        raise BadRow(f"The package {label} has no Quantity.")
    item = row.get("Item") if isinstance(row.get("Item"), dict) else {}
    return Package(
        id=_id(row, "Id", f"package {label}"),
        label=label,
        item_name=_text(item, "Name") or _text(row, "ItemName") or _text(row, "ProductName"),
        quantity=quantity,
        unit=_text(row, "UnitOfMeasureName"),
        lab_testing_state=_text(row, "LabTestingState"),
        location_name=_text(row, "LocationName"),
        production_batch_number=_text(row, "ProductionBatchNumber"),
        source_package_labels=_labels(row.get("SourcePackageLabels")),
        is_on_hold=any(row.get(flag) is True for flag in HOLD_FLAGS),
        is_on_recall=any(row.get(flag) is True for flag in RECALL_FLAGS),
        is_finished=read_date(row.get("FinishedDate")) is not None,
        is_testing_sample=row.get("IsTestingSample") is True,
        received_from_manifest_number=_text(row, "ReceivedFromManifestNumber"),
        received_from_license_number=_text(row, "ReceivedFromFacilityLicenseNumber"),
        received_at=read_moment(row.get("ReceivedDateTime")),
        packaged_date=read_date(row.get("PackagedDate")),
        last_modified_at=read_moment(row.get("LastModified")),
        raw=row,
    )


# METRC's transferred list gives the sign of a unit, every other list its name.
UNIT_NAMES = {
    "ea": "Each",
    "g": "Grams",
    "kg": "Kilograms",
    "mg": "Milligrams",
    "oz": "Ounces",
    "lb": "Pounds",
    "fl oz": "Fluid Ounces",
    "gal": "Gallons",
    "l": "Liters",
    "ml": "Milliliters",
    "pt": "Pints",
}


def _as_it_left(row: Row) -> Row:
    """Return a row of the transferred list under the names of the other package lists."""
    sign = _text(row, "ShippedUnitOfMeasureAbbreviation")
    return {
        **row,
        "Id": row.get("PackageId"),
        "Label": row["PackageLabel"],
        "Quantity": row.get("ShippedQuantity"),
        "UnitOfMeasureName": UNIT_NAMES.get(sign, sign),
        "LabTestingState": row.get("LabTestingStateName"),
        # The receiver's moment, not ours: our own receipt of these goods is another thing.
        "ReceivedDateTime": None,
    }


def _labels(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return tuple(str(part) for part in value if part) if isinstance(value, list) else ()


@dataclass(frozen=True, kw_only=True)
class Adjustment:
    """A row of METRC's list of adjustments."""

    label: str
    quantity: Decimal
    unit: str
    reason: str
    note: str
    adjusted_date: date | None
    adjusted_by: str
    raw: Row = field(repr=False)


def adjustment(row: Any) -> Adjustment:
    """Return an adjustment from METRC's row.

    :raises BadRow: if it names no package or no quantity
    """
    name = "PackageLabel" if isinstance(row, dict) and row.get("PackageLabel") else "Label"
    label = str(_required(row, name, "adjustment"))
    quantity = _number(row, "AdjustmentQuantity", "adjustment")
    if quantity is None:
        raise BadRow(f"The adjustment of {label} has no AdjustmentQuantity.")
    return Adjustment(
        label=label,
        quantity=quantity,
        unit=_text(row, "AdjustmentUnitOfMeasureName") or _text(row, "UnitOfMeasureName"),
        reason=_text(row, "AdjustmentReasonName"),
        note=_text(row, "AdjustmentNote"),
        adjusted_date=read_date(row.get("AdjustmentDate")),
        adjusted_by=_text(row, "AdjustedByUserName"),
        raw=row,
    )


@dataclass(frozen=True, kw_only=True)
class Named:
    """A row that METRC knows by a name and mostly an id: item, location, reason, type, unit."""

    id: int | None
    name: str
    raw: Row = field(repr=False)


def named(row: Any, kind: str) -> Named:
    """Return a named row; METRC sends some lists as bare strings.

    :raises BadRow: if it has no name
    """
    if isinstance(row, str):
        return Named(id=None, name=row, raw={"Name": row})
    name = str(_required(row, "Name", kind))
    return Named(id=_id(row, "Id", kind), name=name, raw=row)


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One delivery of a transfer, seen by shipper or receiver."""

    delivery_id: int
    recipient_license_number: str
    recipient_name: str
    shipment_type: str
    received_at: datetime | None
    departed_at: datetime | None
    departs_at: datetime | None
    arrives_at: datetime | None
    raw: Row = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Transfer:
    """One transfer, seen by shipper or receiver."""

    id: int
    delivery_id: int | None
    manifest_number: str
    shipper_license_number: str
    shipper_name: str
    template_id: int | None
    is_voided: bool
    last_modified_at: datetime | None
    raw: Row = field(repr=False)


def transfer(row: Any) -> Transfer:
    """Return a transfer from METRC's row.

    :raises BadRow: if it has no id
    """
    return Transfer(
        id=_required_id(row, "Id", "transfer"),
        delivery_id=_id(row, "DeliveryId", "transfer"),
        manifest_number=_text(row, "ManifestNumber"),
        shipper_license_number=_text(row, "ShipperFacilityLicenseNumber"),
        shipper_name=_text(row, "ShipperFacilityName"),
        template_id=_id(row, "OriginatingTemplateId", "transfer"),
        is_voided=row.get("IsVoided") is True,
        last_modified_at=read_moment(row.get("LastModified")),
        raw=row,
    )


def delivery(row: Any) -> Delivery:
    """Return a delivery from METRC's row.

    :raises BadRow: if it has no id
    """
    return Delivery(
        delivery_id=_required_id(row, "Id", "delivery"),
        recipient_license_number=_text(row, "RecipientFacilityLicenseNumber"),
        recipient_name=_text(row, "RecipientFacilityName"),
        shipment_type=_text(row, "ShipmentTypeName"),
        received_at=read_moment(row.get("ReceivedDateTime")),
        departed_at=read_moment(row.get("ActualDepartureDateTime")),
        departs_at=read_moment(row.get("EstimatedDepartureDateTime")),
        arrives_at=read_moment(row.get("EstimatedArrivalDateTime")),
        raw=row,
    )


@dataclass(frozen=True, kw_only=True)
class DeliveryPackage:
    """One package of a delivery: shipped, and received or rejected as a whole."""

    label: str
    item_name: str
    shipped_quantity: Decimal | None
    received_quantity: Decimal | None
    unit: str
    shipment_state: str
    wholesale_price: Decimal | None
    raw: Row = field(repr=False)


def delivery_package(row: Any) -> DeliveryPackage:
    """Return a package of a delivery from METRC's row.

    :raises BadRow: if it has no label
    """
    label = str(_required(row, "PackageLabel", "delivery package"))
    return DeliveryPackage(
        label=label,
        item_name=_text(row, "ProductName") or _text(row, "ItemName"),
        shipped_quantity=_number(row, "ShippedQuantity", "delivery package"),
        received_quantity=_number(row, "ReceivedQuantity", "delivery package"),
        unit=_text(row, "ShippedUnitOfMeasureName"),
        shipment_state=_text(row, "ShipmentPackageStateName") or _text(row, "ShipmentPackageState"),
        wholesale_price=_number(row, "ShipperWholesalePrice", "delivery package"),
        raw=row,
    )


@dataclass(frozen=True, kw_only=True)
class LabResult:
    """One test result that METRC publishes."""

    id: int
    label: str
    test_type: str
    value: Decimal | None
    passed: bool
    laboratory_name: str
    released_at: datetime | None
    revoked_at: datetime | None
    document_file_id: int | None
    raw: Row = field(repr=False)


def lab_result(row: Any) -> LabResult:
    """Return a result from METRC's row.

    :raises BadRow: if it has no id
    """
    return LabResult(
        id=_required_id(row, "LabTestResultId", "lab result"),
        label=_text(row, "SourcePackageLabel") or _text(row, "PackageLabel"),
        test_type=_text(row, "TestTypeName"),
        value=_number(row, "TestResultLevel", "lab result"),
        passed=row.get("TestPassed") is True,
        laboratory_name=_text(row, "LabFacilityName"),
        released_at=read_moment(row.get("ResultReleaseDateTime")),
        revoked_at=read_moment(row.get("RevokedDate")),
        document_file_id=_id(row, "LabTestResultDocumentFileId", "lab result"),
        raw=row,
    )
