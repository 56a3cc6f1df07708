"""What a licensee does less often with items, packages, sublocations and processing jobs."""

from __future__ import annotations

from metrc_client.endpoint import OPTIONAL, one, pages, rows, write

ITEMS_PHOTO = one("/items/v2/photo/{id}", "Manage Items")
ITEMS_FILE = one("/items/v2/file/{id}", "Manage Items")
ITEMS_PHOTO_CREATE = write("POST", "/items/v2/photo", "Manage Items")
ITEMS_FILE_CREATE = write("POST", "/items/v2/file", "Manage Items")
ITEMS_BRAND_DELETE = write("DELETE", "/items/v2/brand/{id}", "Manage Items")
ITEMS_BRAND_CREATE = write("POST", "/items/v2/brand", "Manage Items")
ITEMS_BRAND_UPDATE = write("PUT", "/items/v2/brand", "Manage Items")
SUBLOCATION = one("/sublocations/v2/{id}", "Manage Locations", license=OPTIONAL)
SUBLOCATIONS_ACTIVE = pages("/sublocations/v2/active", "Manage Locations", windowed=True)
SUBLOCATIONS_INACTIVE = pages("/sublocations/v2/inactive", "Manage Locations")
SUBLOCATIONS_CREATE = write("POST", "/sublocations/v2/", "Manage Locations")
SUBLOCATIONS_UPDATE = write("PUT", "/sublocations/v2/", "Manage Locations")
SUBLOCATION_DELETE = write("DELETE", "/sublocations/v2/{id}", "Manage Locations")
PACKAGES_SOURCE_HARVESTS = rows(
    "/packages/v2/{id}/source/harvests", "View Package Source Harvests", license=OPTIONAL
)
PACKAGES_PLANTINGS_CREATE = write(
    "POST",
    "/packages/v2/plantings",
    "View Immature Plants",
    "Manage Immature Plants",
    "View Packages",
    "Manage Packages Inventory",
)
PACKAGES_DONATION_FLAG = write(
    "PUT", "/packages/v2/donation/flag", "View Packages", "Manage Packages Inventory"
)
PACKAGES_DONATION_UNFLAG = write(
    "PUT", "/packages/v2/donation/unflag", "View Packages", "Manage Packages Inventory"
)
PACKAGES_TRADESAMPLE_FLAG = write(
    "PUT", "/packages/v2/tradesample/flag", "View Packages", "Manage Packages Inventory"
)
PACKAGES_TRADESAMPLE_UNFLAG = write(
    "PUT", "/packages/v2/tradesample/unflag", "View Packages", "Manage Packages Inventory"
)
PACKAGES_DECONTAMINATE = write(
    "PUT", "/packages/v2/decontaminate", "View Packages", "Manage Packages Inventory"
)
PACKAGES_FINISHEDGOOD_FLAG = write(
    "PUT", "/packages/v2/finishedgood/flag", "View Packages", "Manage Packages Inventory"
)
PACKAGES_FINISHEDGOOD_UNFLAG = write(
    "PUT", "/packages/v2/finishedgood/unflag", "View Packages", "Manage Packages Inventory"
)
PACKAGES_PRETREAT = write(
    "PUT", "/packages/v2/pretreat", "View Packages", "Manage Packages Inventory"
)
JOBS_JOBTYPES_INACTIVE = pages(
    "/processing/v2/jobtypes/inactive", "Manage Processing Job", windowed=True
)
JOBS_JOBTYPES_ATTRIBUTES = rows("/processing/v2/jobtypes/attributes", "Manage Processing Job")
JOBS_JOBTYPES_CATEGORIES = rows("/processing/v2/jobtypes/categories", "Manage Processing Job")
JOBS_JOBTYPES_CREATE = write("POST", "/processing/v2/jobtypes", "Manage Processing Job")
JOBS_JOBTYPES_UPDATE = write("PUT", "/processing/v2/jobtypes", "Manage Processing Job")
JOBS_JOBTYPES_DELETE = write("DELETE", "/processing/v2/jobtypes/{id}", "Manage Processing Job")
JOB_DELETE = write("DELETE", "/processing/v2/{id}", "Manage Processing Job")
