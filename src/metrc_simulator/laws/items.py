"""Items and brands: unique names per facility, categories that say what an item must carry."""

from __future__ import annotations

from typing import Any

from metrc_simulator.act import Act, Refused, id_of, optional_text, text_of
from metrc_simulator.records import Query, Record
from metrc_simulator.shapes import blank, fields_of
from metrc_simulator.wire import decimal_of

_UNITS = ("UnitOfMeasure",)
# Which files an item shows, and of which kind they must have been uploaded.
_FILES = {
    "ProductImages": "photo",
    "LabelImages": "photo",
    "PackagingImages": "photo",
    "ProductPDFDocuments": "file",
}


def create_item(act: Act, body: dict[str, Any]) -> int:
    """Make an item and return its id."""
    name = text_of(body, "Name")
    _refuse_double(act, name, None)
    row = _row(act, body, name)
    item = act.add(Record("items", row, license_number=act.license_number, label=name))
    act.effect("item created", id=item.id, name=name)
    return item.id


def update_item(act: Act, body: dict[str, Any]) -> int:
    """Replace an item; what the request leaves out becomes empty. Returns its id."""
    item = act.own("items", id_of(body, "Id"))
    name = text_of(body, "Name")
    _refuse_double(act, name, item.id)
    used = item.body["IsUsed"]
    item.body = _row(act, body, name)
    item.body["IsUsed"] = used
    item.label = name
    act.save(item)
    act.effect("item updated", id=item.id, name=name)
    return item.id


def archive_item(act: Act, item_id: int) -> None:
    """Move an item to the inactive list; Refused while an active package has it."""
    item = act.own("items", item_id)
    if item.list_name != "active":
        raise Refused(f"Item {item.body['Name']} is not active.")
    for list_name in ("active", "intransit"):
        for package in act.store.select(Query("packages", act.license_number, list_name)):
            if package.body["Item"]["Id"] == item_id:
                raise Refused(
                    f"Item {item.body['Name']} cannot be archived because package "
                    f"{package.body['Label']} has it."
                )
    item.list_name = "inactive"
    act.save(item)
    act.effect("item archived", id=item.id, name=item.body["Name"])


def _refuse_double(act: Act, name: str, own_id: int | None) -> None:
    found = act.store.find("items", name, act.license_number)
    if found is not None and found.list_name == "active" and found.id != own_id:
        raise Refused(f'Item "{name}" already exists in the current Facility.')


def _row(act: Act, body: dict[str, Any], name: str) -> dict[str, Any]:
    category = act.profile.categories.get(text_of(body, "ItemCategory").lower())
    if category is None:
        known = ", ".join(row["name"] for row in act.profile.categories.values())
        raise Refused(
            f'The Item Category "{body["ItemCategory"]}" is invalid. Valid values are: {known}'
        )
    unit = act.unit(text_of(body, "UnitOfMeasure"))
    if unit.quantity_type != category["quantity"]:
        raise Refused(f"Unit of Measure {unit.name} does not fit Category {category['name']}.")
    row = blank(
        "item",
        Name=name,
        ProductCategoryName=category["name"],
        ProductCategoryType=category["type"],
        QuantityType=category["quantity"],
        DefaultLabTestingState="NotSubmitted" if category.get("tested", True) else "NotRequired",
        UnitOfMeasureName=unit.name,
        StrainName=optional_text(body, "Strain"),
        ItemBrandName=optional_text(body, "ItemBrand"),
        LabTestBatchNames=list(category["batches"]),
    )
    _copy_contents(act, body, row)
    for field, kind in _FILES.items():
        row[field] = _files(act, body, field, kind)
    if category.get("strain") and row["StrainName"] is None:
        raise Refused("Strain was not specified.")
    for field in category.get("requires", []):
        if row[field] is None:
            raise Refused(f"{field} was not specified.")
    return row


def _files(act: Act, body: dict[str, Any], field: str, kind: str) -> list[dict[str, int]]:
    asked = field.replace("Images", "Image").replace("Documents", "") + "FileSystemIds"
    numbers = body.get(asked)
    if numbers is None:
        return []
    if not isinstance(numbers, list):
        raise Refused(f"{asked} is not valid.")
    for number in numbers:
        whole = isinstance(number, int) and not isinstance(number, bool)
        found = act.store.get("item_files", number) if whole else None
        if found is None or (found.license_number, found.list_name) != (act.license_number, kind):
            raise Refused(f"{asked}: {number} is not a {kind} of the current Facility.")
    return [{"FileSystemId": number} for number in numbers]


def _copy_contents(act: Act, body: dict[str, Any], row: dict[str, Any]) -> None:
    for field in fields_of("item"):
        asked = field.removesuffix("Name") if field.endswith("UnitOfMeasureName") else field
        if asked not in body or asked in _UNITS or body[asked] is None:
            continue
        if field.startswith("Unit") and field.endswith("UnitOfMeasureName"):
            row[field] = act.unit(text_of(body, asked)).name
        elif field.startswith("Unit"):
            if decimal_of(body[asked]) is None:
                raise Refused(f"{field} is not valid.")
            row[field] = body[asked]
        elif field in {
            "Description",
            "Allergens",
            "PublicIngredients",
            "ServingSize",
            "AdministrationMethod",
            "GlobalProductName",
            "NumberOfDoses",
            "ProcessingJobCategoryName",
            "ProcessingJobTypeName",
        }:
            row[field] = body[asked]


def create_brand(act: Act, body: dict[str, Any]) -> int:
    """Make an item brand and return its id."""
    name = text_of(body, "Name")
    _refuse_double_brand(act, name, None)
    row = {"Id": 0, "Name": name, "Status": "Active"}
    brand = act.add(Record("brands", row, license_number=act.license_number, label=name))
    act.effect("brand created", id=brand.id, name=name)
    return brand.id


def update_brand(act: Act, body: dict[str, Any]) -> None:
    """Rename an item brand; items that carry it show the new name."""
    brand = act.own("brands", id_of(body, "Id"))
    name = text_of(body, "Name")
    _refuse_double_brand(act, name, brand.id)
    before = brand.body["Name"]
    brand.body["Name"] = name
    brand.label = name
    act.save(brand)
    for item in _items_of_brand(act, before):
        item.body["ItemBrandName"] = name
        act.save(item)
    act.effect("brand updated", id=brand.id, name=name)


def archive_brand(act: Act, brand_id: int) -> None:
    """Move an item brand to the inactive ones; Refused while an active item carries it."""
    brand = act.own("brands", brand_id)
    name = brand.body["Name"]
    if brand.list_name != "active":
        raise Refused(f"Item Brand {name} is not active.")
    for item in _items_of_brand(act, name):
        if item.list_name == "active":
            raise Refused(
                f"Item Brand {name} cannot be archived because item {item.body['Name']} has it."
            )
    brand.list_name = "inactive"
    brand.body["Status"] = "Inactive"
    act.save(brand)
    act.effect("brand archived", id=brand.id, name=name)


def _items_of_brand(act: Act, name: str) -> list[Record]:
    items = act.store.select(Query("items", act.license_number))
    return [item for item in items if (item.body["ItemBrandName"] or "").lower() == name.lower()]


def _refuse_double_brand(act: Act, name: str, own_id: int | None) -> None:
    found = act.store.find("brands", name, act.license_number)
    if found is not None and found.list_name == "active" and found.id != own_id:
        raise Refused(f'Item Brand "{name}" already exists in the current Facility.')
