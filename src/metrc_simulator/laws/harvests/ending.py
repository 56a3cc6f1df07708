"""What is done to a harvest as a whole: moved, renamed, finished, reopened, plants taken back."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from metrc_simulator.act import Act, Refused, id_of, optional_text, text_of
from metrc_simulator.laws.growing import day_of, labels_of
from metrc_simulator.laws.harvests.weights import draw, dry, harvest_named, harvest_of
from metrc_simulator.records import Record
from metrc_simulator.wire import plain


def move(act: Act, body: dict[str, Any]) -> int:
    """Move a harvest to another drying location; returns its id."""
    harvest = harvest_named(act, body, "Id", "HarvestName")
    day_of(body, "ActualDate")
    location = text_of(body, "DryingLocation")
    dry(act, harvest.body, location, optional_text(body, "DryingSublocation"))
    act.save(harvest)
    act.effect("harvest moved", id=harvest.id, location=harvest.body["DryingLocationName"])
    return harvest.id


def rename(act: Act, body: dict[str, Any]) -> int:
    """Give a harvest another name; returns its id. Packages keep the name they were made under."""
    harvest = harvest_named(act, body, "Id", "OldName")
    name = text_of(body, "NewName")
    if act.store.find("harvests", name, act.license_number) is not None:
        raise Refused(f'Harvest "{name}" already exists in the current Facility.')
    old = harvest.body["Name"]
    harvest.body["Name"] = harvest.label = name
    act.save(harvest)
    act.effect("harvest renamed", id=harvest.id, old=old, name=name)
    return harvest.id


def finish(act: Act, body: dict[str, Any]) -> int:
    """Finish a harvest: what is left counts as moisture that went; returns its id."""
    harvest = harvest_of(act, id_of(body, "Id"))
    harvest.body["FinishedDate"] = day_of(body, "ActualDate")
    harvest.facts["moisture"] = harvest.body["CurrentWeight"]
    harvest.body["CurrentWeight"] = Decimal("0.0")
    harvest.list_name = "inactive"
    act.save(harvest)
    act.effect("harvest finished", id=harvest.id, moisture=harvest.facts["moisture"])
    return harvest.id


def unfinish(act: Act, body: dict[str, Any]) -> int:
    """Reopen a finished harvest with the weight it had; returns its id."""
    harvest = act.own("harvests", id_of(body, "Id"))
    if harvest.list_name == "active":
        raise Refused(f"Harvest {harvest.body['Name']} is not finished.")
    harvest.body["FinishedDate"] = None
    harvest.body["CurrentWeight"] = harvest.facts.pop("moisture")
    harvest.list_name = "active"
    act.save(harvest)
    act.effect("harvest unfinished", id=harvest.id)
    return harvest.id


def restore_plants(act: Act, body: dict[str, Any]) -> int:
    """Let harvested plants grow again; their weight leaves the harvest. Returns its id."""
    harvest = harvest_of(act, id_of(body, "HarvestId"))
    for label in labels_of(body, "PlantTags"):
        _restore(act, harvest, label)
    act.save(harvest)
    return harvest.id


def _restore(act: Act, harvest: Record, label: str) -> None:
    plant = act.store.find("plants", label, act.license_number)
    given = harvest.facts.get("plants", [])
    mine = [row for row in given if plant is not None and row["id"] == plant.id]
    if plant is None or not mine or plant.body["State"] != "Harvested":
        raise Refused(f"Plant {label} was not harvested in {harvest.body['Name']}.")
    weight = sum((row["weight"] for row in mine), Decimal(0))
    draw(harvest, weight)
    harvest.facts["plants"] = [row for row in given if row["id"] != plant.id]
    row = harvest.body
    row["TotalRestoredWeight"] = plain(row["TotalRestoredWeight"] + weight)
    row["PlantCount"] -= len(mine)
    plant.body.update(
        State="Tracked",
        HarvestId=None,
        HarvestedDate=None,
        HarvestedWetWeight=None,
        HarvestedUnitOfWeightName=None,
        HarvestedUnitOfWeightAbbreviation=None,
        HarvestCount=plant.body["HarvestCount"] - len(mine),
    )
    plant.list_name = plant.body["GrowthPhase"].lower()
    act.save(plant)
    act.effect("plant restored", label=plant.body["Label"], harvest=row["Name"], weight=weight)
