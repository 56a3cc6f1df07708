"""Who holds which role at a licence, and who of the company could hold one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from glassbox import access
from glassbox.models.companies import License
from glassbox.models.people import RoleGrant, User
from glassbox.queries.choices import Option
from glassbox.queries.people import grants_in_force
from glassbox.rules.actor import Actor
from glassbox.rules.permissions import GUESTS
from glassbox.rules.verdicts import NotFound


@dataclass(frozen=True, kw_only=True)
class RoleRow:
    """One role that somebody holds. `until` is None where it has no end yet."""

    grant_id: int
    license_number: str
    user_id: int
    name: str
    email: str
    role: str
    since: datetime
    until: datetime | None
    granted_by: str


def role_rows(*, actor: Actor, license_ids: tuple[int, ...], now: datetime) -> tuple[RoleRow, ...]:
    """Return every role held at these licences now, the access of guests not among it."""
    with access.reading(actor) as visible:
        grants = RoleGrant.objects.filter(
            grants_in_force(now), license_id__in=set(license_ids) & set(visible)
        ).exclude(role__in=GUESTS)
        return tuple(map(_row, _in_order(grants)))


def role_row(*, actor: Actor, license_id: int, grant_id: int, now: datetime) -> RoleRow:
    """Return one role held at a licence.

    :raises NotFound: if there is no such role in force here
    """
    found = role_rows(actor=actor, license_ids=(license_id,), now=now)
    row = next((one for one in found if one.grant_id == grant_id), None)
    if row is None:
        raise NotFound("There is no such role in force here.")
    return row


def colleagues(*, actor: Actor, license_id: int) -> tuple[Option, ...]:
    """Return everybody at work in the company of a licence but the actor, guests left out."""
    with access.reading(actor, license_id=license_id):
        company_id = License.objects.get(id=license_id).company_id
        guests = RoleGrant.objects.filter(role__in=GUESTS).values("user_id")
        people = (
            User.objects.filter(company_id=company_id, is_active=True)
            .exclude(id=actor.user_id or 0)
            .exclude(id__in=guests)
            .order_by("name", "id")
        )
        return tuple(Option(value=str(one.pk), words=f"{one.name}, {one.email}") for one in people)


def _in_order(grants: QuerySet[RoleGrant]) -> QuerySet[RoleGrant]:
    return grants.select_related("license", "user", "granted_by").order_by(
        "-license__kind", "license__number", "user__name", "role"
    )


def _row(grant: RoleGrant) -> RoleRow:
    return RoleRow(
        grant_id=grant.pk,
        license_number=grant.license.number,
        user_id=grant.user_id,
        name=grant.user.name,
        email=grant.user.email,
        role=grant.role,
        since=grant.valid_from,
        until=grant.valid_until,
        granted_by=grant.granted_by.name if grant.granted_by else "Glassbox",
    )
