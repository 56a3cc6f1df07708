"""A tagged plant: found by tag or id, moved, given another tag or strain, grown into a phase."""

from __future__ import annotations

from typing import Any

from metrc_simulator.act import Act, Refused, optional_text, text_of
from metrc_simulator.laws.growing import (
    count_of,
    day_of,
    one_of,
    refuse_held,
    stand,
    strain_of,
    whole_of,
)
from metrc_simulator.laws.plant_batches.details import new_plant_tag
from metrc_simulator.laws.tags import use_tag
from metrc_simulator.records import Record

_PHASE_DATES = {
    "Vegetative": "VegetativeDate",
    "Flowering": "FloweringDate",
    "Mother": "MotherPlantDate",
}


def plant_named(act: Act, label: str) -> Record:
    """Return a plant of this licence that grows and may be changed; Refused otherwise."""
    found = act.store.find("plants", label, act.license_number)
    if found is None:
        raise Refused(f"Plant {label} does not exist in the current Facility.")
    if found.body["State"] != "Tracked":
        raise Refused(f"Plant {found.body['Label']} is {found.body['State'].lower()}.")
    refuse_held(found, f"Plant {found.body['Label']}")
    return found


def plant_of(act: Act, body: dict[str, Any]) -> Record:
    """Return the plant a request names by Label or by Id; Refused or NotYours otherwise."""
    label = optional_text(body, "Label")
    if label is not None:
        return plant_named(act, label)
    return plant_named(act, act.own("plants", whole_of(body, "Id")).body["Label"])


def phases(act: Act) -> list[str]:
    """Return the growth phases of this facility: Mother is one where its flag says so."""
    flags = act.facility().body["FacilityType"]
    known = list(_PHASE_DATES)
    return known if flags["CanTrackMotherPlantsAsGrowthPhase"] else known[:2]


def move(act: Act, body: dict[str, Any]) -> None:
    """Move a plant to another location of the facility."""
    plant = plant_of(act, body)
    day_of(body, "ActualDate")
    sublocation = optional_text(body, "Sublocation")
    stand(act, plant.body, text_of(body, "Location"), sublocation, "ForPlants")
    act.save(plant)
    act.effect("plant moved", label=plant.body["Label"], location=plant.body["LocationName"])


def change_growth_phase(act: Act, body: dict[str, Any]) -> None:
    """Grow a plant into another phase, with a new tag where one is given."""
    plant = plant_of(act, body)
    phase = one_of(text_of(body, "GrowthPhase"), phases(act), "Growth Phase")
    day = day_of(body, "GrowthDate")
    label = optional_text(body, "NewTag")
    if label is not None:
        _tag(act, plant, label.upper())
    sublocation = optional_text(body, "NewSublocation")
    stand(act, plant.body, optional_text(body, "NewLocation"), sublocation, "ForPlants")
    plant.body["GrowthPhase"] = phase
    plant.body[_PHASE_DATES[phase]] = day
    plant.list_name = phase.lower()
    if phase == "Mother":
        plant.body.update(ClonedCount=0, SurvivedCount=0, DescendedCount=0)
    act.save(plant)
    act.effect("growth phase changed", label=plant.body["Label"], phase=phase)


def replace_tag(act: Act, body: dict[str, Any]) -> None:
    """Give a plant another tag; the old one stays used."""
    plant = plant_of(act, body)
    day_of(body, "ReplaceDate")
    _tag(act, plant, new_plant_tag(act, body))
    act.save(plant)


def _tag(act: Act, plant: Record, label: str) -> None:
    use_tag(act, label, "plant")
    act.effect("plant tagged anew", old=plant.body["Label"], label=label)
    plant.body["Label"] = plant.label = label


def change_strain(act: Act, body: dict[str, Any]) -> None:
    """Change the strain of a plant."""
    plant = plant_of(act, body)
    strain = strain_of(act, body)
    plant.body.update(StrainId=strain.id, StrainName=strain.body["Name"])
    act.save(plant)
    act.effect("strain changed", label=plant.body["Label"], strain=strain.body["Name"])


def plants_under(plant: Record) -> int:
    """Return how many plants one tag stands for; METRC shows this number nowhere."""
    return int(plant.facts.get("plant_count", 1))


def merge(act: Act, body: dict[str, Any]) -> None:
    """Put the plants of one tag under another; the first tag ends."""
    target = plant_named(act, text_of(body, "TargetPlantGroupLabel"))
    source = plant_named(act, text_of(body, "SourcePlantGroupLabel"))
    day_of(body, "MergeDate")
    if target.id == source.id:
        raise Refused(f"Plant {target.body['Label']} cannot be merged with itself.")
    for field in ("StrainId", "GrowthPhase", "LocationId"):
        if target.body[field] != source.body[field]:
            raise Refused(
                f"Plants {target.body['Label']} and {source.body['Label']} differ in {field}."
            )
    target.facts["plant_count"] = plants_under(target) + plants_under(source)
    source.facts["plant_count"] = 0
    source.body["State"] = "Merged"
    source.list_name = "mother_inactive" if source.list_name == "mother" else "inactive"
    act.save(source)
    act.save(target)
    act.effect("plants merged", source=source.body["Label"], target=target.body["Label"])


def split(act: Act, body: dict[str, Any]) -> int:
    """Put some of the plants of one tag under a tag of their own; returns the new plant's id."""
    source = plant_named(act, text_of(body, "SourcePlantLabel"))
    count = count_of(body, "PlantCount")
    day_of(body, "SplitDate")
    if count >= plants_under(source):
        raise Refused(
            f"Plant {source.body['Label']} stands for {plants_under(source)} plants; "
            f"{count} cannot be split off."
        )
    label = text_of(body, "TagLabel").upper()
    use_tag(act, label, "plant")
    strain = optional_text(body, "StrainLabel")
    row = {**source.body, "Label": label}
    if strain is not None:
        found = strain_of(act, {"StrainName": strain})
        row.update(StrainId=found.id, StrainName=found.body["Name"])
    made = act.add(
        Record(
            "plants",
            row,
            license_number=act.license_number,
            label=label,
            list_name=source.list_name,
            parent=source.parent,
            facts={"plant_count": count},
        )
    )
    source.facts["plant_count"] = plants_under(source) - count
    act.save(source)
    act.effect("plants split", source=source.body["Label"], label=label, count=count)
    return made.id


def adjust_count(act: Act, body: dict[str, Any]) -> None:
    """Change how many plants one tag stands for by a signed number; at least one must be left."""
    plant = plant_of(act, body)
    change = whole_of(body, "AdjustCount")
    text_of(body, "AdjustReason")
    day_of(body, "AdjustmentDate")
    count = plants_under(plant) + change
    if count < 1:
        raise Refused(f"Plant {plant.body['Label']} cannot be adjusted below one plant.")
    plant.facts["plant_count"] = count
    act.save(plant)
    act.effect("plant count adjusted", label=plant.body["Label"], change=change, count=count)
