"""Which endpoint a call is for."""

from __future__ import annotations

from metrc_simulator.routes.growing import GROWING_ROUTES
from metrc_simulator.routes.harvests import HARVEST_ROUTES
from metrc_simulator.routes.laboratory import LAB_ROUTES, PROCESSING_ROUTES
from metrc_simulator.routes.packages import PACKAGE_READS, PACKAGE_WRITES
from metrc_simulator.routes.patients import PATIENT_ROUTES
from metrc_simulator.routes.plant_batches import PLANT_BATCH_ROUTES
from metrc_simulator.routes.plants import PLANT_READS, PLANT_WRITES
from metrc_simulator.routes.retail_id import RETAIL_ID_ROUTES
from metrc_simulator.routes.route import Route
from metrc_simulator.routes.sales import (
    DELIVERY_ROUTES,
    RECEIPT_ROUTES,
    RETAILER_DELIVERY_ROUTES,
    SALES_REFERENCE,
)
from metrc_simulator.routes.sandbox import SANDBOX_ROUTES
from metrc_simulator.routes.setup import (
    ITEM_ROUTES,
    LOCATION_ROUTES,
    SETUP_ROUTES,
    SUBLOCATION_ROUTES,
    TAG_ROUTES,
)
from metrc_simulator.routes.transfers import TEMPLATE_ROUTES, TRANSFER_ROUTES, transporter_routes
from metrc_simulator.routes.webhooks import WEBHOOK_ROUTES

ROUTES: list[Route] = [
    *SETUP_ROUTES,
    *ITEM_ROUTES,
    *LOCATION_ROUTES,
    *SUBLOCATION_ROUTES,
    *TAG_ROUTES,
    *PACKAGE_READS,
    *PACKAGE_WRITES,
    *TRANSFER_ROUTES,
    *TEMPLATE_ROUTES,
    *LAB_ROUTES,
    *PROCESSING_ROUTES,
    *RETAIL_ID_ROUTES,
    *SANDBOX_ROUTES,
    *WEBHOOK_ROUTES,
    *transporter_routes(),
    *GROWING_ROUTES,
    *PLANT_BATCH_ROUTES,
    *PLANT_READS,
    *PLANT_WRITES,
    *HARVEST_ROUTES,
    *SALES_REFERENCE,
    *RECEIPT_ROUTES,
    *DELIVERY_ROUTES,
    *RETAILER_DELIVERY_ROUTES,
    *PATIENT_ROUTES,
]
_Table = dict[str, list[tuple[tuple[str, ...], Route]]]
_FIXED: dict[tuple[str, str], Route] = {}
_WITH_ID: _Table = {}


def _index() -> None:
    for route in ROUTES:
        if "{id}" not in route.path:
            _FIXED[route.method, route.path.lower()] = route
        else:
            parts = tuple(route.path.lower().split("/"))
            _WITH_ID.setdefault(route.method, []).append((parts, route))


_index()
METHODS = ("GET", "POST", "PUT", "DELETE")


def find_route(method: str, path: str) -> tuple[Route, tuple[str, ...]] | int:
    """Return the route of a call with its path ids, or the status METRC answers without one.

    Paths are taken with and without a trailing slash, ignoring case; v1 is retired (405).
    """
    plain = path.rstrip("/").lower()
    fixed = _FIXED.get((method, plain))
    if fixed is not None:
        return fixed, ()
    original = path.rstrip("/").split("/")
    if len(original) > 2 and original[2].lower() == "v1":
        return 405
    found = _match(method, original)
    if found is not None:
        return found
    return 405 if methods_of(path) else 404


def methods_of(path: str) -> tuple[str, ...]:
    """Return the methods that a path takes, none when there is no such path."""
    plain, original = path.rstrip("/").lower(), path.rstrip("/").split("/")
    return tuple(
        method for method in METHODS if (method, plain) in _FIXED or _match(method, original)
    )


def _match(method: str, given: list[str]) -> tuple[Route, tuple[str, ...]] | None:
    for parts, route in _WITH_ID.get(method, []):
        if len(parts) != len(given):
            continue
        pairs = list(zip(parts, given, strict=True))
        if all(part in ("{id}", text.lower()) for part, text in pairs):
            return route, tuple(text for part, text in pairs if part == "{id}")
    return None
