"""Every endpoint we call: path, licence rule, paging and window, as METRC documents them."""

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
    """One operation of METRC."""

    method: str
    path: str
    license: LicenseRule = REQUIRED
    is_paged: bool = False
    is_windowed: bool = False

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def _get(path: str, license: LicenseRule = REQUIRED) -> Endpoint:
    return Endpoint(method="GET", path=path, license=license)


def _list(path: str, license: LicenseRule = REQUIRED, *, windowed: bool = False) -> Endpoint:
    return Endpoint(method="GET", path=path, license=license, is_paged=True, is_windowed=windowed)


def _write(method: str, path: str) -> Endpoint:
    return Endpoint(method=method, path=path)


FACILITIES = _get("/facilities/v2/", NONE)
EMPLOYEES = _list("/employees/v2/")
EMPLOYEE_PERMISSIONS = _get("/employees/v2/permissions")

ITEMS_ACTIVE = _list("/items/v2/active", windowed=True)
ITEMS_INACTIVE = _list("/items/v2/inactive")
ITEM = _get("/items/v2/{id}", OPTIONAL)
ITEM_CATEGORIES = _list("/items/v2/categories", OPTIONAL)
ITEM_BRANDS = _list("/items/v2/brands")
ITEMS_CREATE = _write("POST", "/items/v2/")
ITEMS_UPDATE = _write("PUT", "/items/v2/")

LOCATIONS_ACTIVE = _list("/locations/v2/active", windowed=True)
LOCATIONS_INACTIVE = _list("/locations/v2/inactive")
LOCATION = _get("/locations/v2/{id}", OPTIONAL)
LOCATION_TYPES = _list("/locations/v2/types")
LOCATIONS_CREATE = _write("POST", "/locations/v2/")
LOCATIONS_UPDATE = _write("PUT", "/locations/v2/")
LOCATION_DELETE = _write("DELETE", "/locations/v2/{id}")

PACKAGE_TAGS_AVAILABLE = _get("/tags/v2/package/available")
PLANT_TAGS_AVAILABLE = _get("/tags/v2/plant/available")
TAGS_STAGED = _get("/tags/v2/staged")

PACKAGES_ACTIVE = _list("/packages/v2/active", windowed=True)
PACKAGES_ON_HOLD = _list("/packages/v2/onhold", windowed=True)
PACKAGES_INACTIVE = _list("/packages/v2/inactive", windowed=True)
PACKAGES_IN_TRANSIT = _list("/packages/v2/intransit", windowed=True)
PACKAGES_TRANSFERRED = _list("/packages/v2/transferred", windowed=True)
PACKAGES_LAB_SAMPLES = _list("/packages/v2/labsamples", windowed=True)
PACKAGE = _get("/packages/v2/{label}", OPTIONAL)
PACKAGE_TYPES = _get("/packages/v2/types", NONE)
ADJUSTMENTS = _list("/packages/v2/adjustments")
ADJUST_REASONS = _list("/packages/v2/adjust/reasons")
PACKAGES_CREATE = _write("POST", "/packages/v2/")
PACKAGES_CREATE_TESTING = _write("POST", "/packages/v2/testing")
PACKAGES_ADJUST_BY = _write("POST", "/packages/v2/adjust")
PACKAGES_ADJUST_TO = _write("PUT", "/packages/v2/adjust")
PACKAGES_CHANGE_ITEM = _write("PUT", "/packages/v2/item")
PACKAGES_CHANGE_LOCATION = _write("PUT", "/packages/v2/location")
PACKAGES_CHANGE_NOTE = _write("PUT", "/packages/v2/note")
PACKAGES_CHANGE_EXTERNAL_ID = _write("PUT", "/packages/v2/externalid")
PACKAGES_CHANGE_USE_BY_DATE = _write("PUT", "/packages/v2/usebydate")
PACKAGES_REQUIRE_LAB_TESTS = _write("PUT", "/packages/v2/labtests/required")
PACKAGES_REMEDIATE = _write("PUT", "/packages/v2/remediate")
PACKAGES_FINISH = _write("PUT", "/packages/v2/finish")
PACKAGES_UNFINISH = _write("PUT", "/packages/v2/unfinish")
PACKAGE_DISCONTINUE = _write("DELETE", "/packages/v2/{id}")

