"""The weights of a harvest: what came in wet, what went to waste, what is left."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from metrc_simulator.act import (
    Act,
    NotYours,
    Refused,
    converted,
    id_of,
    optional_text,
    text_of,
)
from metrc_simulator.laws.growing import (
    day_of,
    location_named,
    one_of,
    refuse_held,
    sublocation_named,
    weight_of,
)
from metrc_simulator.records import Record
from metrc_simulator.shapes import blank
from metrc_simulator.wire import plain


@dataclass(frozen=True)
class Gift:
    """What a plant says of the harvest it joins; without a name METRC makes one."""

    kind: str
    name: str | None
    ending: str
    location: str
    sublocation: str | None
    day: str
    unit_name: str
    patient: str | None


def harvest_for(act: Act, gift: Gift) -> Record:
    """Return the harvest a plant joins: one of the same name, kind and day, or a new one."""
    location = location_named(act, gift.location, "ForHarvests")
    name = gift.name or f"{gift.day}-{location.body['Name']}-{gift.ending}"
    found = act.store.find("harvests", name, act.license_number)
    if found is None:
        row = blank(
            "harvest",
            Name=name,
            HarvestType=gift.kind,
            UnitOfWeightName=gift.unit_name,
            HarvestStartDate=gift.day,
            PatientLicenseNumber=gift.patient,
        )
        dry(act, row, gift.location, gift.sublocation)
        found = act.add(Record("harvests", row, license_number=act.license_number, label=name))
        act.effect("harvest started", id=found.id, name=name)
        return found
    if found.list_name != "active":
        raise Refused(f"Harvest {name} is finished.")
    refuse_held(found, f"Harvest {name}")
    if (found.body["HarvestType"], found.body["HarvestStartDate"]) != (gift.kind, gift.day):
        raise Refused(f"Harvest {name} is of another day or kind.")
    return found


def dry(act: Act, row: dict[str, Any], location: str, sublocation: str | None) -> None:
    """Write where a harvest dries into its row."""
    found = location_named(act, location, "ForHarvests")
    inside = sublocation_named(act, sublocation) if sublocation else None
    row.update(
        DryingLocationId=found.id,
        DryingLocationName=found.body["Name"],
        DryingLocationTypeName=found.body["LocationTypeName"],
        DryingSublocationId=inside.id if inside else 0,
        DryingSublocationName=inside.body["Name"] if inside else None,
    )


def add_weight(
    act: Act, harvest: Record, plant: Record, weight: Decimal, unit_name: str, plants: int
) -> None:
    """Add a plant's wet weight, in the unit of the harvest."""
    row = harvest.body
    given = converted(weight, act.unit(unit_name), act.unit(row["UnitOfWeightName"]))
    row["TotalWetWeight"] = plain(row["TotalWetWeight"] + given)
    row["CurrentWeight"] = plain(row["CurrentWeight"] + given)
    row["PlantCount"] += plants
    strains = harvest.facts.setdefault("strains", [])
    if plant.body["StrainName"] not in strains:
        strains.append(plant.body["StrainName"])
    row["SourceStrainCount"] = len(strains)
    row["SourceStrainNames"] = ", ".join(strains)
    harvest.facts.setdefault("plants", []).append({"id": plant.id, "weight": given})
    act.save(harvest)
    act.effect("weight harvested", name=row["Name"], plant=plant.body["Label"], weight=given)


def harvest_of(act: Act, number: int) -> Record:
    """Return an active harvest of this licence by id; Refused or NotYours otherwise."""
    found = act.own("harvests", number)
    name = found.body["Name"]
    if found.list_name != "active":
        raise Refused(f"Harvest {name} is finished.")
    refuse_held(found, f"Harvest {name}")
    return found


def harvest_named(act: Act, body: dict[str, Any], id_field: str, name_field: str) -> Record:
    """Return the active harvest that a request names by id or by name."""
    name = optional_text(body, name_field)
    if name is None:
        return harvest_of(act, id_of(body, id_field))
    found = act.store.find("harvests", name, act.license_number)
    if found is None:
        raise Refused(f"Harvest {name} does not exist in the current Facility.")
    return harvest_of(act, found.id)


def draw(harvest: Record, weight: Decimal) -> None:
    """Take a weight, in the unit of the harvest, out of what is left; Refused when too little."""
    row = harvest.body
    left = row["CurrentWeight"] - weight
    if left < 0:
        raise Refused(
            f"Harvest {row['Name']} does not have enough weight: {row['CurrentWeight']} "
            f"{row['UnitOfWeightName']} left, {weight} needed."
        )
    row["CurrentWeight"] = plain(left)


def waste(act: Act, body: dict[str, Any]) -> int:
    """Take waste out of a harvest; returns the id of the waste."""
    harvest = harvest_of(act, id_of(body, "Id"))
    kinds = [row["name"] for row in act.profile.rows("harvest_waste_types")]
    kind = one_of(text_of(body, "WasteType"), kinds, "Waste Type")
    weight, unit_name = weight_of(act, body, "WasteWeight", "UnitOfWeight")
    taken = converted(weight, act.unit(unit_name), act.unit(harvest.body["UnitOfWeightName"]))
    draw(harvest, taken)
    harvest.body["TotalWasteWeight"] = plain(harvest.body["TotalWasteWeight"] + taken)
    act.save(harvest)
    row = blank(
        "harvest_waste",
        WasteTypeName=kind,
        WasteWeight=plain(weight),
        UnitOfWeightName=unit_name,
        ActualDate=day_of(body, "ActualDate"),
    )
    found = act.add(
        Record(
            "harvest_waste",
            row,
            license_number=act.license_number,
            parent=harvest.id,
            facts={"taken": taken},
        )
    )
    act.effect("harvest waste recorded", id=found.id, name=harvest.body["Name"], weight=taken)
    return found.id


def discontinue_waste(act: Act, waste_id: int) -> None:
    """Undo a waste: its weight goes back to the harvest."""
    found = act.own("harvest_waste", waste_id)
    if found.list_name != "active":
        raise NotYours(f"harvest waste {waste_id}")
    harvest = harvest_of(act, found.parent)
    taken = found.facts["taken"]
    harvest.body["CurrentWeight"] = plain(harvest.body["CurrentWeight"] + taken)
    harvest.body["TotalWasteWeight"] = plain(harvest.body["TotalWasteWeight"] - taken)
    act.save(harvest)
    found.list_name = "inactive"
    act.save(found)
    act.effect("harvest waste discontinued", id=found.id, weight=taken)
