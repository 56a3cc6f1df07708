"""Harvests."""

from __future__ import annotations

from metrc_client.endpoint import NONE, OPTIONAL, one, pages, write

HARVEST = one("/harvests/v2/{id}", "View Harvests", license=OPTIONAL)
HARVESTS_ACTIVE = pages("/harvests/v2/active", "View Harvests", windowed=True)
HARVESTS_ONHOLD = pages("/harvests/v2/onhold", "View Harvests", windowed=True)
HARVESTS_INACTIVE = pages("/harvests/v2/inactive", "View Harvests", windowed=True)
HARVESTS_WASTE = pages("/harvests/v2/waste", "View Harvests", required_query=("harvestId",))
HARVESTS_WASTE_TYPES = pages("/harvests/v2/waste/types", license=NONE)
HARVESTS_PACKAGES_TESTING_CREATE = write(
    "POST",
    "/harvests/v2/packages/testing",
    "View Harvests",
    "Manage Harvests",
    "View Packages",
    "Create/Submit/Discontinue Packages",
)
HARVESTS_PACKAGES_CREATE = write(
    "POST",
    "/harvests/v2/packages",
    "View Harvests",
    "Manage Harvests",
    "View Packages",
    "Create/Submit/Discontinue Packages",
)
HARVESTS_CHANGE_LOCATION = write("PUT", "/harvests/v2/location", "View Harvests", "Manage Harvests")
HARVESTS_WASTE_CREATE = write("POST", "/harvests/v2/waste", "View Harvests", "Manage Harvests")
HARVESTS_RENAME = write("PUT", "/harvests/v2/rename", "View Harvests", "Manage Harvests")
HARVESTS_FINISH = write(
    "PUT", "/harvests/v2/finish", "View Harvests", "Finish/Discontinue Harvests"
)
HARVESTS_UNFINISH = write(
    "PUT", "/harvests/v2/unfinish", "View Harvests", "Finish/Discontinue Harvests"
)
HARVESTS_RESTORE_HARVESTEDPLANTS_UPDATE = write(
    "PUT", "/harvests/v2/restore/harvestedplants", "View Harvests", "Finish/Discontinue Harvests"
)
HARVESTS_WASTE_DELETE = write(
    "DELETE", "/harvests/v2/waste/{id}", "View Harvests", "Discontinue Harvest Waste"
)
