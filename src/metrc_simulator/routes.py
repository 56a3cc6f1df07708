"""The API's table: method, path, permissions, facility flag, licence rule, handler."""

from __future__ import annotations

from dataclasses import dataclass

from metrc_simulator import reads
from metrc_simulator.calls import Handler
from metrc_simulator.laws import (
    adjustments,
    creation,
    items,
    locations,
    packages,
    templates,
    transporters,
)
from metrc_simulator.profiles.profile import Profile
from metrc_simulator.writes import by_id, each_row


@dataclass(frozen=True)
class Route:
    """One endpoint. Reads need any one of the permissions, writes all of them.

    `license_rule` is required, optional or none; `switch` names the profile's switch that
    deploys it; `flag` the facility flag without which METRC answers 401.
    """

    method: str
    path: str
    handler: Handler
    permissions: tuple[str, ...] = ()
    license_rule: str = "required"
    flag: str = ""
    switch: str = ""

    def permits(self, held: frozenset[str]) -> bool:
        """Return whether a user with these permissions may make this call."""
        if not self.permissions:
            return True
        if self.method == "GET":
            return any(name in held for name in self.permissions)
        return all(name in held for name in self.permissions)

    def deployed(self, profile: Profile) -> bool:
        """Return whether the state has this endpoint."""
        return not self.switch or bool(profile.switches[self.switch])


_EMPLOYEES = ("Manage Employees", "View Employees")
_ITEMS = ("Manage Items",)
_LOCATIONS = ("Manage Locations",)
_TAGS = ("Manage Tags",)
_VIEW = ("View Packages",)
_CREATE = ("View Packages", "Create/Submit/Discontinue Packages")
_INVENTORY = ("View Packages", "Manage Packages Inventory")
_NOTES = ("View Packages", "Manage Packages Inventory", "Manage Package Notes")
_TRANSFERS = ("Manage Transfers", "View Transfers")
_TEMPLATES = ("Manage Transfer Templates", "View Transfer Templates")
_MANAGE_TEMPLATES = ("Manage Transfer Templates",)
_TRANSPORTERS = ("Transporters",)
_MANAGE_TRANSPORTERS = ("Manage Transporters",)


def _flags() -> list[Route]:
    made = []
    for word, field in (
        ("tradesample", "IsTradeSample"),
        ("donation", "IsDonation"),
        ("finishedgood", "IsFinishedGood"),
    ):
        for verb, value in (("flag", True), ("unflag", False)):
            law = packages.flagging(field, value)
            path = f"/packages/v2/{word}/{verb}"
            made.append(Route("PUT", path, each_row(law, False), _INVENTORY))
    return made


