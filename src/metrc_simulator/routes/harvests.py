"""Endpoints of harvests."""

from __future__ import annotations

from metrc_simulator import reads, reads_growing
from metrc_simulator.laws.harvests import ending, packing, weights
from metrc_simulator.routes.route import Route
from metrc_simulator.writes import RowLaw, by_id, each_row

_VIEW = ("View Harvests",)
_MANAGE = ("View Harvests", "Manage Harvests")
_PACKAGES = (*_MANAGE, "View Packages", "Create/Submit/Discontinue Packages")
_FINISH = ("View Harvests", "Finish/Discontinue Harvests")
_GROWS = "CanGrowPlants"


def _write(
    method: str, word: str, law: RowLaw, permissions: tuple[str, ...], flag: str = _GROWS
) -> Route:
    return Route(method, f"/harvests/v2/{word}", each_row(law, True), permissions, flag=flag)


def _list(word: str) -> Route:
    handler = reads.listing("harvests", word, windowed=True)
    return Route("GET", f"/harvests/v2/{word}", handler, _VIEW, flag=_GROWS)


HARVEST_ROUTES = [
    _list("active"),
    _list("inactive"),
    Route("GET", "/harvests/v2/onhold", reads_growing.held("harvests"), _VIEW, flag=_GROWS),
    Route("GET", "/harvests/v2/waste", reads_growing.harvest_waste, _VIEW, flag=_GROWS),
    Route(
        "GET",
        "/harvests/v2/waste/types",
        reads.reference(reads_growing.harvest_waste_type_rows, True),
        license_rule="none",
    ),
    Route("GET", "/harvests/v2/{id}", reads.one("harvests"), _VIEW, "optional"),
    _write("POST", "packages", packing.create_package, _PACKAGES),
    _write(
        "POST",
        "packages/testing",
        packing.create_sample,
        _PACKAGES,
        "CanSubmitHarvestsForTesting",
    ),
    _write("PUT", "location", ending.move, _MANAGE),
    _write("POST", "waste", weights.waste, _MANAGE),
    _write("PUT", "rename", ending.rename, _MANAGE),
    _write("PUT", "finish", ending.finish, _FINISH),
    _write("PUT", "unfinish", ending.unfinish, _FINISH),
    _write("PUT", "restore/harvestedplants", ending.restore_plants, _FINISH),
    Route(
        "DELETE",
        "/harvests/v2/waste/{id}",
        by_id(weights.discontinue_waste),
        ("View Harvests", "Discontinue Harvest Waste"),
        flag=_GROWS,
    ),
]
