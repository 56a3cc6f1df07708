"""Additives: templates of what is applied, and each application to plants or plant batches."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from metrc_simulator.act import Act, Refused, id_of, number_of, optional_text, rows_of, text_of
from metrc_simulator.laws.growing import day_of, labels_of, location_named, one_of
from metrc_simulator.records import Query, Record
from metrc_simulator.shapes import blank
from metrc_simulator.wire import plain

_NUMBER = re.compile(r"\d+(\.\d+)?")
_PRODUCT_FIELDS = ("ProductTradeName", "ProductSupplier", "ApplicationDevice")
_INTERVAL_FIELDS = (
    "RestrictiveEntryIntervalQuantityDescription",
    "RestrictiveEntryIntervalTimeDescription",
)
_GROWING = ("vegetative", "flowering", "mother")


@dataclass(frozen=True)
class Target:
    """What an additive went to: a plant batch or a number of plants."""

    plant_count: int
    plant_batch: Record | None = None


def create_template(act: Act, body: dict[str, Any]) -> int:
    """Make an additives template and return its id."""
    name = text_of(body, "Name")
    _refuse_double(act, name, None)
    row = blank(
        "additives_template",
        FacilityId=act.facility().id,
        Name=name,
        IsActive=True,
        **_contents(act, body),
    )
    found = act.add(
        Record("additives_templates", row, license_number=act.license_number, label=name)
    )
    act.effect("additives template created", id=found.id, name=name)
    return found.id


def update_template(act: Act, body: dict[str, Any]) -> None:
    """Replace an additives template; what the request leaves out becomes empty."""
    template = act.own("additives_templates", id_of(body, "Id"))
    name = text_of(body, "Name")
    _refuse_double(act, name, template.id)
    template.body.update(Name=name, **_contents(act, body))
    template.label = name
    act.save(template)
    act.effect("additives template updated", id=template.id, name=name)


def archive_template(act: Act, template_id: int) -> None:
    """Move a template to the inactive list, which METRC lets only people do."""
    template = act.own("additives_templates", template_id)
    template.body["IsActive"] = False
    template.list_name = "inactive"
    act.save(template)
    act.effect("additives template archived", id=template.id)


def _contents(act: Act, body: dict[str, Any]) -> dict[str, Any]:
    kind = _type(act, body)
    return {
        "AdditiveType": kind,
        "AdditiveTypeName": kind,
        "EpaRegistrationNumber": optional_text(body, "EpaRegistrationNumber"),
        "Note": optional_text(body, "Note"),
        "ActiveIngredients": _ingredients(body),
        **{name: text_of(body, name) for name in _PRODUCT_FIELDS},
        **{name: optional_text(body, name) for name in _INTERVAL_FIELDS},
    }


def _type(act: Act, body: dict[str, Any]) -> str:
    return one_of(
        text_of(body, "AdditiveType"), act.profile.rows("additive_types"), "Additive Type"
    )


def _ingredients(body: dict[str, Any]) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    for row in rows_of(body, "ActiveIngredients"):
        percentage = number_of(row, "Percentage")
        if not 0 <= percentage <= 100:
            raise Refused("Percentage must lie between 0 and 100.")
        made.append({"Name": text_of(row, "Name"), "Percentage": percentage})
    if sum((row["Percentage"] for row in made), Decimal(0)) > 100:
        raise Refused("Active Ingredients are more than 100 percent.")
    return made


def _refuse_double(act: Act, name: str, own_id: int | None) -> None:
    found = act.store.find("additives_templates", name, act.license_number)
    if found is not None and found.list_name == "active" and found.id != own_id:
        raise Refused(f'Additives Template "{name}" already exists in the current Facility.')


def apply_to_plants(act: Act, body: dict[str, Any]) -> int:
    """Record an additive on named plants; returns the record's id."""
    return _record(act, body, _plants(act, body), _spelled_out(act, body))


def apply_template_to_plants(act: Act, body: dict[str, Any]) -> int:
    """Record a template's additive on named plants; returns the record's id."""
    return _record(act, body, _plants(act, body), _from_template(act, body))