_SETUP = [
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
        reads.reference(lambda profile: [], False),
        license_rule="none",
    ),
]
_ITEM_ROUTES = [
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
    Route("GET", "/items/v2/{id}", reads.one("items"), _ITEMS, "optional"),
    Route("DELETE", "/items/v2/{id}", by_id(items.archive_item), _ITEMS),
]
_LOCATION_ROUTES = [
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
_TAG_ROUTES = [
    Route("GET", "/tags/v2/package/available", reads.bare("tags", "available", "package"), _TAGS),
    Route("GET", "/tags/v2/plant/available", reads.bare("tags", "available", "plant"), _TAGS),
    Route("GET", "/tags/v2/staged", reads.bare("tags", "staged"), _TAGS),
]
_PACKAGE_READS = [
    Route("GET", "/packages/v2/active", reads.active_packages, _VIEW),
    Route("GET", "/packages/v2/onhold", reads.held_listing, _VIEW),
    Route("GET", "/packages/v2/inactive", reads.listing("packages", "inactive", True), _VIEW),
    Route("GET", "/packages/v2/intransit", reads.listing("packages", "intransit", True), _VIEW),
    Route("GET", "/packages/v2/transferred", reads.listing("transferred", windowed=True), _VIEW),
    Route("GET", "/packages/v2/labsamples", reads.listing("lab_samples", windowed=True), _VIEW),
    Route("GET", "/packages/v2/adjustments", reads.listing("adjustments"), _VIEW),
    Route(
        "GET",
        "/packages/v2/adjust/reasons",
        reads.reference(reads.reason_rows, True),
    ),
    Route(
        "GET",
        "/packages/v2/types",
        reads.reference(lambda profile: profile.rows("package_types"), False),
        license_rule="none",
    ),
    Route(
        "GET",
        "/packages/v2/{id}/source/harvests",
        reads.source_harvests,
        ("View Package Source Harvests",),
        "optional",
    ),
    Route("GET", "/packages/v2/{id}", reads.package, _VIEW, "optional"),
]
_PACKAGE_WRITES = [
    Route(
        "POST",
        "/packages/v2",
        each_row(creation.create_package, True),
        _CREATE,
        flag="CanCreateDerivedPackages",
    ),
    Route(
        "POST",
        "/packages/v2/testing",
        each_row(creation.create_sample, True),
        _CREATE,
        flag="CanSubmitPackagesForTesting",
    ),
    Route("POST", "/packages/v2/adjust", each_row(adjustments.adjust_by, True), _INVENTORY),
    Route("PUT", "/packages/v2/adjust", each_row(adjustments.adjust_to, False), _INVENTORY),
    Route("PUT", "/packages/v2/item", each_row(packages.change_item, False), _CREATE),
    Route("PUT", "/packages/v2/note", each_row(packages.set_note, False), _NOTES),
    Route("PUT", "/packages/v2/location", each_row(packages.move, False), _CREATE),
    Route("PUT", "/packages/v2/usebydate", each_row(packages.set_dates, False), _CREATE),
    Route(
        "PUT",
        "/packages/v2/externalid",
        each_row(packages.set_external_id, False),
        _INVENTORY,
        flag="EnableExternalIdentifier",
    ),
    Route(
        "PUT",
        "/packages/v2/labtests/required",
        each_row(packages.set_required_tests, False),
        _CREATE,
    ),
    Route(
        "PUT",
        "/packages/v2/remediate",
        each_row(packages.remediate, False),
        _INVENTORY,
        flag="CanRemediatePackagesWithFailedLabResults",
    ),
    Route("PUT", "/packages/v2/finish", each_row(packages.finish, False), _INVENTORY),
    Route("PUT", "/packages/v2/unfinish", each_row(packages.unfinish, False), _INVENTORY),
    Route("DELETE", "/packages/v2/{id}", by_id(packages.discontinue), _CREATE),
    *_flags(),
]
_TRANSFER_ROUTES = [
    Route("GET", "/transfers/v2/incoming", reads.listing("incoming", windowed=True), _TRANSFERS),
    Route("GET", "/transfers/v2/outgoing", reads.listing("outgoing", windowed=True), _TRANSFERS),
    Route("GET", "/transfers/v2/rejected", reads.listing("rejected"), _TRANSFERS),
    Route("GET", "/transfers/v2/types", reads.reference(reads.transfer_type_rows, True)),
    Route(
        "GET",
        "/transfers/v2/deliveries/packages/states",
        reads.reference(lambda profile: profile.rows("shipment_package_states"), False),
        license_rule="none",
    ),
    Route("GET", "/transfers/v2/{id}/deliveries", reads.under_transfer, _TRANSFERS, "none"),
    Route(
        "GET",
        "/transfers/v2/deliveries/{id}/packages",
        reads.under_delivery("delivery_packages"),
        _TRANSFERS,
        "none",
    ),
    Route(
        "GET",
        "/transfers/v2/deliveries/{id}/packages/wholesale",
        reads.under_delivery("delivery_wholesale"),
        _TRANSFERS,
        "none",
    ),
    Route(
        "GET",
        "/transfers/v2/deliveries/{id}/transporters",
        reads.under_delivery("delivery_transporters"),
        _TRANSFERS,
        "none",
    ),
    Route(
        "GET",
        "/transfers/v2/deliveries/{id}/transporters/details",
        reads.under_delivery("delivery_details"),
        _TRANSFERS,
        "none",
    ),
    Route(
        "GET",
        "/transfers/v2/deliveries/package/{id}/requiredlabtestbatches",
        reads.required_batches,
        _TRANSFERS,
        "none",
    ),
]
_TEMPLATE = "/transfers/v2/templates/outgoing"
_TEMPLATE_ROUTES = [
    Route("GET", _TEMPLATE, reads.listing("templates", windowed=True), _TEMPLATES),
    Route("POST", _TEMPLATE, each_row(templates.create_template, True), _MANAGE_TEMPLATES),
    Route("PUT", _TEMPLATE, each_row(templates.update_template, False), _MANAGE_TEMPLATES),
    Route("DELETE", _TEMPLATE + "/{id}", by_id(templates.remove_template), _MANAGE_TEMPLATES),
    Route("GET", _TEMPLATE + "/{id}/deliveries", reads.under_template, _TEMPLATES, "none"),
    Route(
        "GET",
        _TEMPLATE + "/deliveries/{id}/packages",
        reads.under_template_delivery("template_packages"),
        _TEMPLATES,
        "none",
    ),
    Route(
        "GET",
        _TEMPLATE + "/deliveries/{id}/transporters",
        reads.under_template_delivery("template_transporters"),
        _TEMPLATES,
        "none",
    ),
    Route(
        "GET",
        _TEMPLATE + "/deliveries/{id}/transporters/details",
        reads.under_template_delivery("template_details", paged=False),
        _TEMPLATES,
        "none",
    ),
]


def _transporter_routes() -> list[Route]:
    made = []
    for word, create, update, remove in (
        (
            "drivers",
            transporters.create_driver,
            transporters.update_driver,
            transporters.remove_driver,
        ),
        (
            "vehicles",
            transporters.create_vehicle,
            transporters.update_vehicle,
            transporters.remove_vehicle,
        ),
    ):
        path = f"/transporters/v2/{word}"
        made += [
            Route("GET", path, reads.listing(word), _TRANSPORTERS),
            Route("GET", path + "/{id}", reads.one(word), _TRANSPORTERS, "optional"),
            Route("POST", path, each_row(create, True), _MANAGE_TRANSPORTERS),
            Route("PUT", path, each_row(update, False), _MANAGE_TRANSPORTERS),
            Route("DELETE", path + "/{id}", by_id(remove), _MANAGE_TRANSPORTERS),
        ]
    return made


ROUTES: list[Route] = [
    *_SETUP,
    *_ITEM_ROUTES,
    *_LOCATION_ROUTES,
    *_TAG_ROUTES,
    *_PACKAGE_READS,
    *_PACKAGE_WRITES,
    *_TRANSFER_ROUTES,
    *_TEMPLATE_ROUTES,
    *_transporter_routes(),
]
_Table = dict[str, list[tuple[tuple[str, ...], Route]]]
_FIXED: dict[tuple[str, str], Route] = {}
_WITH_ID: _Table = {}


def _index() -> None:
    for route in ROUTES:
        if "{id}" not in route.path:
            _FIXED[route.method, route.path] = route
        else:
            parts = tuple(route.path.split("/"))
            _WITH_ID.setdefault(route.method, []).append((parts, route))


_index()
_METHODS = ("GET", "POST", "PUT", "DELETE")


def find_route(method: str, path: str) -> tuple[Route, tuple[str, ...]] | int:
    """Return the route of a call with its path ids, or the status METRC answers without one.

    Paths are taken with and without a trailing slash, ignoring case; v1 is retired (405).
    """
    plain = path.rstrip("/").lower()
    fixed = _FIXED.get((method, plain))
    if fixed is not None:
        return fixed, ()
    original = path.rstrip("/").split("/")
    if len(original) > 2 and original[2].lower() == "v1":
        return 405
    found = _match(method, original)
    if found is not None:
        return found
    for other in _METHODS:
        if other != method and ((other, plain) in _FIXED or _match(other, original)):
            return 405
    return 404


def _match(method: str, given: list[str]) -> tuple[Route, tuple[str, ...]] | None:
    for parts, route in _WITH_ID.get(method, []):
        if len(parts) != len(given):
            continue
        pairs = list(zip(parts, given, strict=True))
        if all(part in ("{id}", text.lower()) for part, text in pairs):
            return route, tuple(text for part, text in pairs if part == "{id}")
    return None
