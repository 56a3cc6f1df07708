"""Waste of plants and plant batches: one row for the weight, one for each plant it came from."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Decimal
from typing import Any

from metrc_simulator.act import Act, Refused
from metrc_simulator.laws.creation import new_package
from metrc_simulator.laws.packages import keep
from metrc_simulator.laws.tags import use_tag
from metrc_simulator.records import Record
from metrc_simulator.shapes import blank
from metrc_simulator.wire import plain

_SHARE = Decimal("0.0001")
# METRC prints the phase of a wasted plant as a number; which is which is our assumption.
_PHASE_NUMBERS = {"Vegetative": 1, "Flowering": 2, "Mother": 3}


@dataclass(frozen=True)
class Waste:
    """A weight that went to waste: why, how, and from which plants or plant batch."""

    weight: Decimal
    unit_name: str
    reason: str
    day: str
    method: str | None
    plants: list[Record] = field(default_factory=list)
    plant_batch: Record | None = None
    plant_count: int = 0


def record_waste(act: Act, waste: Waste) -> Record:
    """Store a waste and the part of it that each plant has."""
    batch = waste.plant_batch
    row = blank(
        "plant_waste",
        WasteMethodName=waste.method,
        WasteWeight=plain(waste.weight),
        WasteUnitOfMeasureName=waste.unit_name,
        WasteReasonName=waste.reason,
        PlantBatchId=batch.id if batch else None,
        PlantBatchName=batch.body["Name"] if batch else None,
        PlantCount=len(waste.plants) or waste.plant_count,
        WasteDate=waste.day,
    )
    list_name = "plant_batches" if batch else "plants"
    found = act.add(
        Record("plant_waste", row, license_number=act.license_number, list_name=list_name)
    )
    # The list shows no id, and the calls below a waste want one: the number is the id.
    found.body["PlantWasteNumber"] = f"{found.id:010d}"
    act.save(found)
    shares = _shares(waste.weight, len(waste.plants))
    for plant, share in zip(waste.plants, shares, strict=True):
        _record_part(act, found, plant, share, waste.unit_name)
    act.effect("plant waste recorded", id=found.id, weight=waste.weight, unit=waste.unit_name)
    return found


def _shares(weight: Decimal, plants: int) -> list[Decimal]:
    if not plants:
        return []
    even = (weight / plants).quantize(_SHARE, rounding=ROUND_DOWN)
    # The last share takes what rounding left, so that the shares are the whole.
    return [even] * (plants - 1) + [weight - even * (plants - 1)]


def _record_part(act: Act, waste: Record, plant: Record, share: Decimal, unit: str) -> None:
    row = blank(
        "plant_waste_plant",
        PlantWasteId=waste.id,
        PlantId=plant.id,
        Label=plant.body["Label"],
        StateName=plant.body["State"],
        GrowthPhase=_PHASE_NUMBERS.get(plant.body["GrowthPhase"], 0),
        LocationId=plant.body["LocationId"],
        LocationName=plant.body["LocationName"],
        SublocationId=plant.body["SublocationId"] or 0,
        SublocationName=plant.body["SublocationName"],
        WasteAmount=plain(share),
        WasteUnitOfMeasureAbbreviation=act.unit(unit).abbreviation,
    )
    act.add(
        Record(
            "plant_waste_plants",
            row,
            license_number=act.license_number,
            label=plant.body["Label"],
            parent=waste.id,
        )
    )


def pack_waste(act: Act, waste_id: int, label: str, item_name: str) -> int:
    """Pack a waste into a package of its weight, which METRC lets only people do."""
    waste = act.own("plant_waste", waste_id)
    if waste.facts.get("packed"):
        raise Refused(f"Plant Waste {waste.body['PlantWasteNumber']} is packed.")
    item = act.store.find("items", item_name, act.license_number)
    if item is None:
        raise Refused(f'The Product "{item_name}" is invalid.')
    use_tag(act, label)
    unit = act.unit(waste.body["WasteUnitOfMeasureName"])
    weight: Any = waste.body["WasteWeight"]
    day = act.now.date().isoformat()
    package = new_package(act, label, item.body, weight, unit, day)
    package.body.update(PackageType="PlantWaste", ItemFromFacilityLicenseNumber=act.license_number)
    package.parent = waste.id
    act.add(package)
    waste.facts["packed"] = label
    act.save(waste)
    act.effect("plant waste packed", id=waste.id, label=label, quantity=weight)
    return keep(act, package).id
