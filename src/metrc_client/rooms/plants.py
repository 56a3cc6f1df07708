"""Plants."""

from __future__ import annotations

from metrc_client.endpoint import NONE, OPTIONAL, one, pages, rows, write

PLANTS_ADDITIVES_TYPES = rows("/plants/v2/additives/types", license=NONE)
PLANT_BY_ID = one("/plants/v2/{id}", "View Veg/Flower Plants", license=OPTIONAL)
PLANT = one("/plants/v2/{label}", "View Veg/Flower Plants", license=OPTIONAL)
PLANTS_VEGETATIVE = pages("/plants/v2/vegetative", "View Veg/Flower Plants", windowed=True)
PLANTS_FLOWERING = pages("/plants/v2/flowering", "View Veg/Flower Plants", windowed=True)
PLANTS_ONHOLD = pages("/plants/v2/onhold", "View Veg/Flower Plants", windowed=True)
PLANTS_INACTIVE = pages("/plants/v2/inactive", "View Veg/Flower Plants", windowed=True)
PLANTS_MOTHER = pages("/plants/v2/mother", "View Mother Plants", windowed=True)
PLANTS_MOTHER_INACTIVE = pages("/plants/v2/mother/inactive", "View Mother Plants", windowed=True)
PLANTS_MOTHER_ONHOLD = pages("/plants/v2/mother/onhold", "View Mother Plants", windowed=True)
PLANTS_ADDITIVES = pages("/plants/v2/additives", "View/Manage Plants Additives", windowed=True)
PLANTS_GROWTHPHASES = rows("/plants/v2/growthphases")
PLANTS_WASTE_REASONS = pages("/plants/v2/waste/reasons")
PLANTS_ADDITIVES_CREATE = write("POST", "/plants/v2/additives", "Manage Plants Additives")
PLANTS_ADDITIVES_USINGTEMPLATE_CREATE = write(
    "POST", "/plants/v2/additives/usingtemplate", "Manage Plants Additives"
)
PLANTS_ADDITIVES_BYLOCATION_CREATE = write(
    "POST", "/plants/v2/additives/bylocation", "Manage Plants", "Manage Plants Additives"
)
PLANTS_ADDITIVES_BYLOCATION_USINGTEMPLATE_CREATE = write(
    "POST", "/plants/v2/additives/bylocation/usingtemplate", "Manage Plants Additives"
)
PLANTS_PLANTINGS_CREATE = write(
    "POST",
    "/plants/v2/plantings",
    "View Immature Plants",
    "Manage Immature Plants Inventory",
    "View Veg/Flower Plants",
    "Manage Veg/Flower Plants Inventory",
)
PLANTS_PLANTBATCH_PACKAGES_CREATE = write(
    "POST",
    "/plants/v2/plantbatch/packages",
    "View Immature Plants",
    "Manage Immature Plants Inventory",
    "View Veg/Flower Plants",
    "Manage Veg/Flower Plants Inventory",
    "View Packages",
    "Create/Submit/Discontinue Packages",
)
PLANTS_MANICURE = write(
    "POST", "/plants/v2/manicure", "View Veg/Flower Plants", "Manicure/Harvest Veg/Flower Plants"
)
PLANTS_CHANGE_LOCATION = write(
    "PUT", "/plants/v2/location", "View Veg/Flower Plants", "Manage Veg/Flower Plants Inventory"
)
PLANTS_CHANGE_GROWTHPHASE = write(
    "PUT", "/plants/v2/growthphase", "View Veg/Flower Plants", "Manage Veg/Flower Plants Inventory"
)
PLANTS_CHANGE_TAG = write(
    "PUT", "/plants/v2/tag", "View Veg/Flower Plants", "Manage Veg/Flower Plants Inventory"
)
PLANTS_CHANGE_STRAIN = write(
    "PUT", "/plants/v2/strain", "View Veg/Flower Plants", "Manage Veg/Flower Plants Inventory"
)
PLANTS_HARVEST = write(
    "PUT", "/plants/v2/harvest", "View Veg/Flower Plants", "Manicure/Harvest Veg/Flower Plants"
)
PLANTS_MERGE = write(
    "PUT", "/plants/v2/merge", "View Veg/Flower Plants", "Manicure/Harvest Veg/Flower Plants"
)
PLANTS_DELETE = write(
    "DELETE", "/plants/v2/", "View Veg/Flower Plants", "Destroy Veg/Flower Plants"
)
PLANTS_WASTE_CREATE = write("POST", "/plants/v2/waste", "Manage Plants Waste")
PLANTS_WASTE_METHODS_ALL = pages("/plants/v2/waste/methods/all", license=NONE)
PLANTS_SPLIT = write("PUT", "/plants/v2/split", "View Plant")
PLANTS_WASTE = pages("/plants/v2/waste", "View Plants Waste")
PLANTS_WASTE_PLANT = pages("/plants/v2/waste/{id}/plant", "View Plants Waste")
PLANTS_WASTE_PACKAGE = pages("/plants/v2/waste/{id}/package", "View Plants Waste")
PLANTS_ADJUST = write(
    "PUT", "/plants/v2/adjust", "View Veg/Flower Plants", "Manage Veg/Flower Plants Inventory"
)
