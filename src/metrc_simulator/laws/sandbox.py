"""METRC's helpers for sandboxes: keys, tags and goods without a person in between.

Known at second hand: the California specification as quoted by an integrator in 2026-08.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from metrc_simulator.act import Act, Refused, optional_text, text_of
from metrc_simulator.laws.creation import new_package
from metrc_simulator.laws.packages import keep
from metrc_simulator.laws.tags import (
    INVENTORY_TYPES,
    TYPE_NAMES,
    next_labels,
    receive_tags,
    use_tag,
)
from metrc_simulator.people import user_record
from metrc_simulator.records import Query, Record

TAGS_AT_MOST = 1000
PACKAGES_AT_MOST = 100
_PACKAGES_UNLESS_ASKED = 10
_QUANTITY = Decimal("100.0")


def tag_type_rows(act: Act) -> list[dict[str, Any]]:
    """Return the tag types that the facility may mint: plant tags for growers alone."""
    grows = act.facility().body["FacilityType"]["CanGrowPlants"]
    kinds = [kind for kind in TYPE_NAMES if kind == "package" or grows]
    return [
        {
            "Id": number,
            "Name": TYPE_NAMES[kind],
            "SkuNumber": f"TAG-{kind.upper()}",
            "MaxGroupSize": 1,
            "TagInventoryType": INVENTORY_TYPES[kind],
        }
        for number, kind in enumerate(kinds, start=1)
    ]


def mint_tags(act: Act, body: dict[str, Any]) -> dict[str, Any]:
    """Put new tags on the facility's shelf at once; returns their labels."""
    asked = text_of(body, "TagType")
    kinds = {TYPE_NAMES[kind].lower(): kind for kind in TYPE_NAMES}
    known = {row["Name"].lower() for row in tag_type_rows(act)}
    if asked.lower() not in known:
        raise Refused(f'Tag Type "{asked}" is not valid.')
    count = _count(body, TAGS_AT_MOST, None)
    kind = kinds[asked.lower()]
    labels = next_labels(act, count)
    receive_tags(act, labels, kind)
    return {"TagType": TYPE_NAMES[kind], "Count": count, "Labels": labels}


def _count(body: dict[str, Any], most: int, unless_asked: int | None) -> int:
    count = body.get("Count", unless_asked)
    if count is None:
        count = unless_asked
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= most:
        raise Refused(f"Count must be a whole number from 1 to {most}.")
    return count


def create_stock(act: Act, body: dict[str, Any]) -> dict[str, Any]:
    """Make packages out of nothing, items in turn; returns their ids.

    Each has 100 of its item's unit. Items are weight-based ones unless a name is asked for (NY
    sandbox 2026-09).
    """
    count = _count(body, PACKAGES_AT_MOST, _PACKAGES_UNLESS_ASKED)
    items = _items(act, optional_text(body, "FilterBy"), optional_text(body, "FilterValue"))
    query = Query("tags", act.license_number, list_name="available", mark="package")
    tags = act.store.select(query, limit=count)
    if len(tags) < count:
        raise Refused(f"Facility {act.license_number} has {len(tags)} available package tags.")
    numbers = []
    for place, tag in enumerate(tags):
        item = items[place % len(items)]
        label = tag.body["Label"]
        use_tag(act, label)
        unit = act.unit(item.body["UnitOfMeasureName"])
        package = new_package(act, label, item.body, _QUANTITY, unit, act.now.date().isoformat())
        package.body["ItemFromFacilityLicenseNumber"] = act.license_number
        act.add(package)
        keep(act, package)
        act.effect("package created", id=package.id, label=label, quantity=_QUANTITY)
        numbers.append(package.id)
    return {"Ids": numbers, "Warnings": None}


def _items(act: Act, filter_by: str | None, wanted: str | None) -> list[Record]:
    fields = {
        "name": "Name",
        "category": "ProductCategoryName",
        "unitofmeasure": "UnitOfMeasureName",
    }
    items = act.store.select(Query("items", act.license_number, "active"))
    if filter_by is None:
        found = [item for item in items if item.body["QuantityType"] == "WeightBased"]
    else:
        field = fields.get(filter_by.lower())
        if field is None:
            raise Refused(f'FilterBy "{filter_by}" is none of Name, Category, UnitOfMeasure.')
        if wanted is None:
            raise Refused("FilterValue was not specified.")
        names = {wanted.lower()}
        found = [item for item in items if item.body[field].lower() in names]
        if field != "Name":
            found = [item for item in found if item.body["QuantityType"] == "WeightBased"]
    if not found:
        raise Refused("No Item of the current Facility fits FilterBy and FilterValue.")
    return found


def mint_user(act: Act) -> Record:
    """Make a user who may do everything in every facility, and return the row with the key."""
    permissions: set[str] = set()
    for user in act.store.select(Query("users")):
        permissions |= set(user.body["permissions"])
    licenses = [facility.license_number for facility in act.store.select(Query("facilities"))]
    name = f"Sandbox {act.store.next_number('sandbox_user')}"
    record = act.add(user_record(name, licenses, sorted(permissions)))
    act.effect("user created", name=name)
    return record