LAB_STATES = _get("/labtests/v2/states", NONE)
LAB_BATCHES = _list("/labtests/v2/batches", NONE)
LAB_TYPES = _list("/labtests/v2/types", NONE)
LAB_RESULTS = _list("/labtests/v2/results")
LAB_DOCUMENT = _get("/labtests/v2/labtestdocument/{id}")
LAB_RECORD = _write("POST", "/labtests/v2/record")
LAB_RELEASE = _write("PUT", "/labtests/v2/results/release")

TRANSFERS_INCOMING = _list("/transfers/v2/incoming", windowed=True)
TRANSFERS_OUTGOING = _list("/transfers/v2/outgoing", windowed=True)
TRANSFERS_REJECTED = _list("/transfers/v2/rejected")
TRANSFER_TYPES = _list("/transfers/v2/types")
TRANSFER_DELIVERIES = _list("/transfers/v2/{id}/deliveries", NONE)
DELIVERY_PACKAGES = _list("/transfers/v2/deliveries/{id}/packages", NONE)
DELIVERY_PACKAGES_WHOLESALE = _list("/transfers/v2/deliveries/{id}/packages/wholesale", NONE)
DELIVERY_TRANSPORTERS = _list("/transfers/v2/deliveries/{id}/transporters", NONE)
DELIVERY_TRANSPORTER_DETAILS = _list("/transfers/v2/deliveries/{id}/transporters/details", NONE)
DELIVERY_PACKAGE_STATES = _get("/transfers/v2/deliveries/packages/states", NONE)
MANIFEST_PDF = _get("/transfers/v2/manifest/{id}/pdf")
TEMPLATES_OUTGOING = _list("/transfers/v2/templates/outgoing", windowed=True)
TEMPLATE_DELIVERIES = _list("/transfers/v2/templates/outgoing/{id}/deliveries", NONE)
TEMPLATE_DELIVERY_PACKAGES = _list(
    "/transfers/v2/templates/outgoing/deliveries/{id}/packages", NONE
)
TEMPLATES_CREATE = _write("POST", "/transfers/v2/templates/outgoing")
TEMPLATES_UPDATE = _write("PUT", "/transfers/v2/templates/outgoing")
TEMPLATE_DELETE = _write("DELETE", "/transfers/v2/templates/outgoing/{id}")

DRIVERS = _list("/transporters/v2/drivers")
DRIVERS_CREATE = _write("POST", "/transporters/v2/drivers")
DRIVERS_UPDATE = _write("PUT", "/transporters/v2/drivers")
DRIVER_DELETE = _write("DELETE", "/transporters/v2/drivers/{id}")
VEHICLES = _list("/transporters/v2/vehicles")
VEHICLES_CREATE = _write("POST", "/transporters/v2/vehicles")
VEHICLES_UPDATE = _write("PUT", "/transporters/v2/vehicles")
VEHICLE_DELETE = _write("DELETE", "/transporters/v2/vehicles/{id}")

JOBS_ACTIVE = _list("/processing/v2/active", windowed=True)
JOBS_INACTIVE = _list("/processing/v2/inactive", windowed=True)
JOB_TYPES = _list("/processing/v2/jobtypes/active", windowed=True)
JOBS_START = _write("POST", "/processing/v2/start")
JOBS_ADJUST = _write("POST", "/processing/v2/adjust")
JOBS_CREATE_PACKAGES = _write("POST", "/processing/v2/createpackages")
JOBS_FINISH = _write("PUT", "/processing/v2/finish")
JOBS_UNFINISH = _write("PUT", "/processing/v2/unfinish")

UNITS_OF_MEASURE = _get("/unitsofmeasure/v2/active", NONE)

BY_NAME: dict[str, Endpoint] = {
    str(endpoint): endpoint
    for endpoint in tuple(globals().values())
    if isinstance(endpoint, Endpoint)
}
