"""Endpoints of tagged plants."""

from __future__ import annotations

from metrc_simulator import reads, reads_growing
from metrc_simulator.laws import additives
from metrc_simulator.laws.plants import cloning, ending, harvesting, tracked
from metrc_simulator.routes.route import Route
from metrc_simulator.writes import RowLaw, each_row

_VIEW = ("View Veg/Flower Plants",)
_MOTHER = ("View Mother Plants",)
_WASTE = ("View Plants Waste",)
_INVENTORY = ("View Veg/Flower Plants", "Manage Veg/Flower Plants Inventory")
_IMMATURE = ("View Immature Plants", "Manage Immature Plants Inventory")
_PACKAGES = ("View Packages", "Create/Submit/Discontinue Packages")
_HARVEST = ("View Veg/Flower Plants", "Manicure/Harvest Veg/Flower Plants")
_ADDITIVES = ("Manage Plants Additives",)
# The contract writes this one as "View/Manage": either of the two opens the list.
_SEE_ADDITIVES = (
    "View/Manage Plants Additives",
    "View Plants Additives",
    "Manage Plants Additives",
)
_GROWS = "CanGrowPlants"


def _list(word: str, list_name: str, permissions: tuple[str, ...] = _VIEW) -> Route:
    handler = reads.listing("plants", list_name, windowed=True)
    return Route("GET", f"/plants/v2/{word}", handler, permissions, flag=_GROWS)


def _write(
    method: str,
    word: str,
    law: RowLaw,
    answers_ids: bool,
    permissions: tuple[str, ...],
    flag: str = _GROWS,
    switch: str = "",
) -> Route:
    path = f"/plants/v2/{word}" if word else "/plants/v2"
    handler = each_row(law, answers_ids)
    return Route(method, path, handler, permissions, flag=flag, switch=switch)


PLANT_READS = [
    _list("vegetative", "vegetative"),
    _list("flowering", "flowering"),
    _list("inactive", "inactive"),
    _list("mother", "mother", _MOTHER),
    _list("mother/inactive", "mother_inactive", _MOTHER),
    Route("GET", "/plants/v2/onhold", reads_growing.held("plants"), _VIEW, flag=_GROWS),
    Route(
        "GET",
        "/plants/v2/mother/onhold",
        reads_growing.held("plants", "mother_hold"),
        _MOTHER,
        flag=_GROWS,
    ),
    Route(
        "GET",
        "/plants/v2/additives",
        reads.listing("plant_additives", windowed=True),
        _SEE_ADDITIVES,
        flag=_GROWS,
    ),
    Route(
        "GET",
        "/plants/v2/additives/types",
        reads.reference(reads_growing.names_of("additive_types"), False),
        license_rule="none",
    ),
    Route("GET", "/plants/v2/growthphases", reads_growing.growth_phases),
    Route(
        "GET",
        "/plants/v2/waste/reasons",
        reads.reference(reads_growing.waste_reason_rows, True),
    ),
    Route(
        "GET",
        "/plants/v2/waste/methods/all",
        reads.reference(reads_growing.waste_method_rows, True),
        license_rule="none",
    ),
    Route("GET", "/plants/v2/waste", reads.listing("plant_waste", "plants"), _WASTE, flag=_GROWS),
    Route(
        "GET",
        "/plants/v2/waste/{id}/plant",
        reads_growing.under_waste("plant_waste_plants"),
        _WASTE,
        flag=_GROWS,
    ),
    Route(
        "GET",
        "/plants/v2/waste/{id}/package",
        reads_growing.under_waste("packages"),
        _WASTE,
        flag=_GROWS,
    ),
    Route("GET", "/plants/v2/{id}", reads_growing.plant, _VIEW, "optional"),
]
PLANT_WRITES = [
    _write("DELETE", "", ending.destroy, True, (*_VIEW, "Destroy Veg/Flower Plants")),
    _write("POST", "waste", ending.waste, True, ("Manage Plants Waste",)),
    _write("POST", "additives", additives.apply_to_plants, True, _ADDITIVES),
    _write("POST", "additives/usingtemplate", additives.apply_template_to_plants, True, _ADDITIVES),
    _write(
        "POST",
        "additives/bylocation",
        additives.apply_in_location,
        True,
        ("Manage Plants", *_ADDITIVES),
    ),
    _write(
        "POST",
        "additives/bylocation/usingtemplate",
        additives.apply_template_in_location,
        True,
        _ADDITIVES,
    ),
    _write("POST", "plantings", cloning.plant_from_plant, True, (*_IMMATURE, *_INVENTORY)),
    _write(
        "POST",
        "plantbatch/packages",
        cloning.pack_from_plant,
        True,
        (*_IMMATURE, *_INVENTORY, *_PACKAGES),
        "CanCreateImmaturePlantPackagesFromPlants",
    ),
    _write("POST", "manicure", harvesting.manicure, True, _HARVEST),
    _write("PUT", "harvest", harvesting.harvest, True, _HARVEST),
    _write("PUT", "location", tracked.move, False, _INVENTORY),
    _write("PUT", "growthphase", tracked.change_growth_phase, False, _INVENTORY),
    _write("PUT", "tag", tracked.replace_tag, False, _INVENTORY),
    _write("PUT", "strain", tracked.change_strain, False, _INVENTORY),
    _write("PUT", "merge", tracked.merge, False, _HARVEST),
    _write("PUT", "split", tracked.split, True, ("View Plant",)),
    _write(
        "PUT", "adjust", tracked.adjust_count, False, _INVENTORY, switch="plant_adjust_deployed"
    ),
]
