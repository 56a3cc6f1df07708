"""What the forms offer to choose from: packages, tags, partners, people, METRC's own words."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Q

from glassbox import access
from glassbox.models.catalog import Counterparty, Item, Location, ReferenceValue, Tag, TagStatus
from glassbox.models.companies import License, LicenseKind
from glassbox.models.packages import Package
from glassbox.models.people import RoleGrant
from glassbox.models.transfers import Driver, Order, OrderState, Vehicle
from glassbox.queries.packages.rows import with_metrc
from glassbox.rules.actor import Actor
from glassbox.rules.package_state import PackageList
from glassbox.rules.permissions import Permission
from glassbox.rules.quantities import quantity

OPTIONS_AT_MOST = 500
TAGS_AT_MOST = 60


@dataclass(frozen=True, kw_only=True)
class Option:
    """One thing to choose: what is sent, and what a person reads."""

    value: str
    words: str


class ListOf(StrEnum):
    """Name the lists that forms choose from."""

    PACKAGES = "packages"
    TAGS = "tags"
    ITEMS = "items"
    LOCATIONS = "locations"
    PARTNERS = "partners"
    BUYERS = "buyers"
    LABORATORIES = "laboratories"
    DRIVERS = "drivers"
    VEHICLES = "vehicles"
    PEOPLE = "people"
    ORDERS = "orders"
    UNITS = "units"
    TRANSFER_TYPES = "transfer_types"
    ADJUST_REASONS = "adjust_reasons"
    ITEM_CATEGORIES = "item_categories"
    LOCATION_TYPES = "location_types"


Choices = dict[ListOf, tuple[Option, ...]]


def choices(*, actor: Actor, license_id: int, lists: Iterable[ListOf]) -> Choices:
    """Return the lists asked for, as this licence has them, at most 500 of each.

    :raises NotFound: if the actor may not see the licence
    """
    with access.reading(actor, license_id=license_id):
        return {name: _LISTS[name](license_id)[:OPTIONS_AT_MOST] for name in lists}


def may(*, actor: Actor, license_id: int, permission: Permission) -> bool:
    """Return whether a person may ask for this at a licence."""
    with access.reading(actor, license_id=license_id):
        return permission in access.permissions_at(actor, license_id)


def _same(names: Iterable[str]) -> tuple[Option, ...]:
    return tuple(Option(value=name, words=name) for name in names)


def _packages(license_id: int) -> tuple[Option, ...]:
    rows = with_metrc(Package.objects.filter(license_id=license_id)).filter(
        Q(metrc_list=PackageList.ACTIVE)
    )
    return tuple(
        Option(
            value=package.label,
            words=f"…{package.label[-8:]} {package.item_name}, "
            f"{quantity(package.__dict__['metrc_quantity'], package.unit).text()}",
        )
        for package in rows.order_by("item_name", "label")[:OPTIONS_AT_MOST]
    )


def _tags(license_id: int) -> tuple[Option, ...]:
    rows = Tag.objects.filter(license_id=license_id, status=TagStatus.RECEIVED).order_by("label")
    return _same(rows.values_list("label", flat=True)[:TAGS_AT_MOST])


def _items(license_id: int) -> tuple[Option, ...]:
    rows = Item.objects.filter(license_id=license_id, is_active=True).order_by("name")
    return tuple(Option(value=row.name, words=f"{row.name} ({row.unit})") for row in rows)


def _locations(license_id: int) -> tuple[Option, ...]:
    rows = Location.objects.filter(license_id=license_id, is_active=True).order_by("name")
    return _same(rows.values_list("name", flat=True))


def _partners(license_id: int, kind: LicenseKind | None = None) -> tuple[Option, ...]:
    rows = Counterparty.objects.filter(license_id=license_id, is_active=True).order_by("name")
    if kind is not None:
        rows = rows.filter(kind=kind)
    return tuple(
        Option(value=row.license_number, words=f"{row.name}, {row.license_number}") for row in rows
    )


def _transporters(license_id: int) -> tuple[Option, ...]:
    own = License.objects.get(id=license_id)
    mine = Option(value=own.number, words=f"{own.legal_name}, {own.number} (ourselves)")
    return (mine, *_partners(license_id))


def _buyers(license_id: int) -> tuple[Option, ...]:
    return _partners(license_id, LicenseKind.RETAIL)


def _laboratories(license_id: int) -> tuple[Option, ...]:
    return _partners(license_id, LicenseKind.LABORATORY)


def _drivers(license_id: int) -> tuple[Option, ...]:
    rows = Driver.objects.filter(license_id=license_id, is_active=True).order_by("name")
    return _same(rows.values_list("name", flat=True))


def _vehicles(license_id: int) -> tuple[Option, ...]:
    rows = Vehicle.objects.filter(license_id=license_id, is_active=True).order_by("plate")
    return tuple(
        Option(value=row.plate, words=f"{row.plate}, {row.make} {row.model}") for row in rows
    )


def _people(license_id: int) -> tuple[Option, ...]:
    grants = RoleGrant.objects.filter(license_id=license_id, valid_until__isnull=True)
    people = {grant.user_id: grant.user.name for grant in grants.select_related("user")}
    ordered = sorted(people.items(), key=lambda one: one[1])
    return tuple(Option(value=str(number), words=name) for number, name in ordered)


def _orders(license_id: int) -> tuple[Option, ...]:
    rows = Order.objects.filter(
        license_id=license_id, state__in=(OrderState.CONFIRMED, OrderState.DISPATCHED)
    ).select_related("buyer")
    return tuple(
        Option(value=str(order.pk), words=f"{order.number}, {order.buyer.name}")
        for order in rows.order_by("-id")
    )


def _words_of_metrc(kind: str) -> Callable[[int], tuple[Option, ...]]:
    def listed(license_id: int) -> tuple[Option, ...]:
        rows = ReferenceValue.objects.filter(license_id=license_id, kind=kind).order_by("name")
        return _same(rows.values_list("name", flat=True))

    return listed


_LISTS: dict[ListOf, Callable[[int], tuple[Option, ...]]] = {
    ListOf.PACKAGES: _packages,
    ListOf.TAGS: _tags,
    ListOf.ITEMS: _items,
    ListOf.LOCATIONS: _locations,
    ListOf.PARTNERS: _transporters,
    ListOf.BUYERS: _buyers,
    ListOf.LABORATORIES: _laboratories,
    ListOf.DRIVERS: _drivers,
    ListOf.VEHICLES: _vehicles,
    ListOf.PEOPLE: _people,
    ListOf.ORDERS: _orders,
    ListOf.UNITS: _words_of_metrc("unit_of_measure"),
    ListOf.TRANSFER_TYPES: _words_of_metrc("transfer_type"),
    ListOf.ADJUST_REASONS: _words_of_metrc("adjust_reason"),
    ListOf.ITEM_CATEGORIES: _words_of_metrc("item_category"),
    ListOf.LOCATION_TYPES: _words_of_metrc("location_type"),
}
