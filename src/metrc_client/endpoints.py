"""Every endpoint we call: path, licence rule, paging, window, permissions, as METRC has them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class LicenseRule(StrEnum):
    """Whether the licenceNumber query parameter must, may or must not be sent."""

    REQUIRED = "REQUIRED"
    OPTIONAL = "OPTIONAL"
    NONE = "NONE"


REQUIRED, OPTIONAL, NONE = LicenseRule.REQUIRED, LicenseRule.OPTIONAL, LicenseRule.NONE


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """One operation of METRC. `permissions` are METRC's own names for what a user needs there."""

    method: str
    path: str
    license: LicenseRule = REQUIRED
    is_paged: bool = False
    is_windowed: bool = False
    is_object: bool = False
    permissions: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def _object(path: str, *permissions: str, license: LicenseRule = REQUIRED) -> Endpoint:
    return Endpoint(
        method="GET", path=path, license=license, is_object=True, permissions=permissions
    )


def _list(path: str, *permissions: str, license: LicenseRule = REQUIRED) -> Endpoint:
    return Endpoint(method="GET", path=path, license=license, permissions=permissions)


def _pages(
    path: str, *permissions: str, license: LicenseRule = REQUIRED, windowed: bool = False
) -> Endpoint:
    return Endpoint(
        method="GET",
        path=path,
        license=license,
        is_paged=True,
        is_windowed=windowed,
        permissions=permissions,
    )


def _write(method: str, path: str, *permissions: str) -> Endpoint:
    return Endpoint(method=method, path=path, permissions=permissions)


_EMPLOYEES = ("Manage Employees", "View Employees")
_ITEMS = ("Manage Items",)
_LOCATIONS = ("Manage Locations",)
_TAGS = ("Manage Tags",)
_VIEW = ("View Packages",)
_CREATE = ("View Packages", "Create/Submit/Discontinue Packages")
_INVENTORY = ("View Packages", "Manage Packages Inventory")
_TRANSFERS = ("Manage Transfers", "View Transfers")
_TEMPLATES = ("Manage Transfer Templates", "View Transfer Templates")
_JOBS = ("Manage Processing Job",)

FACILITIES = _list("/facilities/v2/", license=NONE)
EMPLOYEES = _pages("/employees/v2/", *_EMPLOYEES)
EMPLOYEE_PERMISSIONS = _list("/employees/v2/permissions", "Manage Employees")

ITEMS_ACTIVE = _pages("/items/v2/active", *_ITEMS, windowed=True)
ITEMS_INACTIVE = _pages("/items/v2/inactive", *_ITEMS)
ITEM = _object("/items/v2/{id}", *_ITEMS, license=OPTIONAL)
ITEM_CATEGORIES = _pages("/items/v2/categories", license=OPTIONAL)
ITEM_BRANDS = _pages("/items/v2/brands", *_ITEMS)
ITEMS_CREATE = _write("POST", "/items/v2/", *_ITEMS)
ITEMS_UPDATE = _write("PUT", "/items/v2/", *_ITEMS)
ITEM_DELETE = _write("DELETE", "/items/v2/{id}", *_ITEMS)

LOCATIONS_ACTIVE = _pages("/locations/v2/active", *_LOCATIONS, windowed=True)
LOCATIONS_INACTIVE = _pages("/locations/v2/inactive", *_LOCATIONS)
LOCATION = _object("/locations/v2/{id}", *_LOCATIONS, license=OPTIONAL)
LOCATION_TYPES = _pages("/locations/v2/types", *_LOCATIONS)
LOCATIONS_CREATE = _write("POST", "/locations/v2/", *_LOCATIONS)
LOCATIONS_UPDATE = _write("PUT", "/locations/v2/", *_LOCATIONS)
LOCATION_DELETE = _write("DELETE", "/locations/v2/{id}", *_LOCATIONS)

PACKAGE_TAGS_AVAILABLE = _list("/tags/v2/package/available", *_TAGS)
PLANT_TAGS_AVAILABLE = _list("/tags/v2/plant/available", *_TAGS)
TAGS_STAGED = _list("/tags/v2/staged", *_TAGS)

