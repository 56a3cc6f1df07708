"""Plants that end as waste, and waste of plants that go on growing."""

from __future__ import annotations

from typing import Any

from metrc_simulator.act import Act, Refused, optional_text, text_of
from metrc_simulator.laws.growing import (
    day_of,
    labels_of,
    location_named,
    waste_method,
    waste_reason,
    weight_of,
    whole_of,
)
from metrc_simulator.laws.plant_waste import Waste, record_waste
from metrc_simulator.laws.plants.tracked import plant_named, plant_of, plants_under
from metrc_simulator.records import Query, Record

_GROWING = ("vegetative", "flowering", "mother")


def destroy(act: Act, body: dict[str, Any]) -> int:
    """Destroy a plant, or so many of the plants under its tag, with its waste.

    A Count of 0 means all of them (METRC's sample). Returns the plant's id.
    """
    plant = plant_of(act, body)
    reason = waste_reason(act, body, "WasteReasonName", "ReasonNote")
    weight, unit = weight_of(act, body, "WasteWeight", "WasteUnitOfMeasureName")
    day = day_of(body, "ActualDate")
    count = whole_of({"Count": body.get("Count") or 0}, "Count")
    if not 0 <= count <= plants_under(plant):
        raise Refused(
            f"Plant {plant.body['Label']} stands for {plants_under(plant)} plants, not {count}."
        )
    method = waste_method(act, text_of(body, "WasteMethodName"))
    left = plants_under(plant) - (count or plants_under(plant))
    if left:
        plant.facts["plant_count"] = left
    else:
        _end(act, plant, day, optional_text(body, "ReasonNote"))
    act.save(plant)
    record_waste(act, Waste(weight, unit, reason["name"], day, method, [plant]))
    act.effect("plants destroyed", label=plant.body["Label"], left=left)
    return plant.id


def _end(act: Act, plant: Record, day: str, note: str | None) -> None:
    plant.body.update(
        State="Destroyed",
        DestroyedDate=day,
        DestroyedNote=note,
        DestroyedByUserName=act.user_name,
    )
    plant.list_name = "mother_inactive" if plant.list_name == "mother" else "inactive"


def waste(act: Act, body: dict[str, Any]) -> int:
    """Record waste of named plants, or of every plant of a location; returns the waste's id."""
    weight, unit = weight_of(act, body, "WasteWeight", "UnitOfMeasureName")
    reason = waste_reason(act, body, "ReasonName", "Note")
    made = Waste(
        weight,
        unit,
        reason["name"],
        day_of(body, "WasteDate"),
        waste_method(act, text_of(body, "WasteMethodName")),
        _wasted(act, body),
    )
    return record_waste(act, made).id


def _wasted(act: Act, body: dict[str, Any]) -> list[Record]:
    if body.get("PlantLabels"):
        return [plant_named(act, label) for label in labels_of(body, "PlantLabels")]
    location = location_named(act, text_of(body, "LocationName"), "ForPlants")
    found = [
        plant
        for list_name in _GROWING
        for plant in act.store.select(Query("plants", act.license_number, list_name))
        if plant.body["LocationId"] == location.id
    ]
    if not found:
        raise Refused(f'Location "{location.body["Name"]}" has no plants.')
    return found
