"""What is said of a plant batch: its name or tag, its strain, its location."""

from __future__ import annotations

from typing import Any

from metrc_simulator.act import Act, Refused, optional_text, text_of
from metrc_simulator.laws.growing import day_of, stand, strain_of
from metrc_simulator.laws.plant_batches.counts import active_batch, batch_of
from metrc_simulator.laws.plant_batches.planting import claim_name
from metrc_simulator.laws.tags import use_tag
from metrc_simulator.records import Query, Record


def rename(act: Act, body: dict[str, Any]) -> None:
    """Give a batch another name, an unused plant tag where batches are named by tags."""
    batch = batch_of(act, body, "Group")
    _rename(act, batch, claim_name(act, text_of(body, "NewGroup")))


def replace_tag(act: Act, body: dict[str, Any]) -> None:
    """Name a batch by another plant tag; the old one stays used."""
    batch = batch_of(act, body, "Group")
    day_of(body, "ReplaceDate")
    label = new_plant_tag(act, body)
    use_tag(act, label, "plant")
    _rename(act, batch, label)


def new_plant_tag(act: Act, body: dict[str, Any]) -> str:
    """Return the label that a request names by NewTag or by TagId; Refused when it is unknown."""
    label = optional_text(body, "NewTag")
    if label is not None:
        return label.upper()
    number = body.get("TagId")
    if isinstance(number, bool) or not isinstance(number, int):
        raise Refused("NewTag was not specified.")
    tag = act.store.get("tags", number)
    if tag is None or tag.license_number != act.license_number:
        raise Refused(f"Tag {number} is not valid.")
    found: str = tag.body["Label"]
    return found


def _rename(act: Act, batch: Record, name: str) -> None:
    old = batch.body["Name"]
    batch.body["Name"] = batch.label = name
    act.save(batch)
    for plant in act.store.select(Query("plants", act.license_number, parent=batch.id)):
        plant.body["PlantBatchName"] = name
        act.save(plant)
    act.effect("plant batch renamed", id=batch.id, old=old, name=name)


def change_strain(act: Act, body: dict[str, Any]) -> None:
    """Change the strain of a batch; its tagged plants keep theirs."""
    batch = batch_of(act, body, "Name")
    strain = strain_of(act, body)
    batch.body.update(StrainId=strain.id, StrainName=strain.body["Name"])
    act.save(batch)
    act.effect("strain changed", id=batch.id, strain=strain.body["Name"])


def move(act: Act, body: dict[str, Any]) -> None:
    """Move a batch to another location of the facility."""
    batch = active_batch(act, text_of(body, "Name"))
    day_of(body, "MoveDate")
    stand(
        act,
        batch.body,
        text_of(body, "Location"),
        optional_text(body, "Sublocation"),
        "ForPlantBatches",
    )
    act.save(batch)
    act.effect("plant batch moved", id=batch.id, location=batch.body["LocationName"])
