"""Inspectors as guests: let in for some days by a link of their own, and sent away again."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.audit.models import ComplianceEvent
from glassbox.models.companies import License
from glassbox.models.people import RoleGrant, User
from glassbox.operations.sign_in import password_link
from glassbox.operations.transaction import operation
from glassbox.rules.actor import Actor
from glassbox.rules.permissions import Permission, Role
from glassbox.rules.verdicts import InvalidInput, NotFound

DAYS_AT_MOST = 30
PATH_CHARACTERS = 120


@operation
def invite_inspector(
    *,
    actor: Actor,
    license_id: int,
    name: str,
    email: str,
    last_day: date,
    reason: str,
    now: datetime,
) -> str:
    """Let an inspector read this licence until the end of a day, and return their link.

    By the link they set a password that nobody else knows, once, within 24 hours. Somebody who was
    let in before gets a new link and new days, and their old password opens nothing.

    :raises InvalidInput: if the e-mail is somebody else's, or the day is past or too far off
    """
    access.require(actor, Permission.INSPECTOR_MANAGE, license_id=license_id)
    license = License.objects.get(id=license_id)
    ends = _end_of(license, last_day, now)
    if not name.strip() or not reason.strip():
        raise InvalidInput(field="name", value=name, way_out="Give a name and a reason.")
    user = _guest(license, name.strip(), email.strip(), now)
    _end_grants(license_id, user.pk, now)
    grant = RoleGrant.objects.create(
        company_id=license.company_id,
        license=license,
        user=user,
        role=Role.INSPECTOR,
        valid_from=now,
        valid_until=ends,
        granted_by_id=actor.user_id,
    )
    ledger.append(
        type=EventType.INSPECTOR_INVITED,
        subject=f"user:{user.pk}",
        actor=actor,
        reason=reason.strip(),
        body={"grant_id": grant.pk, "until": ends.isoformat()},
        now=now,
    )
    return password_link(user)


@operation
def end_inspector(*, actor: Actor, license_id: int, grant_id: int, now: datetime) -> None:
    """End an inspector's access now; their next click finds nothing.

    :raises NotFound: if no such access is in force here
    """
    access.require(actor, Permission.INSPECTOR_MANAGE, license_id=license_id)
    grant = RoleGrant.objects.filter(
        id=grant_id, license_id=license_id, role=Role.INSPECTOR, valid_until__gt=now
    ).first()
    if grant is None:
        raise NotFound("There is no such access of an inspector in force here.")
    grant.valid_until = now
    grant.save(update_fields=["valid_until"])
    ledger.append(
        type=EventType.INSPECTOR_ENDED,
        subject=f"user:{grant.user_id}",
        actor=actor,
        reason="The access of the inspector was ended",
        body={"grant_id": grant.pk},
        now=now,
    )


@operation
def remember_page_seen(*, actor: Actor, license_id: int, path: str, now: datetime) -> None:
    """Write that a guest has looked at a page of this licence: once a page and sign-in."""
    access.require(actor, Permission.AUDIT_READ, license_id=license_id)
    subject = f"page:{path[:PATH_CHARACTERS]}"
    seen = ComplianceEvent.objects.filter(
        license_id=license_id,
        subject=subject,
        actor_id=actor.user_id,
        record__actor__session=actor.session,
    )
    if seen.exists():
        return
    ledger.append(
        type=EventType.PAGE_SEEN,
        subject=subject,
        actor=actor,
        reason="A guest looked at it",
        now=now,
    )


@operation
def refuse_guest(*, actor: Actor, license_id: int, now: datetime) -> None:
    """Refuse a guest who presses a button, and remember it: guests hold no right to change.

    :raises NotPermitted: always, for a guest
    """
    access.require(actor, Permission.ACTION_DRAFT, license_id=license_id)


def _end_of(license: License, last_day: date, now: datetime) -> datetime:
    zone = ZoneInfo(license.time_zone)
    today = now.astimezone(zone).date()
    if not today <= last_day <= today + timedelta(days=DAYS_AT_MOST):
        raise InvalidInput(
            field="Last day",
            value=last_day,
            way_out=f"Choose a day from today on, {DAYS_AT_MOST} days ahead at most.",
        )
    return datetime.combine(last_day + timedelta(days=1), time.min, zone)


def _guest(license: License, name: str, email: str, now: datetime) -> User:
    """Return the inspector as a person of their own; nobody of the brand becomes one."""
    try:
        validate_email(email)
    except ValidationError as problem:
        raise InvalidInput(
            field="E-mail", value=email, way_out="Give an address such as name@agency.example."
        ) from problem
    user = User.objects.filter(email__iexact=email).first()
    if user is None:
        return User.objects.create(
            company_id=license.company_id,
            email=email,
            name=name,
            password=make_password(None),
            created_at=now,
        )
    holds_more = RoleGrant.objects.filter(user=user).exclude(role=Role.INSPECTOR).exists()
    if user.company_id != license.company_id or holds_more or not user.is_active:
        raise InvalidInput(
            field="E-mail", value=email, way_out="It belongs to somebody else; use another."
        )
    user.name, user.password = name, make_password(None)
    user.save(update_fields=["name", "password"])
    return user


def _end_grants(license_id: int, user_id: int, now: datetime) -> None:
    RoleGrant.objects.filter(
        license_id=license_id, user_id=user_id, role=Role.INSPECTOR, valid_until__gt=now
    ).update(valid_until=now)
