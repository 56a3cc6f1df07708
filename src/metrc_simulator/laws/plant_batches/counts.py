"""The counts of a plant batch: adjusted, destroyed, tagged as plants; waste beside them."""

from __future__ import annotations

from typing import Any

from metrc_simulator.act import Act, Refused, optional_text, text_of
from metrc_simulator.laws.growing import (
    count_of,
    day_of,
    one_of,
    refuse_held,
    stand,
    waste_method,
    waste_reason,
    weight_of,
    whole_of,
)
from metrc_simulator.laws.plant_waste import Waste, record_waste
from metrc_simulator.laws.tags import use_tag
from metrc_simulator.records import Record
from metrc_simulator.shapes import blank
from metrc_simulator.wire import decimal_of

_TRACKED_DATES = {"Vegetative": "VegetativeDate", "Flowering": "FloweringDate"}


def batch_named(act: Act, name: str) -> Record:
    """Return a plant batch of this licence that may be changed; Refused otherwise."""
    found = act.store.find("plant_batches", name, act.license_number)
    if found is None:
        raise Refused(f"Plant Batch {name} does not exist in the current Facility.")
    refuse_held(found, f"Plant Batch {found.body['Name']}")
    return found


def active_batch(act: Act, name: str) -> Record:
    """Return a plant batch that still has untracked plants; Refused otherwise."""
    found = batch_named(act, name)
    if found.list_name != "active":
        raise Refused(f"Plant Batch {found.body['Name']} is not active.")
    return found


def batch_of(act: Act, body: dict[str, Any], name_field: str) -> Record:
    """Return the active batch that a request names by name or by Id; Refused or NotYours otherwise."""
    name = optional_text(body, name_field)
    if name is not None:
        return active_batch(act, name)
    return active_batch(act, act.own("plant_batches", whole_of(body, "Id")).body["Name"])


def keep(act: Act, batch: Record) -> Record:
    """Save a batch in the list its count puts it in: without untracked plants it is inactive."""
    batch.list_name = "active" if batch.body["UntrackedCount"] > 0 else "inactive"
    return act.save(batch)


def draw(act: Act, batch: Record, count: int, counted_as: str) -> None:
    """Take untracked plants out of a batch and count them in another field; Refused when too few."""
    left = batch.body["UntrackedCount"] - count
    if left < 0:
        raise Refused(
            f"Plant Batch {batch.body['Name']} has {batch.body['UntrackedCount']} untracked "
            f"plants, {count} needed."
        )
    batch.body["UntrackedCount"] = left
    batch.body[counted_as] += count
    keep(act, batch)
    act.effect("plants drawn", name=batch.body["Name"], count=count, left=left, into=counted_as)


def adjust(act: Act, body: dict[str, Any]) -> int:
    """Change a batch's count of untracked plants by a signed number; returns the batch's id."""
    batch = batch_named(act, text_of(body, "PlantBatchName"))
    change = whole_of(body, "Quantity")
    reason = act.profile.reasons.get(text_of(body, "AdjustmentReason").lower())
    if reason is None:
        raise Refused(f'Adjustment Reason "{body["AdjustmentReason"]}" is not valid.')
    if reason["requires_note"] and optional_text(body, "ReasonNote") is None:
        raise Refused(f"A note is required for Adjustment Reason {reason['name']}.")
    day_of(body, "AdjustmentDate")
    count = batch.body["UntrackedCount"] + change
    if count < 0:
        raise Refused(f"Plant Batch {batch.body['Name']} cannot be adjusted below zero.")
    batch.body["UntrackedCount"] = count
    keep(act, batch)
    act.effect("plant batch adjusted", name=batch.body["Name"], change=change, count=count)
    return batch.id


def destroy(act: Act, body: dict[str, Any]) -> int:
    """Destroy untracked plants and record their waste when they weigh something.

    Returns the batch's id.
    """
    batch = active_batch(act, text_of(body, "PlantBatch"))
    count = count_of(body, "Count")
    reason = waste_reason(act, body, "WasteReasonName", "ReasonNote")
    day = day_of(body, "ActualDate")
    weight = decimal_of(body.get("WasteWeight"))
    if reason["requires_weight"] and not weight:
        raise Refused(f"A weight is required for Waste Reason {reason['name']}.")
    draw(act, batch, count, "DestroyedCount")
    if weight:
        amount, unit = weight_of(act, body, "WasteWeight", "WasteUnitOfMeasure")
        method = waste_method(act, text_of(body, "WasteMethodName"))
        record_waste(
            act,
            Waste(
                amount,
                unit,
                reason["name"],
                day,
                method,
                plant_batch=batch,
                plant_count=count,
            ),
        )
    act.effect("plants destroyed", name=batch.body["Name"], count=count)
    return batch.id


def waste(act: Act, body: dict[str, Any]) -> int:
    """Record waste of a batch that keeps its plants, such as trim; returns the waste's id."""
    batch = active_batch(act, text_of(body, "PlantBatchName"))
    weight, unit = weight_of(act, body, "WasteWeight", "UnitOfMeasureName")
    reason = waste_reason(act, body, "ReasonName", "Note")
    made = Waste(
        weight,
        unit,
        reason["name"],
        day_of(body, "WasteDate"),
        waste_method(act, text_of(body, "WasteMethodName")),
        plant_batch=batch,
        plant_count=batch.body["UntrackedCount"],
    )
    return record_waste(act, made).id


def change_growth_phase(act: Act, body: dict[str, Any]) -> int:
    """Tag untracked plants with consecutive plant tags, vegetative or flowering.

    Returns the batch's id: METRC documents one id for each object sent, not one for each plant.
    """
    batch = active_batch(act, text_of(body, "Name"))
    count = count_of(body, "Count")
    phase = one_of(text_of(body, "GrowthPhase"), list(_TRACKED_DATES), "Growth Phase")
    day = day_of(body, "GrowthDate")
    draw(act, batch, count, "TrackedCount")
    labels = following(text_of(body, "StartingTag").upper(), count)
    for label in labels:
        use_tag(act, label, "plant")
        _add_plant(act, batch, body, label, phase, day)
    act.effect("plants tagged", name=batch.body["Name"], first=labels[0], count=count, phase=phase)
    return batch.id


def following(first: str, count: int) -> list[str]:
    """Return `count` labels from `first` on; Refused when it does not end in a number."""
    head, number = first[:-9], first[-9:]
    if not head or not number.isdigit():
        raise Refused(f"Tag {first} is not valid.")
    return [f"{head}{int(number) + step:09d}" for step in range(count)]


def _add_plant(
    act: Act, batch: Record, body: dict[str, Any], label: str, phase: str, day: str
) -> None:
    row = blank(
        "plant",
        Label=label,
        State="Tracked",
        GrowthPhase=phase,
        PlantBatchId=batch.id,
        PlantBatchName=batch.body["Name"],
        PlantBatchTypeId=batch.body["PlantBatchTypeId"],
        PlantBatchTypeName=batch.body["PlantBatchTypeName"],
        StrainId=batch.body["StrainId"],
        StrainName=batch.body["StrainName"],
        PatientLicenseNumber=optional_text(body, "PatientLicenseNumber"),
        PlantedDate=batch.body["PlantedDate"],
    )
    row[_TRACKED_DATES[phase]] = day
    stand(
        act, row, text_of(body, "NewLocation"), optional_text(body, "NewSublocation"), "ForPlants"
    )
    act.add(
        Record(
            "plants",
            row,
            license_number=act.license_number,
            label=label,
            list_name=phase.lower(),
            parent=batch.id,
        )
    )