def apply_in_location(act: Act, body: dict[str, Any]) -> int:
    """Record an additive on every plant of a location; returns the record's id."""
    return _record(act, body, _standing(act, body), _spelled_out(act, body))


def apply_template_in_location(act: Act, body: dict[str, Any]) -> int:
    """Record a template's additive on every plant of a location; returns the record's id."""
    return _record(act, body, _standing(act, body), _from_template(act, body))


def apply_to_plant_batch(act: Act, body: dict[str, Any]) -> int:
    """Record an additive on a plant batch; returns the record's id."""
    return _record(act, body, _plant_batch(act, body), _spelled_out(act, body))


def apply_template_to_plant_batch(act: Act, body: dict[str, Any]) -> int:
    """Record a template's additive on a plant batch; returns the record's id."""
    return _record(act, body, _plant_batch(act, body), _from_template(act, body))


def _plants(act: Act, body: dict[str, Any]) -> Target:
    labels = labels_of(body, "PlantLabels")
    for label in labels:
        found = act.store.find("plants", label, act.license_number)
        if found is None or found.list_name not in _GROWING:
            raise Refused(f"Plant {label} does not exist in the current Facility.")
    return Target(len(labels))


def _standing(act: Act, body: dict[str, Any]) -> Target:
    location = location_named(act, text_of(body, "LocationName"), "ForPlants")
    sublocation = optional_text(body, "SublocationName")
    found = [
        plant
        for list_name in _GROWING
        for plant in act.store.select(Query("plants", act.license_number, list_name))
        if plant.body["LocationId"] == location.id
        and (sublocation is None or plant.body["SublocationName"] == sublocation)
    ]
    if not found:
        raise Refused(f'Location "{location.body["Name"]}" has no plants.')
    return Target(len(found))


def _plant_batch(act: Act, body: dict[str, Any]) -> Target:
    name = text_of(body, "PlantBatchName")
    found = act.store.find("plant_batches", name, act.license_number)
    if found is None or found.list_name != "active":
        raise Refused(f"Plant Batch {name} does not exist in the current Facility.")
    return Target(found.body["UntrackedCount"], found)


def _spelled_out(act: Act, body: dict[str, Any]) -> dict[str, Any]:
    _ingredients(body)
    return {
        "AdditiveTypeName": _type(act, body),
        "EpaRegistrationNumber": optional_text(body, "EpaRegistrationNumber"),
        **{name: text_of(body, name) for name in _PRODUCT_FIELDS},
    }


def _from_template(act: Act, body: dict[str, Any]) -> dict[str, Any]:
    name = text_of(body, "AdditivesTemplateName")
    found = act.store.find("additives_templates", name, act.license_number)
    if found is None or found.list_name != "active":
        raise Refused(f'Additives Template "{name}" does not exist in the current Facility.')
    fields = ("AdditiveTypeName", "EpaRegistrationNumber", "Note")
    return {
        **{field: found.body[field] for field in (*fields, *_PRODUCT_FIELDS, *_INTERVAL_FIELDS)},
        "Rate": optional_text(body, "Rate"),
        "Volume": _leading_number(optional_text(body, "Volume")),
    }


def _leading_number(text: str | None) -> Decimal | None:
    # Requests say "1000 Sq. ft."; the list shows a number.
    found = _NUMBER.search(text or "")
    return plain(Decimal(found.group())) if found else None


def _record(act: Act, body: dict[str, Any], target: Target, product: dict[str, Any]) -> int:
    day_of(body, "ActualDate")
    amount = number_of(body, "TotalAmountApplied")
    if amount <= 0:
        raise Refused("TotalAmountApplied must be greater than zero.")
    batch = target.plant_batch
    row = blank(
        "plant_additive",
        AmountUnitOfMeasure=act.unit(text_of(body, "TotalAmountUnitOfMeasure")).name,
        TotalAmountApplied=amount,
        PlantBatchId=batch.id if batch else None,
        PlantBatchName=batch.body["Name"] if batch else None,
        PlantCount=target.plant_count,
        **product,
    )
    found = act.add(Record("plant_additives", row, license_number=act.license_number))
    act.effect("additive applied", id=found.id, product=row["ProductTradeName"])
    return found.id
