"""Endpoints of plant batches, and the one that plants a package."""

from __future__ import annotations

from metrc_simulator import reads, reads_growing
from metrc_simulator.laws import additives
from metrc_simulator.laws.plant_batches import counts, details, packing, planting
from metrc_simulator.routes.route import Route
from metrc_simulator.writes import RowLaw, each_row

_VIEW = ("View Immature Plants",)
_INVENTORY = ("View Immature Plants", "Manage Immature Plants Inventory")
_PLANTS = ("View Veg/Flower Plants", "Manage Veg/Flower Plants Inventory")
_PACKAGES = ("View Packages", "Create/Submit/Discontinue Packages")
_ADDITIVES = ("Manage Plants Additives",)
_GROWS = "CanGrowPlants"


def _write(
    method: str,
    word: str,
    law: RowLaw,
    answers_ids: bool,
    permissions: tuple[str, ...],
    flag: str = _GROWS,
) -> Route:
    path = f"/plantbatches/v2/{word}" if word else "/plantbatches/v2"
    return Route(method, path, each_row(law, answers_ids), permissions, flag=flag)


def _list(word: str) -> Route:
    handler = reads.listing("plant_batches", word, windowed=True)
    return Route("GET", f"/plantbatches/v2/{word}", handler, _VIEW, flag=_GROWS)


PLANT_BATCH_ROUTES = [
    _list("active"),
    _list("inactive"),
    Route(
        "GET",
        "/plantbatches/v2/types",
        reads.reference(reads_growing.plant_batch_type_rows, True),
        license_rule="none",
    ),
    Route(
        "GET",
        "/plantbatches/v2/waste/reasons",
        reads.reference(reads_growing.waste_reason_rows, True),
    ),
    Route(
        "GET",
        "/plantbatches/v2/waste",
        reads.listing("plant_waste", "plant_batches"),
        ("View Plants Waste",),
        flag=_GROWS,
    ),
    Route("GET", "/plantbatches/v2/{id}", reads.one("plant_batches"), _VIEW, "optional"),
    _write("DELETE", "", counts.destroy, True, (*_VIEW, "Destroy Immature Plants")),
    _write("POST", "waste", counts.waste, True, ("Manage Plants Waste",)),
    _write("POST", "adjust", counts.adjust, True, _INVENTORY),
    _write("POST", "additives", additives.apply_to_plant_batch, True, _ADDITIVES),
    _write(
        "POST",
        "additives/usingtemplate",
        additives.apply_template_to_plant_batch,
        True,
        _ADDITIVES,
    ),
    _write(
        "POST",
        "plantings",
        planting.create_plantings,
        True,
        _INVENTORY,
        "CanCreateOpeningBalancePlantBatches",
    ),
    _write("POST", "packages", packing.create_package, True, (*_INVENTORY, *_PACKAGES)),
    _write(
        "POST",
        "packages/frommotherplant",
        packing.create_package_from_mother,
        True,
        (*_INVENTORY, *_PACKAGES),
    ),
    Route(
        "POST",
        "/packages/v2/plantings",
        each_row(planting.plant_package, True),
        (*_VIEW, "Manage Immature Plants", "View Packages", "Manage Packages Inventory"),
        flag=_GROWS,
    ),
    _write("POST", "split", planting.split, True, _INVENTORY),
    _write("POST", "growthphase", counts.change_growth_phase, True, (*_INVENTORY, *_PLANTS)),
    _write("PUT", "name", details.rename, False, _PLANTS),
    _write("PUT", "tag", details.replace_tag, False, _PLANTS),
    _write("PUT", "strain", details.change_strain, False, _PLANTS),
    _write("PUT", "location", details.move, False, (*_VIEW, "Manage Immature Plants")),
]
