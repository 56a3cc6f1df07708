"""Endpoints of strains, additives templates and waste methods."""

from __future__ import annotations

from metrc_simulator import reads, reads_growing
from metrc_simulator.laws import additives, strains
from metrc_simulator.routes.route import Route
from metrc_simulator.writes import by_id, each_row

_STRAINS = ("Manage Strains",)
_ADDITIVES = ("Manage Additives",)
_TEMPLATES = "/additivestemplates/v2"

GROWING_ROUTES = [
    Route(
        "GET",
        "/wastemethods/v2",
        reads.reference(reads_growing.waste_method_rows, False),
        license_rule="none",
    ),
    Route("GET", "/strains/v2/active", reads.listing("strains", windowed=True), _STRAINS),
    Route("GET", "/strains/v2/inactive", reads.listing("strains", "inactive"), _STRAINS),
    Route("GET", "/strains/v2/{id}", reads.one("strains"), _STRAINS, "optional"),
    Route("POST", "/strains/v2", each_row(strains.create_strain, True), _STRAINS),
    Route("PUT", "/strains/v2", each_row(strains.update_strain, False), _STRAINS),
    Route("DELETE", "/strains/v2/{id}", by_id(strains.archive_strain), _STRAINS),
    Route(
        "GET",
        f"{_TEMPLATES}/active",
        reads.listing("additives_templates", windowed=True),
        _ADDITIVES,
    ),
    Route(
        "GET",
        f"{_TEMPLATES}/inactive",
        reads.listing("additives_templates", "inactive"),
        _ADDITIVES,
    ),
    Route("GET", f"{_TEMPLATES}/{{id}}", reads_growing.additives_template, _ADDITIVES, "optional"),
    Route("POST", _TEMPLATES, each_row(additives.create_template, True), _ADDITIVES),
    Route("PUT", _TEMPLATES, each_row(additives.update_template, False), _ADDITIVES),
]
