"""Packages and testing samples from harvests, of one or of several."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from metrc_simulator.act import (
    Act,
    Refused,
    converted,
    flag_of,
    optional_date,
    optional_text,
    rows_of,
    text_of,
)
from metrc_simulator.laws.creation import inherited_state, new_package
from metrc_simulator.laws.growing import day_of, weight_of
from metrc_simulator.laws.harvests.weights import draw, harvest_named
from metrc_simulator.laws.packages import (
    donation_and_sample_flags,
    keep,
    place,
    required_batches,
    set_state,
)
from metrc_simulator.laws.tags import use_tag
from metrc_simulator.profiles.profile import Unit
from metrc_simulator.records import Record
from metrc_simulator.wire import plain


@dataclass(frozen=True)
class Drawn:
    """What one harvest gave, in its own unit."""

    harvest: Record
    weight: Decimal


def create_package(act: Act, body: dict[str, Any]) -> int:
    """Pack weight of harvests; returns the package's id.

    A package of harvests that all passed their tests is passed as well.
    """
    package, drawn = _pack(act, body)
    states = [one.harvest.body["LabTestingState"] or "NotSubmitted" for one in drawn]
    state = inherited_state(states)
    if state is not None and package.body["LabTestingState"] != "NotRequired":
        set_state(act, package, state)
        package.body["InitialLabTestingState"] = state
        package.facts["results_of"] = drawn[states.index(state)].harvest.facts.get("results_of", [])
    return keep(act, package).id


def create_sample(act: Act, body: dict[str, Any]) -> int:
    """Pack a testing sample of harvests, which are then submitted for testing; returns its id."""
    package, drawn = _pack(act, body)
    package.body["IsTestingSample"] = True
    package.body["InitialLabTestingState"] = "SubmittedForTesting"
    set_state(act, package, "SubmittedForTesting")
    for one in drawn:
        one.harvest.body["LabTestingState"] = "SubmittedForTesting"
        one.harvest.body["LabTestingStateDate"] = act.now.date().isoformat()
        act.save(one.harvest)
    package.facts["sample_of_harvests"] = [one.harvest.id for one in drawn]
    return keep(act, package).id


def _pack(act: Act, body: dict[str, Any]) -> tuple[Record, list[Drawn]]:
    label = text_of(body, "Tag").upper()
    unit = act.unit(text_of(body, "UnitOfWeight"))
    item = _item(act, text_of(body, "Item"), unit)
    day = day_of(body, "ActualDate")
    use_tag(act, label)
    drawn, quantity = _draw(act, body, unit)
    package = new_package(act, label, item, quantity, unit, day)
    names = ", ".join(one.harvest.body["Name"] for one in drawn)
    batch = optional_text(body, "ProductionBatchNumber")
    if flag_of(body, "IsProductionBatch") and batch is None:
        raise Refused("ProductionBatchNumber was not specified.")
    package.body.update(
        SourceHarvestCount=len(drawn),
        SourceHarvestNames=names,
        PatientLicenseNumber=optional_text(body, "PatientLicenseNumber"),
        Note=optional_text(body, "Note"),
        IsProductionBatch=flag_of(body, "IsProductionBatch"),
        ProductionBatchNumber=batch if flag_of(body, "IsProductionBatch") else None,
        ExpirationDate=optional_date(body, "ExpirationDate"),
        SellByDate=optional_date(body, "SellByDate"),
        UseByDate=optional_date(body, "UseByDate"),
        ItemFromFacilityLicenseNumber=act.license_number,
        **donation_and_sample_flags(body),
    )
    package.facts["grown_from"] = [
        {"kind": "harvests", "id": one.harvest.id, "quantity": one.weight} for one in drawn
    ]
    if body.get("RequiredLabTestBatches"):
        package.facts["required_batches"] = required_batches(act, body["RequiredLabTestBatches"])
    location = optional_text(body, "Location")
    if location is not None:
        place(act, package, location)
    act.add(package)
    act.effect("package created", id=package.id, label=label, quantity=quantity, harvests=names)
    return package, drawn


def _item(act: Act, name: str, unit: Unit) -> dict[str, Any]:
    found = act.store.find("items", name, act.license_number)
    if found is None or found.list_name != "active":
        raise Refused(f'The Product "{name}" is invalid.')
    if unit.quantity_type != "WeightBased" or found.body["QuantityType"] != "WeightBased":
        raise Refused(f"Unit of Measure {unit.name} does not fit Item {found.body['Name']}.")
    if not found.body["IsUsed"]:
        found.body["IsUsed"] = True
        act.save(found)
    return found.body


def _draw(act: Act, body: dict[str, Any], unit: Unit) -> tuple[list[Drawn], Decimal]:
    rows = rows_of(body, "Ingredients")
    if not rows:
        raise Refused("Ingredients were not specified.")
    drawn: list[Drawn] = []
    total = Decimal(0)
    for row in rows:
        harvest = harvest_named(act, row, "HarvestId", "HarvestName")
        if any(one.harvest.id == harvest.id for one in drawn):
            raise Refused(f"Harvest {harvest.body['Name']} was specified more than once.")
        weight, unit_name = weight_of(act, row, "Weight", "UnitOfWeight")
        own = converted(weight, act.unit(unit_name), act.unit(harvest.body["UnitOfWeightName"]))
        draw(harvest, own)
        packaged = harvest.body["TotalPackagedWeight"] + own
        harvest.body["TotalPackagedWeight"] = plain(packaged)
        harvest.body["PackageCount"] += 1
        act.save(harvest)
        drawn.append(Drawn(harvest, own))
        total += converted(weight, act.unit(unit_name), unit)
        act.effect("harvest drawn", name=harvest.body["Name"], weight=own)
    return drawn, plain(total)
