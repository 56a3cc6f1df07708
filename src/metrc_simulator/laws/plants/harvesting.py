"""Plants that give weight to a harvest: once and for all, or trimmed while they grow."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from metrc_simulator.act import Act, converted, optional_text, text_of
from metrc_simulator.laws.growing import count_of, day_of, weight_of
from metrc_simulator.laws.harvests.weights import Gift, add_weight, harvest_for
from metrc_simulator.laws.plants.tracked import plant_named
from metrc_simulator.records import Record
from metrc_simulator.wire import plain


def harvest(act: Act, body: dict[str, Any]) -> int:
    """Harvest a whole plant; returns the harvest's id, once for every plant that joins it.

    METRC's page shows no answer here; a live one has the ids (MA sandbox 2025-12).
    """
    plant = plant_named(act, text_of(body, "Plant"))
    found = _give(act, plant, body, "WholePlant", "H", 1)
    day = day_of(body, "ActualDate")
    plant.body.update(State="Harvested", HarvestedDate=day)
    plant.list_name = "mother_inactive" if plant.list_name == "mother" else "inactive"
    act.save(plant)
    act.effect("plant harvested", label=plant.body["Label"], harvest=found.body["Name"])
    return found.id


def manicure(act: Act, body: dict[str, Any]) -> int:
    """Take trim from a plant that goes on growing; returns the harvest's id."""
    plant = plant_named(act, text_of(body, "Plant"))
    count = count_of(body, "PlantCount") if body.get("PlantCount") else 1
    found = _give(act, plant, body, "Manicure", "M", count)
    act.save(plant)
    act.effect("plant manicured", label=plant.body["Label"], harvest=found.body["Name"])
    return found.id


def _give(
    act: Act, plant: Record, body: dict[str, Any], kind: str, ending: str, plants: int
) -> Record:
    weight, unit_name = weight_of(act, body, "Weight", "UnitOfWeight")
    gift = Gift(
        kind,
        optional_text(body, "HarvestName"),
        ending,
        text_of(body, "DryingLocation"),
        optional_text(body, "DryingSublocation"),
        day_of(body, "ActualDate"),
        unit_name,
        optional_text(body, "PatientLicenseNumber"),
    )
    found = harvest_for(act, gift)
    add_weight(act, found, plant, weight, unit_name, plants)
    _tell(act, plant, found, weight, unit_name)
    return found


def _tell(act: Act, plant: Record, found: Record, weight: Decimal, unit_name: str) -> None:
    unit = act.unit(found.body["UnitOfWeightName"])
    given = converted(weight, act.unit(unit_name), unit)
    plant.body.update(
        HarvestId=found.id,
        HarvestedUnitOfWeightName=unit.name,
        HarvestedUnitOfWeightAbbreviation=unit.abbreviation,
        HarvestedWetWeight=plain((plant.body["HarvestedWetWeight"] or Decimal(0)) + given),
        HarvestCount=plant.body["HarvestCount"] + 1,
    )
