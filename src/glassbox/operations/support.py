"""The vendor's support: its people hold nothing here until a customer lets one read, for some hours."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import QuerySet

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.companies import License
from glassbox.models.people import RoleGrant, User
from glassbox.operations.company import require_the_machine
from glassbox.operations.transaction import operation, unscoped_operation
from glassbox.rules.actor import Actor
from glassbox.rules.permissions import Permission, Role
from glassbox.rules.verdicts import InvalidInput, NotFound

HOURS_AT_MOST = 72


@unscoped_operation
def add_support_person(*, actor: Actor, email: str, name: str, now: datetime) -> int:
    """Add a person of the vendor's: of no company, with no password and no role anywhere.

    :raises OnlyFromTheMachine: if a person asks through a page
    :raises InvalidInput: if somebody has that e-mail already
    """
    require_the_machine(actor)
    if User.objects.filter(email__iexact=email).exists():
        raise InvalidInput(field="e-mail", value=email, way_out="Somebody has it; use another.")
    user = User(email=email, name=name, company=None, created_at=now)
    user.set_unusable_password()
    user.save()
    ledger.append(
        type=EventType.USER_ADDED,
        subject=f"user:{user.pk}",
        actor=actor,
        reason="A person of the vendor's support was added",
        now=now,
    )
    return user.pk


@operation
def admit_support(
    *, actor: Actor, license_id: int, email: str, hours: int, reason: str, now: datetime
) -> int:
    """Let a person of the vendor's support read this licence for some hours; return the grant's id.

    They change nothing, and every page they look at is an event. Asked again, the newer end counts.

    :raises InvalidInput: if nobody of the support has that e-mail, the hours are not 1 to 72, or
        the reason is empty
    """
    access.require(actor, Permission.COMPANY_MANAGE, license_id=license_id)
    if not 1 <= hours <= HOURS_AT_MOST:
        raise InvalidInput(field="Hours", value=hours, way_out=f"Choose 1 to {HOURS_AT_MOST}.")
    if not reason.strip():
        raise InvalidInput(field="Reason", value=reason, way_out="Say what they are to look into.")
    license = License.objects.get(id=license_id)
    user = User.objects.filter(
        email__iexact=email.strip(), company__isnull=True, is_active=True
    ).first()
    if user is None:
        raise InvalidInput(
            field="E-mail",
            value=email,
            way_out="Nobody of the vendor's support has it. Ask them for the right one.",
        )
    _in_force(license_id, now).filter(user=user).update(valid_until=now)
    until = now + timedelta(hours=hours)
    grant = RoleGrant.objects.create(
        company_id=license.company_id,
        license=license,
        user=user,
        role=Role.SUPPORT,
        valid_from=now,
        valid_until=until,
        granted_by_id=actor.user_id,
    )
    ledger.append(
        type=EventType.SUPPORT_ADMITTED,
        subject=f"user:{user.pk}",
        actor=actor,
        reason=reason.strip(),
        body={"grant_id": grant.pk, "until": until.isoformat()},
        now=now,
    )
    return grant.pk


@operation
def end_support(*, actor: Actor, license_id: int, grant_id: int, now: datetime) -> None:
    """End the support's access now; their next click finds nothing.

    :raises NotFound: if no such access is in force here
    """
    access.require(actor, Permission.COMPANY_MANAGE, license_id=license_id)
    grant = _in_force(license_id, now).filter(id=grant_id).first()
    if grant is None:
        raise NotFound("There is no such access of the support in force here.")
    grant.valid_until = now
    grant.save(update_fields=["valid_until"])
    ledger.append(
        type=EventType.SUPPORT_ENDED,
        subject=f"user:{grant.user_id}",
        actor=actor,
        reason="The access of the vendor's support was ended",
        body={"grant_id": grant.pk},
        now=now,
    )


def _in_force(license_id: int, now: datetime) -> QuerySet[RoleGrant]:
    return RoleGrant.objects.filter(license_id=license_id, role=Role.SUPPORT, valid_until__gt=now)
