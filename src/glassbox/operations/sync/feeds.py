"""The feeds: each of METRC's lists that we follow, how it is read and where it is stored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from glassbox.operations.sync import catalog, packages
from glassbox.operations.sync.batch import Batch
from glassbox.rules.package_state import PackageList
from metrc_client import endpoints
from metrc_client.endpoints import Endpoint


@dataclass(frozen=True, kw_only=True)
class Feed:
    """One list of METRC and the function that stores its rows inside a transaction."""

    name: str
    endpoint: Endpoint
    store: Callable[[Batch], None]


def _reference(name: str, endpoint: Endpoint) -> Feed:
    return Feed(name=name, endpoint=endpoint, store=catalog.reference_store(name))


# Who and what we are comes first; goods in the order in which they leave, so that a package which
# moves on during the walk is seen in its later list.
FEEDS: tuple[Feed, ...] = (
    Feed(name="facility", endpoint=endpoints.FACILITIES, store=catalog.store_facility),
    Feed(name="employees", endpoint=endpoints.EMPLOYEES, store=catalog.store_employees),
    _reference("unit_of_measure", endpoints.UNITS_OF_MEASURE),
    _reference("item_category", endpoints.ITEM_CATEGORIES),
    _reference("location_type", endpoints.LOCATION_TYPES),
    _reference("adjust_reason", endpoints.ADJUST_REASONS),
    _reference("transfer_type", endpoints.TRANSFER_TYPES),
    _reference("lab_state", endpoints.LAB_STATES),
    _reference("lab_test_type", endpoints.LAB_TYPES),
    Feed(name="items", endpoint=endpoints.ITEMS_ACTIVE, store=catalog.store_items),
    Feed(name="locations", endpoint=endpoints.LOCATIONS_ACTIVE, store=catalog.store_locations),
    Feed(name="drivers", endpoint=endpoints.DRIVERS, store=catalog.store_drivers),
    Feed(name="vehicles", endpoint=endpoints.VEHICLES, store=catalog.store_vehicles),
    Feed(name="tags", endpoint=endpoints.PACKAGE_TAGS_AVAILABLE, store=catalog.store_tags),
    Feed(
        name="packages_active",
        endpoint=endpoints.PACKAGES_ACTIVE,
        store=packages.package_store(PackageList.ACTIVE),
    ),
    Feed(
        name="packages_on_hold",
        endpoint=endpoints.PACKAGES_ON_HOLD,
        store=packages.package_store(PackageList.ON_HOLD),
    ),
    Feed(
        name="packages_in_transit",
        endpoint=endpoints.PACKAGES_IN_TRANSIT,
        store=packages.package_store(PackageList.IN_TRANSIT),
    ),
    Feed(
        name="packages_transferred",
        endpoint=endpoints.PACKAGES_TRANSFERRED,
        store=packages.package_store(PackageList.TRANSFERRED),
    ),
    Feed(
        name="packages_inactive",
        endpoint=endpoints.PACKAGES_INACTIVE,
        store=packages.package_store(PackageList.INACTIVE),
    ),
    Feed(name="adjustments", endpoint=endpoints.ADJUSTMENTS, store=packages.store_adjustments),
)

TRANSFER_FEEDS: tuple[tuple[str, Endpoint], ...] = (
    ("transfers_incoming", endpoints.TRANSFERS_INCOMING),
    ("transfers_outgoing", endpoints.TRANSFERS_OUTGOING),
    ("transfers_rejected", endpoints.TRANSFERS_REJECTED),
)
