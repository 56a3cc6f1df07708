"""Grant and end roles at a licence. A grant is never edited: it is closed by its end."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.companies import License
from glassbox.models.people import RoleGrant, User
from glassbox.operations.transaction import operation
from glassbox.queries.people import grants_in_force
from glassbox.rules.actor import Actor
from glassbox.rules.permissions import GUESTS, Permission, Role
from glassbox.rules.verdicts import InvalidInput, NotFound, Refused

# A guest is let in, and is nobody of the brand; the system is nobody at all.
GRANTED_ROLES = tuple(sorted(role.value for role in set(Role) - GUESTS - {Role.SYSTEM}))


class OwnRole(Refused):
    """Nobody changes what they may do themselves."""

    code = "company.own-role"


@operation
def grant_role(
    *,
    actor: Actor,
    license_id: int,
    user_id: int,
    role: str,
    last_day: date | None = None,
    now: datetime,
) -> int:
    """Grant a role at a licence, from now on, until the end of a day of the licence if one is given.

    :raises InvalidInput: if there is no such role, the person holds it already, or the day is past
    :raises OwnRole: if somebody grants one to themselves
    :raises NotFound: if this company has no such person at work
    """
    if not actor.is_system:
        access.require(actor, Permission.COMPANY_MANAGE, license_id=license_id)
    if user_id == actor.user_id:
        raise OwnRole("Nobody grants a role to themselves. Ask another owner.")
    return grant_role_in_transaction(
        actor=actor,
        license=License.objects.get(id=license_id),
        user_id=user_id,
        role=role,
        last_day=last_day,
        now=now,
    )


def grant_role_in_transaction(
    *,
    actor: Actor,
    license: License,
    user_id: int,
    role: str,
    last_day: date | None,
    now: datetime,
) -> int:
    """Grant a role as `grant_role` does, within its caller's transaction."""
    if role not in GRANTED_ROLES:
        raise InvalidInput(field="role", value=role, way_out=f"Use {', '.join(GRANTED_ROLES)}.")
    # Locked, so that two who press at once do not both find no role.
    user = (
        User.objects.select_for_update()
        .filter(id=user_id, company_id=license.company_id, is_active=True)
        .first()
    )
    if user is None:
        raise NotFound("There is no such person at work in this company.")
    zone = ZoneInfo(license.time_zone)
    if last_day is not None and last_day < now.astimezone(zone).date():
        raise InvalidInput(field="Last day", value=last_day, way_out="Choose today or later.")
    held = RoleGrant.objects.filter(license=license, user=user, role=role)
    if held.filter(grants_in_force(now)).exists():
        raise InvalidInput(field="role", value=role, way_out="This person holds it already.")
    until = datetime.combine(last_day + timedelta(days=1), time.min, zone) if last_day else None
    grant = RoleGrant.objects.create(
        company_id=license.company_id,
        license=license,
        user=user,
        role=role,
        valid_from=now,
        valid_until=until,
        granted_by_id=actor.user_id,
    )
    ledger.append(
        type=EventType.ROLE_GRANTED,
        subject=f"user:{user_id}",
        actor=actor,
        reason=f"The role {role} was granted",
        body={"role": role} | ({"until": until.isoformat()} if until else {}),
        now=now,
    )
    return grant.pk


@operation
def end_role(*, actor: Actor, license_id: int, grant_id: int, now: datetime) -> None:
    """End a role at a licence; the next request of the person no longer has it.

    :raises NotFound: if there is no such grant in force here
    :raises OwnRole: if it is the actor's own
    """
    access.require(actor, Permission.COMPANY_MANAGE, license_id=license_id)
    grant = RoleGrant.objects.filter(
        grants_in_force(now), id=grant_id, license_id=license_id, role__in=GRANTED_ROLES
    ).first()
    if grant is None:
        raise NotFound("There is no such role in force here.")
    if grant.user_id == actor.user_id:
        raise OwnRole("Nobody ends a role of their own. Ask another owner.")
    close_grant_in_transaction(
        grant, actor=actor, reason=f"The role {grant.role} was ended", now=now
    )


def close_grant_in_transaction(
    grant: RoleGrant, *, actor: Actor, reason: str, now: datetime
) -> None:
    """Close a grant by its end, an event of its licence."""
    grant.valid_until = now
    grant.save(update_fields=["valid_until"])
    ledger.append(
        type=EventType.ROLE_ENDED,
        subject=f"user:{grant.user_id}",
        actor=actor,
        reason=reason,
        body={"role": grant.role},
        now=now,
    )
