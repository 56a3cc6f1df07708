"""Batches of immature plants."""

from __future__ import annotations

from metrc_client.endpoint import NONE, OPTIONAL, one, pages, rows, write

PLANT_BATCH = one("/plantbatches/v2/{id}", "View Immature Plants", license=OPTIONAL)
PLANT_BATCHES_ACTIVE = pages("/plantbatches/v2/active", "View Immature Plants", windowed=True)
PLANT_BATCHES_INACTIVE = pages("/plantbatches/v2/inactive", "View Immature Plants", windowed=True)
PLANT_BATCHES_TYPES = pages("/plantbatches/v2/types", license=NONE)
PLANT_BATCHES_DELETE = write(
    "DELETE", "/plantbatches/v2/", "View Immature Plants", "Destroy Immature Plants"
)
PLANT_BATCHES_WASTE_REASONS = rows("/plantbatches/v2/waste/reasons")
PLANT_BATCHES_WASTE_CREATE = write("POST", "/plantbatches/v2/waste", "Manage Plants Waste")
PLANT_BATCHES_ADJUST = write(
    "POST", "/plantbatches/v2/adjust", "View Immature Plants", "Manage Immature Plants Inventory"
)
PLANT_BATCHES_ADDITIVES_CREATE = write(
    "POST", "/plantbatches/v2/additives", "Manage Plants Additives"
)
PLANT_BATCHES_ADDITIVES_USINGTEMPLATE_CREATE = write(
    "POST", "/plantbatches/v2/additives/usingtemplate", "Manage Plants Additives"
)
PLANT_BATCHES_PLANTINGS_CREATE = write(
    "POST", "/plantbatches/v2/plantings", "View Immature Plants", "Manage Immature Plants Inventory"
)
PLANT_BATCHES_PACKAGES_CREATE = write(
    "POST",
    "/plantbatches/v2/packages",
    "View Immature Plants",
    "Manage Immature Plants Inventory",
    "View Packages",
    "Create/Submit/Discontinue Packages",
)
PLANT_BATCHES_PACKAGES_FROMMOTHERPLANT_CREATE = write(
    "POST",
    "/plantbatches/v2/packages/frommotherplant",
    "View Immature Plants",
    "Manage Immature Plants Inventory",
    "View Packages",
    "Create/Submit/Discontinue Packages",
)
PLANT_BATCHES_SPLIT = write(
    "POST", "/plantbatches/v2/split", "View Immature Plants", "Manage Immature Plants Inventory"
)
PLANT_BATCHES_CHANGE_GROWTHPHASE = write(
    "POST",
    "/plantbatches/v2/growthphase",
    "View Immature Plants",
    "Manage Immature Plants Inventory",
    "View Veg/Flower Plants",
    "Manage Veg/Flower Plants Inventory",
)
PLANT_BATCHES_CHANGE_NAME = write(
    "PUT", "/plantbatches/v2/name", "View Veg/Flower Plants", "Manage Veg/Flower Plants Inventory"
)
PLANT_BATCHES_CHANGE_TAG = write(
    "PUT", "/plantbatches/v2/tag", "View Veg/Flower Plants", "Manage Veg/Flower Plants Inventory"
)
PLANT_BATCHES_CHANGE_STRAIN = write(
    "PUT", "/plantbatches/v2/strain", "View Veg/Flower Plants", "Manage Veg/Flower Plants Inventory"
)
PLANT_BATCHES_CHANGE_LOCATION = write(
    "PUT", "/plantbatches/v2/location", "View Immature Plants", "Manage Immature Plants"
)
PLANT_BATCHES_WASTE = pages("/plantbatches/v2/waste", "View Plants Waste")
