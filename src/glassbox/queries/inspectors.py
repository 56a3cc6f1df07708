"""Guests who may read, or might: until when, who let them in, and how many pages they saw."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count

from glassbox import access
from glassbox.audit.models import ComplianceEvent
from glassbox.models.people import RoleGrant
from glassbox.rules.actor import Actor
from glassbox.rules.permissions import Permission, Role

ROWS_AT_MOST = 100


@dataclass(frozen=True, kw_only=True)
class GuestRow:
    """One access of one guest. `pages_seen` counts what they looked at at this licence."""

    grant_id: int
    user_id: int
    name: str
    email: str
    license_number: str
    time_zone: str
    invited_by: str
    valid_from: datetime
    valid_until: datetime | None
    is_in_force: bool
    pages_seen: int


@dataclass(frozen=True, kw_only=True)
class GuestList:
    """The newest accesses, and whether the reader may let people in and send them away."""

    rows: tuple[GuestRow, ...]
    may_manage: bool


def inspector_rows(*, actor: Actor, license_ids: tuple[int, ...], now: datetime) -> GuestList:
    """Return the newest 100 accesses of inspectors, those in force first."""
    return _guests(Role.INSPECTOR, Permission.INSPECTOR_MANAGE, actor, license_ids, now)


def support_rows(*, actor: Actor, license_ids: tuple[int, ...], now: datetime) -> GuestList:
    """Return the newest 100 accesses of the vendor's support, those in force first."""
    return _guests(Role.SUPPORT, Permission.COMPANY_MANAGE, actor, license_ids, now)


def _guests(
    role: Role, manages: Permission, actor: Actor, license_ids: tuple[int, ...], now: datetime
) -> GuestList:
    with access.reading(actor):
        grants = RoleGrant.objects.filter(license_id__in=license_ids, role=role)
        found = grants.select_related("user", "license", "granted_by").order_by("-valid_until")
        seen = {
            (row["license_id"], row["actor_id"]): row["pages"]
            for row in ComplianceEvent.objects.filter(
                license_id__in=license_ids,
                type="page.seen",
                actor_id__in=grants.values_list("user_id", flat=True),
            )
            .values("license_id", "actor_id")
            .annotate(pages=Count("event_id"))
        }
        may = all(manages in access.permissions_at(actor, license_id) for license_id in license_ids)
        rows = tuple(
            GuestRow(
                grant_id=grant.pk,
                user_id=grant.user_id,
                name=grant.user.name,
                email=grant.user.email,
                license_number=grant.license.number,
                time_zone=grant.license.time_zone,
                invited_by=grant.granted_by.name if grant.granted_by else "Glassbox",
                valid_from=grant.valid_from,
                valid_until=grant.valid_until,
                is_in_force=grant.valid_until is None or grant.valid_until > now,
                pages_seen=seen.get((grant.license_id, grant.user_id), 0),
            )
            for grant in found[:ROWS_AT_MOST]
        )
    return GuestList(rows=rows, may_manage=may)
