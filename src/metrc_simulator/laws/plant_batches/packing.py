"""Packages of immature plants: from a batch that gives them, or from one that keeps its count."""

from __future__ import annotations

from typing import Any

from metrc_simulator.act import Act, Refused, flag_of, optional_date, optional_text, text_of
from metrc_simulator.laws.creation import new_package
from metrc_simulator.laws.growing import count_of, day_of
from metrc_simulator.laws.packages import keep, place
from metrc_simulator.laws.plant_batches.counts import batch_of, draw
from metrc_simulator.laws.tags import use_tag
from metrc_simulator.records import Record
from metrc_simulator.wire import decimal_of


def create_package(act: Act, body: dict[str, Any]) -> int:
    """Pack untracked plants of a batch; returns the package's id."""
    batch = batch_of(act, body, "PlantBatch")
    count = count_of(body, "Count")
    draw(act, batch, count, "PackagedCount")
    package = pack_plants(act, body, text_of(body, "Tag"), count)
    package.facts["grown_from"] = [{"kind": "plant_batches", "id": batch.id, "quantity": count}]
    return keep(act, package).id


def create_package_from_mother(act: Act, body: dict[str, Any]) -> int:
    """Pack clones of a batch that keeps its count (METRC evaluation workbook); returns the id."""
    batch_of(act, body, "PlantBatch")
    return pack_plants(act, body, text_of(body, "Tag"), count_of(body, "Count")).id


def pack_plants(act: Act, body: dict[str, Any], tag: str, count: int) -> Record:
    """Make a package of so many immature plants from what a request says of it."""
    name = text_of(body, "Item")
    item = act.store.find("items", name, act.license_number)
    if item is None or item.list_name != "active":
        raise Refused(f'The Product "{name}" is invalid.')
    if item.body["ProductCategoryType"] != "Plants" or item.body["QuantityType"] != "CountBased":
        raise Refused(f"Item {item.body['Name']} is not one of immature plants.")
    label = tag.upper()
    day = day_of(body, "ActualDate")
    use_tag(act, label)
    quantity = decimal_of(count)
    assert quantity is not None
    package = new_package(act, label, item.body, quantity, act.unit("Each"), day)
    package.body.update(
        PackageType="ImmaturePlant",
        PatientLicenseNumber=optional_text(body, "PatientLicenseNumber"),
        Note=optional_text(body, "Note"),
        IsTradeSample=flag_of(body, "IsTradeSample"),
        IsDonation=flag_of(body, "IsDonation"),
        ExpirationDate=optional_date(body, "ExpirationDate"),
        SellByDate=optional_date(body, "SellByDate"),
        UseByDate=optional_date(body, "UseByDate"),
        ItemFromFacilityLicenseNumber=act.license_number,
    )
    location = optional_text(body, "Location")
    if location is not None:
        place(act, package, location)
    act.add(package)
    act.effect("package created", id=package.id, label=label, quantity=count, item=name)
    return package
