"""The company's own pages: licences, people, keys, items, locations, tags."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Max, Min, Q

from glassbox import access
from glassbox.models.catalog import Counterparty, Item, Location, MetrcEmployee, Tag, TagStatus
from glassbox.models.companies import Facility, License
from glassbox.models.credentials import MetrcCredential
from glassbox.models.people import RoleGrant
from glassbox.models.transfers import Driver, Vehicle
from glassbox.rules.actor import Actor
from glassbox.rules.permissions import Permission
from glassbox.rules.policy import read_policy

ROWS_AT_MOST = 500


@dataclass(frozen=True, kw_only=True)
class LicenseCard:
    """One licence with its facility as METRC describes it."""

    number: str
    kind: str
    legal_name: str
    state: str
    is_active: bool
    valid_until: date | None
    facility_name: str
    capabilities: tuple[str, ...]
    seen_at: datetime | None
    policy: str


@dataclass(frozen=True, kw_only=True)
class PersonRow:
    """One person with the roles they hold, and in whose name METRC takes what they do."""

    name: str
    email: str
    is_active: bool
    roles: tuple[tuple[str, str], ...]
    is_on_metrc_list: bool
    # For each licence with a role: whom METRC names as who acted, empty where no key is stored.
    named_by_metrc: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class KeyRow:
    """One METRC key. The key itself is never read here: the last four are all there is to see."""

    id: int
    license_number: str
    owner_name: str
    is_for_sync: bool
    last_four: str
    added_at: datetime
    last_worked_at: datetime | None
    last_refused_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class CompanyPage:
    """Licences, people and keys of the licences in sight."""

    licenses: tuple[LicenseCard, ...]
    people: tuple[PersonRow, ...]
    keys: tuple[KeyRow, ...]
    counterparties: tuple[CounterpartyRow, ...]
    may_store_keys: bool


@dataclass(frozen=True, kw_only=True)
class CounterpartyRow:
    """Another licensee we deal with."""

    license_number: str
    name: str
    kind: str
    is_active: bool
    checked_at: datetime | None


def company_page(*, actor: Actor, license_ids: tuple[int, ...]) -> CompanyPage:
    """Return the company's own page for the licences in sight."""
    with access.reading(actor):
        return CompanyPage(
            licenses=_license_cards(license_ids),
            people=_people(license_ids),
            keys=_keys(license_ids),
            may_store_keys=len(license_ids) == 1
            and Permission.CREDENTIAL_MANAGE in access.permissions_at(actor, license_ids[0]),
            counterparties=tuple(
                CounterpartyRow(
                    license_number=row.license_number,
                    name=row.name,
                    kind=row.kind,
                    is_active=row.is_active,
                    checked_at=row.checked_at,
                )
                for row in Counterparty.objects.filter(license_id__in=license_ids).order_by(
                    "license_number", "id"
                )
            ),
        )


def _license_cards(license_ids: tuple[int, ...]) -> tuple[LicenseCard, ...]:
    facilities = {f.license_id: f for f in Facility.objects.filter(license_id__in=license_ids)}
    cards = []
    for license in License.objects.filter(id__in=license_ids).order_by("-kind", "number"):
        facility = facilities.get(license.pk)
        flags = facility.flags if facility else {}
        cards.append(
            LicenseCard(
                number=license.number,
                kind=license.kind,
                legal_name=license.legal_name,
                state=license.state,
                is_active=license.is_active,
                valid_until=license.valid_until,
                facility_name=facility.name if facility else "",
                capabilities=tuple(sorted(name for name, on in flags.items() if on is True)),
                seen_at=facility.seen_at if facility else None,
                policy=read_policy(license.policy).words(),
            )
        )
    return tuple(cards)


def _people(license_ids: tuple[int, ...]) -> tuple[PersonRow, ...]:
    on_metrc_list = {
        name.casefold()
        for name in MetrcEmployee.objects.filter(license_id__in=license_ids).values_list(
            "full_name", flat=True
        )
    }
    keys = MetrcCredential.objects.filter(
        license_id__in=license_ids, revoked_at__isnull=True, is_for_sync=False
    )
    named = {(key.user_id, key.license_id): key.owner_name for key in keys}
    grants = RoleGrant.objects.filter(
        license_id__in=license_ids, valid_until__isnull=True
    ).select_related("user", "license")
    names: dict[int, dict[str, str]] = {}
    roles: dict[int, list[tuple[str, str]]] = {}
    users = {}
    for grant in grants.order_by("user__name", "license__number", "role"):
        users[grant.user_id] = grant.user
        roles.setdefault(grant.user_id, []).append((grant.license.number, grant.role))
        name = named.get((grant.user_id, grant.license_id), "")
        names.setdefault(grant.user_id, {})[grant.license.number] = name
    return tuple(
        PersonRow(
            name=user.name,
            email=user.email,
            is_active=user.is_active,
            roles=tuple(roles[user_id]),
            is_on_metrc_list=user.name.casefold() in on_metrc_list,
            named_by_metrc=tuple(names[user_id].items()),
        )
        for user_id, user in users.items()
    )


