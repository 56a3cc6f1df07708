"""Patients as members of a facility: added, changed, removed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from metrc_simulator.act import Act, NotYours, Refused, date_of, flag_of, optional_text, text_of
from metrc_simulator.laws.growing import optional_number, whole_of
from metrc_simulator.records import Query, Record
from metrc_simulator.shapes import blank

ALLOWANCES = (
    "FlowerOuncesAllowed",
    "ThcOuncesAllowed",
    "ConcentrateOuncesAllowed",
    "InfusedOuncesAllowed",
)


def add_patient(act: Act, body: dict[str, Any]) -> int:
    """Add a patient as a member of this facility; returns the patient's id."""
    number = text_of(body, "LicenseNumber")
    if _member(act, number) is not None:
        raise Refused(f"Patient {number} already exists in the current Facility.")
    row = blank("patient", RegistrationDate=date_of(body, "ActualDate").isoformat())
    patient = Record("patients", row, license_number=act.license_number, label=number)
    _write(patient, body, number)
    act.add(patient)
    # The row calls its id PatientId, which the store does not fill in by itself.
    patient.body["PatientId"] = patient.id
    act.save(patient)
    _count_facilities(act, number)
    act.effect("patient added", id=patient.id, number=number)
    return patient.id


def update_patient(act: Act, body: dict[str, Any]) -> None:
    """Replace what is said of a member, and the licence number where a new one is given."""
    number = text_of(body, "LicenseNumber")
    patient = _member(act, number)
    if patient is None:
        raise Refused(f"Patient {number} does not exist in the current Facility.")
    new = optional_text(body, "NewLicenseNumber") or number
    if new.lower() != number.lower() and _member(act, new) is not None:
        raise Refused(f"Patient {new} already exists in the current Facility.")
    date_of(body, "ActualDate")
    _write(patient, body, new)
    patient.label = new
    act.save(patient)
    for changed in dict.fromkeys((number, new)):
        _count_facilities(act, changed)
    act.effect("patient updated", id=patient.id, number=new)


def remove_patient(act: Act, patient_id: int) -> None:
    """End a membership."""
    patient = act.own("patients", patient_id)
    if patient.list_name != "active":
        raise NotYours(f"patient {patient_id}")
    patient.list_name = "inactive"
    act.save(patient)
    _count_facilities(act, patient.label)
    act.effect("patient removed", id=patient.id)


def _member(act: Act, number: str) -> Record | None:
    found = act.store.find("patients", number, act.license_number)
    return found if found is not None and found.list_name == "active" else None


def _write(patient: Record, body: dict[str, Any], number: str) -> None:
    start = date_of(body, "LicenseEffectiveStartDate")
    end = date_of(body, "LicenseEffectiveEndDate")
    if end < start:
        raise Refused("LicenseEffectiveEndDate is before LicenseEffectiveStartDate.")
    plants = whole_of(body, "RecommendedPlants")
    quantity = optional_number(body, "RecommendedSmokableQuantity") or Decimal("0.0")
    if plants < 0 or quantity < 0:
        raise Refused("RecommendedPlants and RecommendedSmokableQuantity must not be negative.")
    patient.body.update(
        LicenseNumber=number,
        LicenseEffectiveStartDate=start.isoformat(),
        LicenseEffectiveEndDate=end.isoformat(),
        RecommendedPlants=plants,
        RecommendedSmokableQuantity=quantity,
        HasSalesLimitExemption=flag_of(body, "HasSalesLimitExemption"),
    )
    patient.facts["allowed"] = {name: _ounces(body, name) for name in ALLOWANCES}


def _ounces(body: dict[str, Any], name: str) -> Decimal | None:
    value = body.get(name)
    # Documented as a text; clients send a number as well.
    if isinstance(value, str):
        try:
            value = Decimal(value)
        except ArithmeticError:
            raise Refused(f"{name} is not valid.") from None
    ounces = optional_number({name: value}, name)
    if ounces is not None and ounces < 0:
        raise Refused(f"{name} is not valid.")
    return ounces


def _count_facilities(act: Act, number: str) -> None:
    members = [
        row
        for row in act.store.select(Query("patients", list_name="active"))
        if row.label.lower() == number.lower()
    ]
    for member in members:
        others = len(members) - 1
        if member.body["OtherFacilitiesCount"] != others:
            member.body["OtherFacilitiesCount"] = others
            act.save(member)
