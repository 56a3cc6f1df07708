"""What the state answers about a patient or a caregiver: allowances, purchases, what is left."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from metrc_simulator.act import Act, converted
from metrc_simulator.laws.patients.members import ALLOWANCES
from metrc_simulator.records import Query, Record
from metrc_simulator.shapes import blank
from metrc_simulator.wire import plain

# Which allowance an item counts against, by the type of its category. THC in ounces is counted
# by no rule that METRC publishes, so nothing counts against it.
_ALLOWANCE_OF = {
    "Buds": "Flower",
    "ShakeTrim": "Flower",
    "Concentrate": "Concentrate",
    "InfusedEdible": "Infused",
    "InfusedNonEdible": "Infused",
}
_PURCHASE_DAYS = 30


def patient_status(act: Act, number: str) -> list[dict[str, Any]]:
    """Return what the state knows of a patient: one row, or none when nobody registered them."""
    known = [
        row for row in act.store.select(Query("patients")) if row.label.lower() == number.lower()
    ]
    if not known:
        return []
    patient = known[-1]
    bought = _bought(act, patient)
    row = blank(
        "patient_status",
        PatientLicenseNumber=patient.body["LicenseNumber"],
        RegistrationNumber=patient.body["LicenseNumber"],
        Active=any(one.list_name == "active" for one in known)
        and patient.body["LicenseEffectiveEndDate"] >= act.now.date().isoformat(),
        PurchaseAmountDays=Decimal(_PURCHASE_DAYS),
        PatientLicenseExpirationDate=patient.body["LicenseEffectiveEndDate"],
        PatientRegistrationStartDate=patient.body["LicenseEffectiveStartDate"],
    )
    for name in ALLOWANCES:
        kind = name.removesuffix("OuncesAllowed")
        allowed = patient.facts["allowed"][name] or Decimal(0)
        row[name] = plain(allowed)
        row[f"{kind}OuncesPurchased"] = plain(bought[kind])
        row[f"{kind}OuncesAvailable"] = plain(max(allowed - bought[kind], Decimal(0)))
    return [row]


def _bought(act: Act, patient: Record) -> dict[str, Decimal]:
    sums = dict.fromkeys(("Flower", "Thc", "Concentrate", "Infused"), Decimal(0))
    since = act.now - timedelta(days=_PURCHASE_DAYS)
    for receipt in act.store.select(Query("receipts")):
        row = receipt.body
        sold_at = datetime.fromisoformat(row["SalesDateTime"]).replace(tzinfo=since.tzinfo)
        mine = (row["PatientLicenseNumber"] or "").lower() == patient.label.lower()
        if not mine or row["ArchivedDate"] is not None or sold_at < since:
            continue
        for line in row["Transactions"]:
            category = act.profile.categories.get((line["ProductCategoryName"] or "").lower(), {})
            kind = _ALLOWANCE_OF.get(category.get("type", ""))
            if kind is not None:
                sums[kind] += _ounces(act, line)
    return sums


def _ounces(act: Act, line: dict[str, Any]) -> Decimal:
    ounces = act.unit("Ounces")
    unit = act.unit(line["UnitOfMeasureName"])
    quantity: Decimal = line["QuantitySold"]
    if unit.quantity_type == "CountBased" and line["ItemUnitWeight"] is not None:
        each = act.unit(line["ItemUnitWeightUnitOfMeasureName"] or "Grams")
        return converted(quantity * Decimal(line["ItemUnitWeight"]), each, ounces)
    if unit.quantity_type == "WeightBased":
        return converted(quantity, unit, ounces)
    return Decimal(0)


def register_caregiver(act: Act, number: str, patients: list[str]) -> Record:
    """Make a caregiver known to the state, which no call of the API does."""
    row = blank(
        "caregiver_status", CaregiverLicenseNumber=number, Active=True, Patients=list(patients)
    )
    found = act.add(Record("caregivers", row, label=number))
    act.effect("caregiver registered", number=number)
    return found
