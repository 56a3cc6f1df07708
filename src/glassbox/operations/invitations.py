"""Invite a person by mail: to one role at a licence, with a link that sets their password."""

from __future__ import annotations

from datetime import date, datetime
from smtplib import SMTPException

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.validators import validate_email

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.companies import License
from glassbox.models.people import User
from glassbox.operations.roles import grant_role_in_transaction
from glassbox.operations.sign_in import password_link
from glassbox.operations.transaction import operation
from glassbox.queries.ledger_state import restored_at
from glassbox.rules.actor import Actor
from glassbox.rules.permissions import Permission
from glassbox.rules.verdicts import InvalidInput, Refused

NAME_CHARACTERS = 120


class MailNotSent(Refused):
    """The mail server did not take an invitation. The person and the role stand."""

    code = "invitation.mail-not-sent"


def invite_person(
    *,
    actor: Actor,
    license_id: int,
    name: str,
    email: str,
    role: str,
    last_day: date | None = None,
    now: datetime,
) -> None:
    """Add a person with one role at a licence, and mail them a link that sets their password.

    The link works once, for 24 hours, and is shown to nobody else: whoever invites must not be able
    to sign in as the invited. The mail goes out after the person stands in our books.

    :raises InvalidInput: if the name or e-mail is none, or somebody has the e-mail already
    :raises MailNotSent: if the mail server does not take it; the person is added all the same
    :raises Refused: if this installation sends no mail, or is in restore mode
    """
    if not settings.GLASSBOX_MAIL_IS_SET_UP:
        raise Refused(
            "This installation sends no mail yet, so nobody can be invited. Whoever runs it sets "
            "GLASSBOX_MAIL_HOST first."
        )
    link = _add(
        actor=actor,
        license_id=license_id,
        name=name.strip(),
        email=email.strip(),
        role=role,
        last_day=last_day,
        now=now,
    )
    try:
        _mail(actor, email.strip(), link)
    except (OSError, SMTPException) as problem:
        raise MailNotSent(
            f"{name.strip()} is added and holds the role, but the mail server did not take the "
            "invitation. They get a link of their own by *Forgotten password* at the sign-in."
        ) from problem


@operation
def _add(
    *,
    actor: Actor,
    license_id: int,
    name: str,
    email: str,
    role: str,
    last_day: date | None,
    now: datetime,
) -> str:
    access.require(actor, Permission.COMPANY_MANAGE, license_id=license_id)
    if restored_at() is not None:
        raise Refused(
            "This is a restored copy in restore mode, which mails nobody. Invite once the writes are "
            "open again."
        )
    if not name or len(name) > NAME_CHARACTERS:
        raise InvalidInput(
            field="Name", value=name, way_out=f"Give 1 to {NAME_CHARACTERS} characters."
        )
    try:
        validate_email(email)
    except ValidationError as problem:
        raise InvalidInput(
            field="E-mail", value=email, way_out="Give an address such as name@brand.example."
        ) from problem
    if User.objects.filter(email__iexact=email).exists():
        raise InvalidInput(
            field="E-mail",
            value=email,
            way_out="It is known already. Grant a role to whoever has it here, or use another.",
        )
    license = License.objects.get(id=license_id)
    user = User(company_id=license.company_id, email=email, name=name, created_at=now)
    user.set_unusable_password()
    user.save()
    ledger.append(
        type=EventType.USER_INVITED,
        subject=f"user:{user.pk}",
        actor=actor,
        reason="A person was invited by mail",
        now=now,
    )
    grant_role_in_transaction(
        actor=actor, license=license, user_id=user.pk, role=role, last_day=last_day, now=now
    )
    return password_link(user)


def _mail(actor: Actor, email: str, link: str) -> None:
    EmailMessage(
        "You are invited to Glassbox",
        f"{actor.name} has given you a place in Glassbox. This link sets your password; it works "
        f"once, within 24 hours:\n\n{link}\n\nAfter it you set up a second factor. If you expected "
        "no such mail, do nothing, and tell your company.\n",
        to=[email],
        headers={"Auto-Submitted": "auto-generated"},
    ).send()