PACKAGES_ACTIVE = _pages("/packages/v2/active", *_VIEW, windowed=True)
PACKAGES_ON_HOLD = _pages("/packages/v2/onhold", *_VIEW, windowed=True)
PACKAGES_INACTIVE = _pages("/packages/v2/inactive", *_VIEW, windowed=True)
PACKAGES_IN_TRANSIT = _pages("/packages/v2/intransit", *_VIEW, windowed=True)
PACKAGES_TRANSFERRED = _pages("/packages/v2/transferred", *_VIEW, windowed=True)
PACKAGES_LAB_SAMPLES = _pages("/packages/v2/labsamples", *_VIEW, windowed=True)
PACKAGE = _object("/packages/v2/{label}", *_VIEW, license=OPTIONAL)
PACKAGE_BY_ID = _object("/packages/v2/{id}", *_VIEW, license=OPTIONAL)
PACKAGE_TYPES = _list("/packages/v2/types", license=NONE)
ADJUSTMENTS = _pages("/packages/v2/adjustments", *_VIEW)
ADJUST_REASONS = _pages("/packages/v2/adjust/reasons")
PACKAGES_CREATE = _write("POST", "/packages/v2/", *_CREATE)
PACKAGES_CREATE_TESTING = _write("POST", "/packages/v2/testing", *_CREATE)
PACKAGES_ADJUST_BY = _write("POST", "/packages/v2/adjust", *_INVENTORY)
PACKAGES_ADJUST_TO = _write("PUT", "/packages/v2/adjust", *_INVENTORY)
PACKAGES_CHANGE_ITEM = _write("PUT", "/packages/v2/item", *_CREATE)
PACKAGES_CHANGE_LOCATION = _write("PUT", "/packages/v2/location", *_CREATE)
PACKAGES_CHANGE_NOTE = _write(
    "PUT", "/packages/v2/note", "View Packages", "Manage Packages Inventory", "Manage Package Notes"
)
PACKAGES_CHANGE_EXTERNAL_ID = _write("PUT", "/packages/v2/externalid", *_INVENTORY)
PACKAGES_CHANGE_USE_BY_DATE = _write("PUT", "/packages/v2/usebydate", *_CREATE)
PACKAGES_REQUIRE_LAB_TESTS = _write("PUT", "/packages/v2/labtests/required", *_CREATE)
PACKAGES_REMEDIATE = _write("PUT", "/packages/v2/remediate", *_INVENTORY)
PACKAGES_FINISH = _write("PUT", "/packages/v2/finish", *_INVENTORY)
PACKAGES_UNFINISH = _write("PUT", "/packages/v2/unfinish", *_INVENTORY)
PACKAGE_DISCONTINUE = _write("DELETE", "/packages/v2/{id}", *_CREATE)

LAB_STATES = _list("/labtests/v2/states", license=NONE)
LAB_BATCHES = _pages("/labtests/v2/batches", license=NONE)
LAB_TYPES = _pages("/labtests/v2/types", license=NONE)
LAB_RESULTS = _pages("/labtests/v2/results", *_INVENTORY)
LAB_DOCUMENT = _object("/labtests/v2/labtestdocument/{id}", *_INVENTORY)
LAB_RECORD = _write("POST", "/labtests/v2/record", *_INVENTORY)
LAB_DOCUMENT_ATTACH = _write("PUT", "/labtests/v2/labtestdocument", *_INVENTORY)
LAB_RELEASE = _write("PUT", "/labtests/v2/results/release", *_INVENTORY)

