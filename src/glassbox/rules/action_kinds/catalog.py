"""Items and locations: create and update; locations are also deleted, items never by us."""

from __future__ import annotations

from glassbox.rules.action_kinds.facts import FactReader
from glassbox.rules.action_kinds.kind import Tier
from glassbox.rules.action_kinds.named_rows import (
    RowFamily,
    Wanted,
    archive_kind,
    create_kind,
    update_kind,
)
from glassbox.rules.action_kinds.payloads import number
from glassbox.rules.quantities import unit_named

_NAME_LIMIT = 150


def _item(reader: FactReader) -> Wanted:
    name = reader.text("name", max_length=_NAME_LIMIT)
    category = reader.text("category")
    unit = unit_named(reader.text("unit"))
    strain = reader.optional_text("strain")
    shown = {"Name": name, "ProductCategoryName": category, "UnitOfMeasureName": unit.name}
    body: dict[str, object] = {
        "Name": name,
        "ItemCategory": category,
        "UnitOfMeasure": unit.name,
        "Strain": strain,
        "ItemBrand": reader.optional_text("brand"),
        "Description": reader.optional_text("description", max_length=1000),
        "PublicIngredients": reader.optional_text("public_ingredients", max_length=1000),
    }
    if strain:
        shown["StrainName"] = strain
    if reader.has("unit_weight"):
        weight = reader.positive_amount("unit_weight", "unit_weight_unit")
        body["UnitWeight"] = number(weight.value)
        body["UnitWeightUnitOfMeasure"] = weight.unit.name
    if reader.has("unit_thc_content"):
        content = reader.positive_amount("unit_thc_content", "unit_thc_content_unit")
        body["UnitThcContent"] = number(content.value)
        body["UnitThcContentUnitOfMeasure"] = content.unit.name
    return Wanted(name=name, body=body, shown=shown)


def _location(reader: FactReader) -> Wanted:
    name = reader.text("name", max_length=_NAME_LIMIT)
    type_name = reader.text("type_name")
    return Wanted(
        name=name,
        body={"Name": name, "LocationTypeName": type_name},
        shown={"Name": name, "LocationTypeName": type_name},
    )


ITEMS = RowFamily(
    resource="item",
    title="item",
    path="/items/v2/",
    reads=("GET /items/v2/active",),
    read_wanted=_item,
    fields=(
        *("name", "category", "unit", "strain", "brand", "description", "public_ingredients"),
        *("unit_weight", "unit_weight_unit", "unit_thc_content", "unit_thc_content_unit"),
    ),
    tier=Tier.STANDARD,
)
LOCATIONS = RowFamily(
    resource="location",
    title="location",
    path="/locations/v2/",
    reads=("GET /locations/v2/active",),
    read_wanted=_location,
    fields=("name", "type_name"),
)

KINDS = (
    create_kind(ITEMS),
    update_kind(ITEMS),
    create_kind(LOCATIONS),
    update_kind(LOCATIONS),
    archive_kind(
        resource="location",
        title="location",
        endpoint="DELETE /locations/v2/{id}",
        reads=LOCATIONS.reads,
        tier=Tier.STANDARD,
    ),
)
