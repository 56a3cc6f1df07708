"""Words and people at a go-live: items and rooms METRC no longer lists, people not yet matched."""

from __future__ import annotations

from dataclasses import dataclass

from glassbox.models.catalog import Item, Location, MetrcEmployee
from glassbox.models.packages import PackageSnapshot
from glassbox.models.people import RoleGrant, User
from glassbox.models.takeover import PersonMatch
from glassbox.queries.freshness import freshness_of
from glassbox.rules.package_state import PackageList
from glassbox.rules.permissions import ROLE_PERMISSIONS, Permission, Role
from glassbox.rules.takeover import Suggestion, suggest_employees

ON_THE_SHELF = (PackageList.ACTIVE, PackageList.ON_HOLD)
ACTS_IN_METRC = frozenset({Permission.ACTION_DRAFT, Permission.ACTION_ATTEST})


@dataclass(frozen=True, kw_only=True)
class UnknownName:
    """A name that open packages bear and METRC's list of active ones does not."""

    name: str
    labels: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class PersonToMatch:
    """One person who acts in METRC, whom METRC's list may mean, and who has said so."""

    user_id: int
    name: str
    email: str
    is_matched: bool
    employee_name: str
    confirmed_by: str
    suggestions: tuple[Suggestion, ...]


def unknown_items(license_id: int) -> tuple[UnknownName, ...]:
    """Return items of open packages that METRC does not list as active, inside a transaction."""
    known = Item.objects.filter(license_id=license_id, is_active=True)
    return _unknown(license_id, "item_name", "items", set(known.values_list("name", flat=True)))


def unknown_locations(license_id: int) -> tuple[UnknownName, ...]:
    """Return rooms of open packages that METRC does not list as active, inside a transaction."""
    known = Location.objects.filter(license_id=license_id, is_active=True)
    names = set(known.values_list("name", flat=True))
    return _unknown(license_id, "location_name", "locations", names)


def _unknown(license_id: int, field: str, feed: str, known: set[str]) -> tuple[UnknownName, ...]:
    read = {one.feed for one in freshness_of(license_id).feeds if one.as_of is not None}
    if feed not in read:
        # A list never read knows no name; that is said once, at the key.
        return ()
    rows = PackageSnapshot.objects.filter(
        license_id=license_id, is_newest=True, is_finished=False, list_name__in=ON_THE_SHELF
    ).exclude(**{f"{field}__in": ["", *known]})
    found: dict[str, list[str]] = {}
    for name, label in rows.order_by(field, "package__label").values_list(field, "package__label"):
        found.setdefault(name, []).append(label)
    return tuple(UnknownName(name=name, labels=tuple(labels)) for name, labels in found.items())


def people_to_match(license_id: int) -> tuple[PersonToMatch, ...]:
    """Return everybody who acts in METRC at a licence, with suggestions, inside a transaction."""
    acting = [role.value for role in Role if ROLE_PERMISSIONS[role] & ACTS_IN_METRC]
    grants = RoleGrant.objects.filter(
        license_id=license_id, valid_until__isnull=True, role__in=acting
    )
    users = User.objects.filter(id__in=grants.values("user_id"), is_active=True).order_by("name")
    employees = tuple(
        MetrcEmployee.objects.filter(license_id=license_id).values_list("id", "full_name")
    )
    matches = {
        match.user_id: match
        for match in PersonMatch.objects.filter(license_id=license_id).select_related(
            "employee", "confirmed_by"
        )
    }
    taken = {match.employee_id for match in matches.values()}
    free = [one for one in employees if one[0] not in taken]
    return tuple(_person(user, matches.get(user.pk), free) for user in users)


def _person(user: User, match: PersonMatch | None, free: list[tuple[int, str]]) -> PersonToMatch:
    return PersonToMatch(
        user_id=user.pk,
        name=user.name,
        email=user.email,
        is_matched=match is not None,
        employee_name=match.employee.full_name if match and match.employee else "",
        confirmed_by=match.confirmed_by.name if match else "",
        suggestions=() if match else suggest_employees(user.name, free),
    )
