"""What every law of growing asks: days, counts, locations, strains, reasons and methods."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from metrc_simulator.act import Act, Refused, date_of, number_of, optional_text, text_of
from metrc_simulator.records import Record
from metrc_simulator.wire import decimal_of


def day_of(body: dict[str, Any], name: str) -> str:
    """Return a date as `YYYY-MM-DD`; of a date-time only its date counts. Refused otherwise."""
    value = body.get(name)
    # METRC's samples of growing carry a time with some of the dates.
    if isinstance(value, str) and "T" in value:
        value = value.partition("T")[0]
    return date_of({name: value}, name).isoformat()


def count_of(body: dict[str, Any], name: str) -> int:
    """Return a whole number above zero; Refused otherwise."""
    number = whole_of(body, name)
    if number <= 0:
        raise Refused(f"{name} must be greater than zero.")
    return number


def whole_of(body: dict[str, Any], name: str) -> int:
    """Return a whole number that must be there, of either sign; Refused otherwise."""
    number = number_of(body, name)
    if number != int(number):
        raise Refused(f"{name} must be a whole number.")
    return int(number)


def weight_of(act: Act, body: dict[str, Any], name: str, unit_field: str) -> tuple[Decimal, str]:
    """Return a weight above zero and the name of its unit; Refused otherwise."""
    weight = number_of(body, name)
    if weight <= 0:
        raise Refused(f"{name} must be greater than zero.")
    unit = act.unit(text_of(body, unit_field))
    if unit.quantity_type != "WeightBased":
        raise Refused(f"Unit of Measure {unit.name} is not a unit of weight.")
    return weight, unit.name


def labels_of(body: dict[str, Any], name: str) -> list[str]:
    """Return a list of labels, each once; Refused when it is missing, empty or something else."""
    labels = body.get(name)
    if not isinstance(labels, list) or not labels:
        raise Refused(f"{name} was not specified.")
    if not all(isinstance(label, str) for label in labels):
        raise Refused(f"{name} is not valid.")
    return list(dict.fromkeys(labels))


def one_of(value: str, known: list[str], what: str) -> str:
    """Return `value` in METRC's spelling; Refused when it is not one of `known`."""
    for name in known:
        if name.lower() == value.lower():
            return name
    raise Refused(f'{what} "{value}" is not valid. Valid values are: {", ".join(known)}')


def location_named(act: Act, name: str, suits: str) -> Record:
    """Return an active location of this licence whose type takes what stands there."""
    found = act.store.find("locations", name, act.license_number)
    if found is None or found.list_name != "active":
        raise Refused(f'Location "{name}" is not valid.')
    if not found.body[suits]:
        raise Refused(f'Location "{found.body["Name"]}" does not take {suits[3:]}.')
    return found


def stand(
    act: Act, row: dict[str, Any], location: str | None, sublocation: str | None, suits: str
) -> None:
    """Write a location and what lies inside it into a row of plants or plant batches.

    `suits` is the flag of the location's type, such as `ForPlants`. Without a location the row
    keeps the one it has.
    """
    if location is not None:
        found = location_named(act, location, suits)
        row["LocationId"] = found.id
        row["LocationName"] = found.body["Name"]
        row["LocationTypeName"] = found.body["LocationTypeName"]
        row["SublocationId"] = row["SublocationName"] = None
    if sublocation is not None:
        inside = sublocation_named(act, sublocation)
        row["SublocationId"] = inside.id
        row["SublocationName"] = inside.body["Name"]


def sublocation_named(act: Act, name: str) -> Record:
    """Return an active sublocation of this licence; Refused otherwise."""
    found = act.store.find("sublocations", name, act.license_number)
    if found is None or found.list_name != "active":
        raise Refused(f'Sublocation "{name}" is not valid.')
    return found


def strain_named(act: Act, name: str) -> Record:
    """Return an active strain of this licence by name; Refused otherwise."""
    found = act.store.find("strains", name, act.license_number)
    if found is None or found.list_name != "active":
        raise Refused(f'Strain "{name}" does not exist in the current Facility.')
    return found


def strain_of(act: Act, body: dict[str, Any]) -> Record:
    """Return the strain a request names by StrainName or by StrainId, and mark it as used."""
    name = optional_text(body, "StrainName")
    if name is not None:
        return use_strain(act, strain_named(act, name))
    number = whole_of(body, "StrainId")
    found = act.store.get("strains", number)
    if found is None or found.license_number != act.license_number or found.list_name != "active":
        raise Refused(f"Strain {number} does not exist in the current Facility.")
    return use_strain(act, found)


def use_strain(act: Act, strain: Record) -> Record:
    """Mark a strain as used, which METRC shows, and return it."""
    if not strain.body["IsUsed"]:
        strain.body["IsUsed"] = True
        act.save(strain)
    return strain


def waste_reason(act: Act, body: dict[str, Any], name: str, note: str) -> dict[str, Any]:
    """Return the plant waste reason a request names; Refused without the note it asks for."""
    wanted = text_of(body, name)
    rows: list[dict[str, Any]] = act.profile.rows("plant_waste_reasons")
    spelled = one_of(wanted, [row["name"] for row in rows], "Waste Reason")
    reason = next(row for row in rows if row["name"] == spelled)
    if reason["requires_note"] and optional_text(body, note) is None:
        raise Refused(f"A note is required for Waste Reason {spelled}.")
    return reason


def waste_method(act: Act, name: str) -> str:
    """Return a waste method for plants in METRC's spelling; Refused when it is unknown."""
    rows = act.profile.rows("waste_methods")
    return one_of(name, [row["name"] for row in rows if row["plants"]], "Waste Method")


def optional_number(body: dict[str, Any], name: str) -> Decimal | None:
    """Return a number field or None when it is absent; Refused when it is something else."""
    if body.get(name) is None:
        return None
    if decimal_of(body[name]) is None:
        raise Refused(f"{name} is not valid.")
    return number_of(body, name)


def refuse_held(row: Record, what: str) -> None:
    """Refuse to change what the regulator holds."""
    if row.body["IsOnHold"]:
        raise Refused(f"{what} is on hold and cannot be changed.")


def set_hold(act: Act, row: Record, on: bool) -> None:
    """Set or lift the regulator's hold on a plant, a plant batch or a harvest."""
    row.body["IsOnHold"] = on
    row.mark = ("mother_hold" if row.list_name.startswith("mother") else "hold") if on else ""
    act.save(row)
    act.effect("hold set" if on else "hold lifted", kind=row.kind, id=row.id)