TRANSFERS_INCOMING = _pages("/transfers/v2/incoming", *_TRANSFERS, windowed=True)
TRANSFERS_OUTGOING = _pages("/transfers/v2/outgoing", *_TRANSFERS, windowed=True)
TRANSFERS_REJECTED = _pages("/transfers/v2/rejected", *_TRANSFERS)
TRANSFER_TYPES = _pages("/transfers/v2/types")
TRANSFER_DELIVERIES = _pages("/transfers/v2/{id}/deliveries", *_TRANSFERS, license=NONE)
DELIVERY_PACKAGES = _pages("/transfers/v2/deliveries/{id}/packages", *_TRANSFERS, license=NONE)
DELIVERY_PACKAGES_WHOLESALE = _pages(
    "/transfers/v2/deliveries/{id}/packages/wholesale", *_TRANSFERS, license=NONE
)
DELIVERY_PACKAGE_TEST_BATCHES = _pages(
    "/transfers/v2/deliveries/package/{id}/requiredlabtestbatches", *_TRANSFERS, license=NONE
)
DELIVERY_TRANSPORTERS = _pages(
    "/transfers/v2/deliveries/{id}/transporters", *_TRANSFERS, license=NONE
)
DELIVERY_TRANSPORTER_DETAILS = _pages(
    "/transfers/v2/deliveries/{id}/transporters/details", *_TRANSFERS, license=NONE
)
DELIVERY_PACKAGE_STATES = _list("/transfers/v2/deliveries/packages/states", license=NONE)
MANIFEST_PDF = _object("/transfers/v2/manifest/{id}/pdf", *_TEMPLATES)
TEMPLATES_OUTGOING = _pages("/transfers/v2/templates/outgoing", *_TEMPLATES, windowed=True)
TEMPLATE_DELIVERIES = _pages(
    "/transfers/v2/templates/outgoing/{id}/deliveries", *_TEMPLATES, license=NONE
)
TEMPLATE_DELIVERY_PACKAGES = _pages(
    "/transfers/v2/templates/outgoing/deliveries/{id}/packages", *_TEMPLATES, license=NONE
)
TEMPLATE_DELIVERY_TRANSPORTERS = _pages(
    "/transfers/v2/templates/outgoing/deliveries/{id}/transporters", *_TEMPLATES, license=NONE
)
TEMPLATE_DELIVERY_TRANSPORTER_DETAILS = _list(
    "/transfers/v2/templates/outgoing/deliveries/{id}/transporters/details",
    *_TEMPLATES,
    license=NONE,
)
TEMPLATES_CREATE = _write("POST", "/transfers/v2/templates/outgoing", "Manage Transfer Templates")
TEMPLATES_UPDATE = _write("PUT", "/transfers/v2/templates/outgoing", "Manage Transfer Templates")
TEMPLATE_DELETE = _write(
    "DELETE", "/transfers/v2/templates/outgoing/{id}", "Manage Transfer Templates"
)

DRIVERS = _pages("/transporters/v2/drivers", "Transporters")
DRIVER = _object("/transporters/v2/drivers/{id}", "Transporters")
DRIVERS_CREATE = _write("POST", "/transporters/v2/drivers", "Manage Transporters")
DRIVERS_UPDATE = _write("PUT", "/transporters/v2/drivers", "Manage Transporters")
DRIVER_DELETE = _write("DELETE", "/transporters/v2/drivers/{id}", "Manage Transporters")
VEHICLES = _pages("/transporters/v2/vehicles", "Transporters")
VEHICLE = _object("/transporters/v2/vehicles/{id}", "Transporters")
VEHICLES_CREATE = _write("POST", "/transporters/v2/vehicles", "Manage Transporters")
VEHICLES_UPDATE = _write("PUT", "/transporters/v2/vehicles", "Manage Transporters")
VEHICLE_DELETE = _write("DELETE", "/transporters/v2/vehicles/{id}", "Manage Transporters")

JOBS_ACTIVE = _pages("/processing/v2/active", *_JOBS, windowed=True)
JOBS_INACTIVE = _pages("/processing/v2/inactive", *_JOBS, windowed=True)
JOB = _object("/processing/v2/{id}", *_JOBS, license=OPTIONAL)
JOB_TYPES = _pages("/processing/v2/jobtypes/active", *_JOBS, windowed=True)
JOBS_START = _write("POST", "/processing/v2/start", *_JOBS)
JOBS_ADJUST = _write("POST", "/processing/v2/adjust", *_JOBS)
JOBS_CREATE_PACKAGES = _write("POST", "/processing/v2/createpackages", *_JOBS)
JOBS_FINISH = _write("PUT", "/processing/v2/finish", *_JOBS)
JOBS_UNFINISH = _write("PUT", "/processing/v2/unfinish", *_JOBS)

UNITS_OF_MEASURE = _list("/unitsofmeasure/v2/active", license=NONE)
UNITS_OF_MEASURE_INACTIVE = _list("/unitsofmeasure/v2/inactive", license=NONE)

BY_NAME: dict[str, Endpoint] = {
    str(endpoint): endpoint
    for endpoint in tuple(globals().values())
    if isinstance(endpoint, Endpoint)
}
