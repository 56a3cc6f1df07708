"""Endpoints of identity and reference: facilities, employees, units, items, locations, tags."""

from __future__ import annotations

from metrc_simulator import reads
from metrc_simulator.laws import item_files, items, locations, sublocations
from metrc_simulator.routes.route import Route
from metrc_simulator.writes import by_id, each_row

_EMPLOYEES = ("Manage Employees", "View Employees")
_ITEMS = ("Manage Items",)
_LOCATIONS = ("Manage Locations",)
_TAGS = ("Manage Tags",)

SETUP_ROUTES = [
    Route("GET", "/facilities/v2", reads.facilities, license_rule="none"),
    Route("GET", "/employees/v2", reads.listing("employees"), _EMPLOYEES),
    Route(
        "GET",
        "/employees/v2/permissions",
        reads.employee_permissions,
        ("Manage Employees",),
        switch="employee_permissions_deployed",
    ),
    Route(
        "GET",
        "/unitsofmeasure/v2/active",
        reads.reference(reads.unit_rows, False),
        license_rule="none",
    ),
    Route(
        "GET",
        "/unitsofmeasure/v2/inactive",
        reads.reference(reads.inactive_unit_rows, False),
        license_rule="none",
    ),
]
ITEM_ROUTES = [
    Route("GET", "/items/v2/active", reads.listing("items", windowed=True), _ITEMS),
    Route("GET", "/items/v2/inactive", reads.listing("items", "inactive"), _ITEMS),
    Route(
        "GET",
        "/items/v2/categories",
        reads.reference(reads.category_rows, True),
        license_rule="optional",
    ),
    Route("GET", "/items/v2/brands", reads.listing("brands"), _ITEMS),
    Route("POST", "/items/v2", each_row(items.create_item, True), _ITEMS),
    Route("PUT", "/items/v2", each_row(items.update_item, True), _ITEMS),
    Route(
        "POST",
        "/items/v2/brand",
        each_row(items.create_brand, True),
        _ITEMS,
        flag="CanManageItemBrands",
    ),
    Route(
        "PUT",
        "/items/v2/brand",
        each_row(items.update_brand, False),
        _ITEMS,
        flag="CanManageItemBrands",
    ),
    Route(
        "DELETE",
        "/items/v2/brand/{id}",
        by_id(items.archive_brand),
        _ITEMS,
        flag="CanManageItemBrands",
    ),
    Route("POST", "/items/v2/photo", each_row(item_files.uploading("photo"), True), _ITEMS),
    Route("POST", "/items/v2/file", each_row(item_files.uploading("file"), True), _ITEMS),
    Route("GET", "/items/v2/photo/{id}", reads.item_file("photo"), _ITEMS),
    Route("GET", "/items/v2/file/{id}", reads.item_file("file"), _ITEMS),
    Route("GET", "/items/v2/{id}", reads.one("items"), _ITEMS, "optional"),
    Route("DELETE", "/items/v2/{id}", by_id(items.archive_item), _ITEMS),
]
LOCATION_ROUTES = [
    Route("GET", "/locations/v2/active", reads.listing("locations", windowed=True), _LOCATIONS),
    Route("GET", "/locations/v2/inactive", reads.listing("locations", "inactive"), _LOCATIONS),
    Route(
        "GET", "/locations/v2/types", reads.reference(reads.location_type_rows, True), _LOCATIONS
    ),
    Route("POST", "/locations/v2", each_row(locations.create_location, True), _LOCATIONS),
    Route("PUT", "/locations/v2", each_row(locations.update_location, False), _LOCATIONS),
    Route("GET", "/locations/v2/{id}", reads.one("locations"), _LOCATIONS, "optional"),
    Route("DELETE", "/locations/v2/{id}", by_id(locations.archive_location), _LOCATIONS),
]
_SUBLOCATIONS = "/sublocations/v2"
_SHELVES = "EnableSublocations"
SUBLOCATION_ROUTES = [
    Route(
        "GET",
        f"{_SUBLOCATIONS}/active",
        reads.listing("sublocations", windowed=True),
        _LOCATIONS,
        flag=_SHELVES,
    ),
    Route(
        "GET",
        f"{_SUBLOCATIONS}/inactive",
        reads.listing("sublocations", "inactive"),
        _LOCATIONS,
        flag=_SHELVES,
    ),
    Route("GET", f"{_SUBLOCATIONS}/{{id}}", reads.one("sublocations"), _LOCATIONS, "optional"),
    Route(
        "POST",
        _SUBLOCATIONS,
        each_row(sublocations.create_sublocation, True),
        _LOCATIONS,
        flag=_SHELVES,
    ),
    Route(
        "PUT",
        _SUBLOCATIONS,
        each_row(sublocations.update_sublocation, False),
        _LOCATIONS,
        flag=_SHELVES,
    ),
    Route(
        "DELETE",
        f"{_SUBLOCATIONS}/{{id}}",
        by_id(sublocations.archive_sublocation),
        _LOCATIONS,
        flag=_SHELVES,
    ),
]
TAG_ROUTES = [
    Route("GET", "/tags/v2/package/available", reads.bare("tags", "available", "package"), _TAGS),
    Route("GET", "/tags/v2/plant/available", reads.bare("tags", "available", "plant"), _TAGS),
    Route("GET", "/tags/v2/staged", reads.staged_tags, _TAGS),
]
