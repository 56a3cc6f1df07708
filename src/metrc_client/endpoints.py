"""The endpoints of daily work, and all of METRC's by name; the rarer ones are in `rooms/`."""

from __future__ import annotations

from metrc_client.endpoint import NONE, OPTIONAL, Endpoint, one, pages, rows, write
from metrc_client.rooms import (
    connect,
    growing,
    harvests,
    inventory,
    patients,
    plant_batches,
    plants,
    sales,
    transfers,
)

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

FACILITIES = rows("/facilities/v2/", license=NONE)
EMPLOYEES = pages("/employees/v2/", *_EMPLOYEES)
EMPLOYEE_PERMISSIONS = rows(
    "/employees/v2/permissions", "Manage Employees", required_query=("employeeLicenseNumber",)
)

ITEMS_ACTIVE = pages("/items/v2/active", *_ITEMS, windowed=True)
ITEMS_INACTIVE = pages("/items/v2/inactive", *_ITEMS)
ITEM = one("/items/v2/{id}", *_ITEMS, license=OPTIONAL)
ITEM_CATEGORIES = pages("/items/v2/categories", license=OPTIONAL)
ITEM_BRANDS = pages("/items/v2/brands", *_ITEMS)
ITEMS_CREATE = write("POST", "/items/v2/", *_ITEMS)
ITEMS_UPDATE = write("PUT", "/items/v2/", *_ITEMS)
ITEM_DELETE = write("DELETE", "/items/v2/{id}", *_ITEMS)

LOCATIONS_ACTIVE = pages("/locations/v2/active", *_LOCATIONS, windowed=True)
LOCATIONS_INACTIVE = pages("/locations/v2/inactive", *_LOCATIONS)
LOCATION = one("/locations/v2/{id}", *_LOCATIONS, license=OPTIONAL)
LOCATION_TYPES = pages("/locations/v2/types", *_LOCATIONS)
LOCATIONS_CREATE = write("POST", "/locations/v2/", *_LOCATIONS)
LOCATIONS_UPDATE = write("PUT", "/locations/v2/", *_LOCATIONS)
LOCATION_DELETE = write("DELETE", "/locations/v2/{id}", *_LOCATIONS)

PACKAGE_TAGS_AVAILABLE = rows("/tags/v2/package/available", *_TAGS)
PLANT_TAGS_AVAILABLE = rows("/tags/v2/plant/available", *_TAGS)
TAGS_STAGED = rows("/tags/v2/staged", *_TAGS, "RetailId.AllowPackageStaging Key Value enabled")

PACKAGES_ACTIVE = pages("/packages/v2/active", *_VIEW, windowed=True)
PACKAGES_ON_HOLD = pages("/packages/v2/onhold", *_VIEW, windowed=True)
PACKAGES_INACTIVE = pages("/packages/v2/inactive", *_VIEW, windowed=True)
PACKAGES_IN_TRANSIT = pages("/packages/v2/intransit", *_VIEW, windowed=True)
PACKAGES_TRANSFERRED = pages("/packages/v2/transferred", *_VIEW, windowed=True)
PACKAGES_LAB_SAMPLES = pages("/packages/v2/labsamples", *_VIEW, windowed=True)
PACKAGE = one("/packages/v2/{label}", *_VIEW, license=OPTIONAL)
PACKAGE_BY_ID = one("/packages/v2/{id}", *_VIEW, license=OPTIONAL)
PACKAGE_TYPES = rows("/packages/v2/types", license=NONE)
ADJUSTMENTS = pages("/packages/v2/adjustments", *_VIEW)
ADJUST_REASONS = pages("/packages/v2/adjust/reasons")
PACKAGES_CREATE = write("POST", "/packages/v2/", *_CREATE)
PACKAGES_CREATE_TESTING = write("POST", "/packages/v2/testing", *_CREATE)
PACKAGES_ADJUST_BY = write("POST", "/packages/v2/adjust", *_INVENTORY)
PACKAGES_ADJUST_TO = write("PUT", "/packages/v2/adjust", *_INVENTORY)
PACKAGES_CHANGE_ITEM = write("PUT", "/packages/v2/item", *_CREATE)
PACKAGES_CHANGE_LOCATION = write("PUT", "/packages/v2/location", *_CREATE)
PACKAGES_CHANGE_NOTE = write(
    "PUT", "/packages/v2/note", "View Packages", "Manage Packages Inventory", "Manage Package Notes"
)
PACKAGES_CHANGE_EXTERNAL_ID = write(
    "PUT",
    "/packages/v2/externalid",
    "View Packages",
    "Manage Package Inventory",
    "External Id Enabled",
)
PACKAGES_CHANGE_USE_BY_DATE = write("PUT", "/packages/v2/usebydate", *_CREATE)
PACKAGES_REQUIRE_LAB_TESTS = write("PUT", "/packages/v2/labtests/required", *_CREATE)
PACKAGES_REMEDIATE = write("PUT", "/packages/v2/remediate", *_INVENTORY)
PACKAGES_FINISH = write("PUT", "/packages/v2/finish", *_INVENTORY)
PACKAGES_UNFINISH = write("PUT", "/packages/v2/unfinish", *_INVENTORY)
PACKAGE_DISCONTINUE = write("DELETE", "/packages/v2/{id}", *_CREATE)

