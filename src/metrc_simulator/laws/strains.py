"""Strains: unique names per facility, archived rather than deleted."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from metrc_simulator.act import Act, Refused, id_of, optional_text, text_of
from metrc_simulator.laws.growing import one_of, optional_number
from metrc_simulator.records import Query, Record
from metrc_simulator.shapes import blank

_STATUSES = ["None", "InHouse", "ThirdParty"]
_LIVING = (
    ("plant_batches", "active"),
    ("plants", "vegetative"),
    ("plants", "flowering"),
    ("plants", "mother"),
)


def create_strain(act: Act, body: dict[str, Any]) -> int:
    """Make a strain and return its id."""
    name = text_of(body, "Name")
    _refuse_double(act, name, None)
    row = blank("strain", Name=name, **_contents(body))
    strain = act.add(Record("strains", row, license_number=act.license_number, label=name))
    act.effect("strain created", id=strain.id, name=name)
    return strain.id


def update_strain(act: Act, body: dict[str, Any]) -> None:
    """Replace a strain; what the request leaves out becomes empty."""
    strain = act.own("strains", id_of(body, "Id"))
    name = text_of(body, "Name")
    _refuse_double(act, name, strain.id)
    strain.body.update(Name=name, **_contents(body))
    strain.label = name
    act.save(strain)
    act.effect("strain updated", id=strain.id, name=name)


def archive_strain(act: Act, strain_id: int) -> None:
    """Move a strain to the inactive list; Refused while something of it grows."""
    strain = act.own("strains", strain_id)
    name = strain.body["Name"]
    if strain.list_name != "active":
        raise Refused(f"Strain {name} is not active.")
    for kind, list_name in _LIVING:
        for row in act.store.select(Query(kind, act.license_number, list_name)):
            if row.body["StrainId"] == strain_id:
                what = row.label.upper()
                raise Refused(f"Strain {name} cannot be archived because {what} is of it.")
    strain.list_name = "inactive"
    act.save(strain)
    act.effect("strain archived", id=strain.id, name=name)


def _contents(body: dict[str, Any]) -> dict[str, Any]:
    indica = _percentage(body, "IndicaPercentage")
    sativa = _percentage(body, "SativaPercentage")
    if indica + sativa not in (0, 100):
        raise Refused("IndicaPercentage and SativaPercentage must add up to 100.")
    status = optional_text(body, "TestingStatus") or "None"
    return {
        "TestingStatus": one_of(status, _STATUSES, "Testing Status"),
        "ThcLevel": optional_number(body, "ThcLevel"),
        "CbdLevel": optional_number(body, "CbdLevel"),
        "IndicaPercentage": indica,
        "SativaPercentage": sativa,
        "Genetics": f"{indica:f}".removesuffix(".0")
        + "% Indica / "
        + f"{sativa:f}".removesuffix(".0")
        + "% Sativa",
    }


def _percentage(body: dict[str, Any], name: str) -> Decimal:
    value = optional_number(body, name)
    if value is None:
        return Decimal("0.0")
    if not 0 <= value <= 100:
        raise Refused(f"{name} must lie between 0 and 100.")
    return value.quantize(Decimal("0.1"))


def _refuse_double(act: Act, name: str, own_id: int | None) -> None:
    found = act.store.find("strains", name, act.license_number)
    if found is not None and found.list_name == "active" and found.id != own_id:
        raise Refused(f'Strain "{name}" already exists in the current Facility.')
