"""The feeds: each of METRC's lists that we follow, and how it is read and stored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from glassbox.models.transfers import TransferDirection
from glassbox.operations.sync import adjustments, catalog, labs, packages, transfers, whole_walk
from glassbox.operations.sync.catalog import Store
from glassbox.operations.sync.lists import read_list
from glassbox.operations.sync.walk import Walk
from glassbox.rules.feed_schedule import SCHEDULES, FeedSchedule
from glassbox.rules.package_state import PackageList
from glassbox.rules.verdicts import InvalidInput
from metrc_client import endpoints
from metrc_client.endpoint import Endpoint


@dataclass(frozen=True, kw_only=True)
class Feed:
    """One part of METRC that we follow: how it is read, and which list of METRC it is."""

    name: str
    read: Callable[[Walk], int]
    endpoint: Endpoint

    @property
    def schedule(self) -> FeedSchedule:
        """Return when it is due and how much it may ask of METRC."""
        return SCHEDULES[self.name]


def _list(name: str, endpoint: Endpoint, store: Store) -> Feed:
    read = partial(read_list, name=name, endpoint=endpoint, store=store)
    return Feed(name=name, read=read, endpoint=endpoint)


def _values(name: str, endpoint: Endpoint) -> Feed:
    return _list(name, endpoint, catalog.reference_store(name))


def _packages(name: str, endpoint: Endpoint, list_name: PackageList) -> Feed:
    return _list(name, endpoint, packages.package_store(list_name))


def _transfers(name: str, endpoint: Endpoint, direction: TransferDirection) -> Feed:
    read = partial(transfers.read_transfers, name=name, endpoint=endpoint, direction=direction)
    return Feed(name=name, read=read, endpoint=endpoint)


IN, OUT = TransferDirection.INCOMING, TransferDirection.OUTGOING

# Who we are comes first, and proves the key. Incoming transfers before goods: our count at the
# receipt explains a package that arrives. Goods in the order in which they leave, so that a
# package which moves on during the walk is seen in its later list; held ones before active ones,
# because those lists show a held package both at once.
FEEDS: tuple[Feed, ...] = (
    _list("facility", endpoints.FACILITIES, catalog.store_facility),
    _list("employees", endpoints.EMPLOYEES, catalog.store_employees),
    _values("unit_of_measure", endpoints.UNITS_OF_MEASURE),
    _values("item_category", endpoints.ITEM_CATEGORIES),
    _values("location_type", endpoints.LOCATION_TYPES),
    _values("adjust_reason", endpoints.ADJUST_REASONS),
    _values("transfer_type", endpoints.TRANSFER_TYPES),
    _values("lab_state", endpoints.LAB_STATES),
    _values("lab_test_type", endpoints.LAB_TYPES),
    _list("items_inactive", endpoints.ITEMS_INACTIVE, catalog.store_items),
    _list("items", endpoints.ITEMS_ACTIVE, catalog.store_items),
    _list("locations_inactive", endpoints.LOCATIONS_INACTIVE, catalog.store_locations),
    _list("locations", endpoints.LOCATIONS_ACTIVE, catalog.store_locations),
    _list("drivers", endpoints.DRIVERS, catalog.store_drivers),
    _list("vehicles", endpoints.VEHICLES, catalog.store_vehicles),
    _list("tags", endpoints.PACKAGE_TAGS_AVAILABLE, catalog.store_tags),
    _transfers("transfers_incoming", endpoints.TRANSFERS_INCOMING, IN),
    _transfers("transfers_outgoing", endpoints.TRANSFERS_OUTGOING, OUT),
    _transfers("transfers_rejected", endpoints.TRANSFERS_REJECTED, OUT),
    Feed(
        name="templates",
        read=partial(transfers.read_templates, name="templates"),
        endpoint=endpoints.TEMPLATES_OUTGOING,
    ),
    _packages("packages_on_hold", endpoints.PACKAGES_ON_HOLD, PackageList.ON_HOLD),
    _packages("packages_active", endpoints.PACKAGES_ACTIVE, PackageList.ACTIVE),
    _packages("packages_in_transit", endpoints.PACKAGES_IN_TRANSIT, PackageList.IN_TRANSIT),
    _packages("packages_transferred", endpoints.PACKAGES_TRANSFERRED, PackageList.TRANSFERRED),
    _packages("packages_inactive", endpoints.PACKAGES_INACTIVE, PackageList.INACTIVE),
    _list("lab_samples", endpoints.PACKAGES_LAB_SAMPLES, labs.store_lab_samples),
    Feed(
        name=adjustments.FEED,
        read=adjustments.read_adjustments,
        endpoint=endpoints.ADJUSTMENTS,
    ),
    Feed(
        name=whole_walk.FEED,
        read=whole_walk.walk_whole,
        endpoint=endpoints.PACKAGES_ACTIVE,
    ),
    Feed(name=labs.FEED, read=labs.read_lab_results, endpoint=endpoints.LAB_RESULTS),
)
NAMES = frozenset(feed.name for feed in FEEDS)


def check_feeds(names: frozenset[str]) -> None:
    """Check that every name is that of a feed.

    :raises InvalidInput: naming the others
    """
    unknown = ", ".join(sorted(names - NAMES))
    if unknown:
        raise InvalidInput(
            field="feed", value=unknown, way_out=f"Choose among {', '.join(sorted(NAMES))}."
        )