LAB_STATES = rows("/labtests/v2/states", license=NONE)
LAB_BATCHES = pages("/labtests/v2/batches", license=NONE)
LAB_TYPES = pages("/labtests/v2/types", license=NONE)
LAB_RESULTS = pages("/labtests/v2/results", *_INVENTORY, required_query=("packageId",))
LAB_DOCUMENT = one("/labtests/v2/labtestdocument/{id}", *_INVENTORY)
LAB_RECORD = write("POST", "/labtests/v2/record", *_INVENTORY)
LAB_DOCUMENT_ATTACH = write("PUT", "/labtests/v2/labtestdocument", *_INVENTORY)
LAB_RELEASE = write("PUT", "/labtests/v2/results/release", *_INVENTORY)

TRANSFERS_INCOMING = pages("/transfers/v2/incoming", *_TRANSFERS, windowed=True)
TRANSFERS_OUTGOING = pages("/transfers/v2/outgoing", *_TRANSFERS, windowed=True)
TRANSFERS_REJECTED = pages("/transfers/v2/rejected", *_TRANSFERS)
TRANSFER_TYPES = pages("/transfers/v2/types")
TRANSFER_DELIVERIES = pages("/transfers/v2/{id}/deliveries", *_TRANSFERS, license=NONE)
DELIVERY_PACKAGES = pages("/transfers/v2/deliveries/{id}/packages", *_TRANSFERS, license=NONE)
DELIVERY_PACKAGES_WHOLESALE = pages(
    "/transfers/v2/deliveries/{id}/packages/wholesale", *_TRANSFERS, license=NONE
)
DELIVERY_PACKAGE_TEST_BATCHES = pages(
    "/transfers/v2/deliveries/package/{id}/requiredlabtestbatches", *_TRANSFERS, license=NONE
)
DELIVERY_TRANSPORTERS = pages(
    "/transfers/v2/deliveries/{id}/transporters", *_TRANSFERS, license=NONE
)
DELIVERY_TRANSPORTER_DETAILS = pages(
    "/transfers/v2/deliveries/{id}/transporters/details", *_TRANSFERS, license=NONE
)
DELIVERY_PACKAGE_STATES = rows("/transfers/v2/deliveries/packages/states", license=NONE)
MANIFEST_PDF = one("/transfers/v2/manifest/{id}/pdf", *_TEMPLATES)
TEMPLATES_OUTGOING = pages("/transfers/v2/templates/outgoing", *_TEMPLATES, windowed=True)
TEMPLATE_DELIVERIES = pages(
    "/transfers/v2/templates/outgoing/{id}/deliveries", *_TEMPLATES, license=NONE
)
TEMPLATE_DELIVERY_PACKAGES = pages(
    "/transfers/v2/templates/outgoing/deliveries/{id}/packages", *_TEMPLATES, license=NONE
)
TEMPLATE_DELIVERY_TRANSPORTERS = pages(
    "/transfers/v2/templates/outgoing/deliveries/{id}/transporters", *_TEMPLATES, license=NONE
)
TEMPLATE_DELIVERY_TRANSPORTER_DETAILS = rows(
    "/transfers/v2/templates/outgoing/deliveries/{id}/transporters/details",
    *_TEMPLATES,
    license=NONE,
)
TEMPLATES_CREATE = write("POST", "/transfers/v2/templates/outgoing", "Manage Transfer Templates")
TEMPLATES_UPDATE = write("PUT", "/transfers/v2/templates/outgoing", "Manage Transfer Templates")
TEMPLATE_DELETE = write(
    "DELETE", "/transfers/v2/templates/outgoing/{id}", "Manage Transfer Templates"
)

DRIVERS = pages("/transporters/v2/drivers", "Transporters")
DRIVER = one("/transporters/v2/drivers/{id}", "Transporters")
DRIVERS_CREATE = write("POST", "/transporters/v2/drivers", "Manage Transporters")
DRIVERS_UPDATE = write("PUT", "/transporters/v2/drivers", "Manage Transporters")
DRIVER_DELETE = write("DELETE", "/transporters/v2/drivers/{id}", "Manage Transporters")
VEHICLES = pages("/transporters/v2/vehicles", "Transporters")
VEHICLE = one("/transporters/v2/vehicles/{id}", "Transporters")
VEHICLES_CREATE = write("POST", "/transporters/v2/vehicles", "Manage Transporters")
VEHICLES_UPDATE = write("PUT", "/transporters/v2/vehicles", "Manage Transporters")
VEHICLE_DELETE = write("DELETE", "/transporters/v2/vehicles/{id}", "Manage Transporters")

JOBS_ACTIVE = pages("/processing/v2/active", *_JOBS, windowed=True)
JOBS_INACTIVE = pages("/processing/v2/inactive", *_JOBS, windowed=True)
JOB = one("/processing/v2/{id}", *_JOBS, license=OPTIONAL)
JOB_TYPES = pages("/processing/v2/jobtypes/active", *_JOBS, windowed=True)
JOBS_START = write("POST", "/processing/v2/start", *_JOBS)
JOBS_ADJUST = write("POST", "/processing/v2/adjust", *_JOBS)
JOBS_CREATE_PACKAGES = write("POST", "/processing/v2/createpackages", *_JOBS)
JOBS_FINISH = write("PUT", "/processing/v2/finish", *_JOBS)
JOBS_UNFINISH = write("PUT", "/processing/v2/unfinish", *_JOBS)

UNITS_OF_MEASURE = rows("/unitsofmeasure/v2/active", license=NONE)
UNITS_OF_MEASURE_INACTIVE = rows("/unitsofmeasure/v2/inactive", license=NONE)

_ROOMS = (connect, growing, harvests, inventory, patients, plant_batches, plants, sales, transfers)

BY_NAME: dict[str, Endpoint] = {
    str(endpoint): endpoint
    for endpoint in (
        *tuple(globals().values()),
        *(value for room in _ROOMS for value in vars(room).values()),
    )
    if isinstance(endpoint, Endpoint)
}
