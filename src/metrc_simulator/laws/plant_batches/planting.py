"""New plant batches: from nothing, from other batches, from a package, from a mother plant."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from metrc_simulator.act import (
    Act,
    Refused,
    converted,
    number_of,
    optional_text,
    rows_of,
    text_of,
)
from metrc_simulator.laws.creation import take
from metrc_simulator.laws.growing import count_of, day_of, stand, strain_named, use_strain
from metrc_simulator.laws.packages import writable
from metrc_simulator.laws.plant_batches.counts import active_batch, keep
from metrc_simulator.laws.tags import use_tag
from metrc_simulator.records import Record
from metrc_simulator.shapes import blank


@dataclass(frozen=True)
class Planting:
    """A batch to be; `origin` fills the fields that say what it came from."""

    name: str
    kind: str
    count: int
    strain: str
    day: str
    location: str | None
    sublocation: str | None
    patient: str | None
    origin: dict[str, Any] = field(default_factory=dict)


def plant(act: Act, planting: Planting) -> Record:
    """Make a plant batch; Refused when its name is taken, or no unused plant tag where it must be.

    California names plant batches by plant tags (METRC evaluation workbook 10.2025).
    """
    kind = _kind(act, planting.kind)
    strain = use_strain(act, strain_named(act, planting.strain))
    name = claim_name(act, planting.name)
    row = blank(
        "plant_batch",
        Name=name,
        PlantBatchTypeId=kind["id"],
        PlantBatchTypeName=kind["name"],
        StrainId=strain.id,
        StrainName=strain.body["Name"],
        PatientLicenseNumber=planting.patient,
        UntrackedCount=planting.count,
        PlantedDate=planting.day,
        **planting.origin,
    )
    stand(act, row, planting.location, planting.sublocation, "ForPlantBatches")
    batch = act.add(Record("plant_batches", row, license_number=act.license_number, label=name))
    act.effect("plant batch planted", id=batch.id, name=name, count=planting.count)
    return batch


def claim_name(act: Act, name: str) -> str:
    """Return a name that a plant batch may have from now on, using up its tag where it is one."""
    if act.profile.switches["plant_batch_named_by_tag"]:
        label = name.upper()
        use_tag(act, label, "plant")
        return label
    if act.store.find("plant_batches", name, act.license_number) is not None:
        raise Refused(f'Plant Batch "{name}" already exists in the current Facility.')
    return name


def _kind(act: Act, name: str) -> dict[str, Any]:
    rows: list[dict[str, Any]] = act.profile.rows("plant_batch_types")
    for number, row in enumerate(rows, start=1):
        if row["name"].lower() == name.lower():
            return {"id": number, **row}
    raise Refused(f'Plant Batch Type "{name}" is not valid.')


def create_plantings(act: Act, body: dict[str, Any]) -> int:
    """Plant a batch from nothing or from other batches, which keep their count; returns its id.

    That cuttings and seeds leave the count of their sources as it is, is our assumption.
    """
    sources = [
        active_batch(act, text_of(row, "PlantBatchName"))
        for row in rows_of(body, "SourcePlantBatches")
    ]
    origin = {
        "SourcePlantBatchIds": [source.id for source in sources],
        "SourcePlantBatchNames": ", ".join(source.body["Name"] for source in sources) or None,
        "MultiPlantBatch": len(sources) > 1,
    }
    planting = Planting(
        text_of(body, "Name"),
        text_of(body, "Type"),
        count_of(body, "Count"),
        text_of(body, "Strain"),
        day_of(body, "ActualDate"),
        optional_text(body, "Location"),
        optional_text(body, "Sublocation"),
        optional_text(body, "PatientLicenseNumber"),
        origin,
    )
    return plant(act, planting).id


def plant_package(act: Act, body: dict[str, Any]) -> int:
    """Plant a batch from a package of seeds or clones, whose quantity goes down; returns its id."""
    source = writable(act, text_of(body, "PackageLabel"))
    if source.body["Item"]["ProductCategoryType"] != "Plants":
        raise Refused(f"Package {source.body['Label']} does not contain plants.")
    count = count_of(body, "PlantCount")
    name = text_of(body, "PlantBatchName")
    amount = number_of({"PackageAdjustmentAmount": count, **_given(body)}, _AMOUNT)
    if amount <= 0:
        raise Refused(f"{_AMOUNT} must be greater than zero.")
    own_unit = act.unit(source.body["UnitOfMeasureName"])
    unit = act.unit(optional_text(body, "PackageAdjustmentUnitOfMeasureName") or own_unit.name)
    take(act, source, converted(amount, unit, own_unit), name)
    day_of(body, "UnpackagedDate")
    planting = Planting(
        name,
        text_of(body, "PlantBatchType"),
        count,
        text_of(body, "StrainName"),
        day_of(body, "PlantedDate"),
        optional_text(body, "LocationName"),
        optional_text(body, "SublocationName"),
        optional_text(body, "PatientLicenseNumber"),
        {"SourcePackageId": source.id, "SourcePackageLabel": source.body["Label"]},
    )
    return plant(act, planting).id


_AMOUNT = "PackageAdjustmentAmount"


def _given(body: dict[str, Any]) -> dict[str, Any]:
    return {_AMOUNT: body[_AMOUNT]} if body.get(_AMOUNT) is not None else {}


def split(act: Act, body: dict[str, Any]) -> int:
    """Move some of a batch's plants into a batch of their own; returns the new batch's id."""
    source = active_batch(act, text_of(body, "PlantBatch"))
    count = count_of(body, "Count")
    if count > source.body["UntrackedCount"]:
        raise Refused(
            f"Plant Batch {source.body['Name']} has {source.body['UntrackedCount']} untracked "
            f"plants, {count} needed."
        )
    planting = Planting(
        text_of(body, "GroupName"),
        source.body["PlantBatchTypeName"],
        count,
        optional_text(body, "Strain") or source.body["StrainName"],
        source.body["PlantedDate"],
        optional_text(body, "Location") or source.body["LocationName"],
        optional_text(body, "Sublocation"),
        optional_text(body, "PatientLicenseNumber") or source.body["PatientLicenseNumber"],
        {
            "SourcePlantBatchIds": [source.id],
            "SourcePlantBatchNames": source.body["Name"],
        },
    )
    day_of(body, "ActualDate")
    batch = plant(act, planting)
    source.body["UntrackedCount"] -= count
    keep(act, source)
    act.effect("plant batch split", id=source.id, name=source.body["Name"], count=count)
    return batch.id