def _keys(license_ids: tuple[int, ...]) -> tuple[KeyRow, ...]:
    rows = MetrcCredential.objects.filter(license_id__in=license_ids).select_related("license")
    return tuple(
        KeyRow(
            id=row.pk,
            license_number=row.license.number,
            owner_name=row.owner_name,
            is_for_sync=row.is_for_sync,
            last_four=row.last_four,
            added_at=row.added_at,
            last_worked_at=row.last_worked_at,
            last_refused_at=row.last_refused_at,
            revoked_at=row.revoked_at,
        )
        for row in rows.order_by("license__number", "-is_for_sync", "owner_name")
    )


@dataclass(frozen=True, kw_only=True)
class ItemRow:
    """One item as METRC names it."""

    license_number: str
    name: str
    category: str
    quantity_type: str
    unit: str
    is_active: bool
    seen_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class LocationRow:
    """One location as METRC names it."""

    license_number: str
    name: str
    type_name: str
    is_active: bool
    seen_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class TagRange:
    """How many tags of one status a licence has, and the first and last of them."""

    license_number: str
    status: str
    count: int
    first: str
    last: str


@dataclass(frozen=True, kw_only=True)
class FleetRow:
    """One driver or vehicle as METRC knows it."""

    license_number: str
    what: str
    name: str
    detail: str
    is_active: bool


@dataclass(frozen=True, kw_only=True)
class CatalogPage:
    """The words a licence works with."""

    items: tuple[ItemRow, ...]
    locations: tuple[LocationRow, ...]
    tags: tuple[TagRange, ...]
    fleet: tuple[FleetRow, ...]


def catalog_page(*, actor: Actor, license_ids: tuple[int, ...]) -> CatalogPage:
    """Return items, locations, tags, drivers and vehicles; 500 rows of each at most."""
    with access.reading(actor):
        here = Q(license_id__in=license_ids)
        items = Item.objects.filter(here).select_related("license").order_by("name", "id")
        locations = Location.objects.filter(here).select_related("license").order_by("name", "id")
        return CatalogPage(
            items=tuple(_item_row(item) for item in items[:ROWS_AT_MOST]),
            locations=tuple(_location_row(location) for location in locations[:ROWS_AT_MOST]),
            tags=_tag_ranges(license_ids),
            fleet=_fleet(license_ids),
        )


def _item_row(item: Item) -> ItemRow:
    return ItemRow(
        license_number=item.license.number,
        name=item.name,
        category=item.category,
        quantity_type=item.quantity_type,
        unit=item.unit,
        is_active=item.is_active,
        seen_at=item.seen_at,
    )


def _location_row(location: Location) -> LocationRow:
    return LocationRow(
        license_number=location.license.number,
        name=location.name,
        type_name=location.type_name,
        is_active=location.is_active,
        seen_at=location.seen_at,
    )


def _tag_ranges(license_ids: tuple[int, ...]) -> tuple[TagRange, ...]:
    rows = (
        Tag.objects.filter(license_id__in=license_ids)
        .values("license__number", "status")
        .annotate(count=Count("id"), first=Min("label"), last=Max("label"))
        .order_by("license__number", "status")
    )
    return tuple(
        TagRange(
            license_number=row["license__number"],
            status=TagStatus(row["status"]),
            count=row["count"],
            first=row["first"],
            last=row["last"],
        )
        for row in rows
    )


def _fleet(license_ids: tuple[int, ...]) -> tuple[FleetRow, ...]:
    drivers = Driver.objects.filter(license_id__in=license_ids).select_related("license")
    vehicles = Vehicle.objects.filter(license_id__in=license_ids).select_related("license")
    return tuple(
        FleetRow(
            license_number=driver.license.number,
            what="Driver",
            name=driver.name,
            detail=driver.employee_id,
            is_active=driver.is_active,
        )
        for driver in drivers.order_by("name")[:ROWS_AT_MOST]
    ) + tuple(
        FleetRow(
            license_number=vehicle.license.number,
            what="Vehicle",
            name=vehicle.plate,
            detail=f"{vehicle.make} {vehicle.model}",
            is_active=vehicle.is_active,
        )
        for vehicle in vehicles.order_by("plate")[:ROWS_AT_MOST]
    )
