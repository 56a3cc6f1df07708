"""What is taken from a plant that goes on growing: a plant batch, a package of clones or seeds."""

from __future__ import annotations

from typing import Any

from metrc_simulator.act import Act, optional_text, text_of
from metrc_simulator.laws.growing import count_of, day_of
from metrc_simulator.laws.plant_batches.packing import pack_plants
from metrc_simulator.laws.plant_batches.planting import Planting, plant
from metrc_simulator.laws.plants.tracked import plant_named
from metrc_simulator.records import Record


def plant_from_plant(act: Act, body: dict[str, Any]) -> int:
    """Plant a batch of clones or seeds taken from a plant; returns the batch's id."""
    mother = plant_named(act, text_of(body, "PlantLabel"))
    count = count_of(body, "PlantCount")
    planting = Planting(
        text_of(body, "PlantBatchName"),
        text_of(body, "PlantBatchType"),
        count,
        optional_text(body, "StrainName") or mother.body["StrainName"],
        day_of(body, "ActualDate"),
        optional_text(body, "LocationName"),
        optional_text(body, "SublocationName"),
        optional_text(body, "PatientLicenseNumber"),
        {"SourcePlantId": mother.id, "SourcePlantLabel": mother.body["Label"]},
    )
    batch = plant(act, planting)
    _count_clones(act, mother, count)
    return batch.id


def pack_from_plant(act: Act, body: dict[str, Any]) -> int:
    """Pack clones or seeds taken from a plant; returns the package's id."""
    mother = plant_named(act, text_of(body, "PlantLabel"))
    count = count_of(body, "Count")
    text_of(body, "PlantBatchType")
    package = pack_plants(act, body, text_of(body, "PackageTag"), count)
    _count_clones(act, mother, count)
    return package.id


def _count_clones(act: Act, mother: Record, count: int) -> None:
    mother.body["ClonedCount"] = (mother.body["ClonedCount"] or 0) + count
    act.save(mother)
    act.effect("clones taken", label=mother.body["Label"], count=count)
