"""Signing a person in: the password, and the event that it leaves."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.hashers import check_password, make_password

from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.people import User
from glassbox.operations.transaction import unscoped_operation
from glassbox.rules.actor import Actor
from glassbox.rules.verdicts import Refused


class SignInRefused(Refused):
    """The e-mail and the password do not belong together, or the person is deactivated."""

    code = "session.refused"


def sign_in_person(*, email: str, password: str, now: datetime) -> User:
    """Return the person whose e-mail and password these are, and write that they signed in.

    :raises SignInRefused: in the same words whatever was wrong, so that nothing is revealed
    """
    user = _check(email=email, password=password, now=now)
    if user is None:
        raise SignInRefused("This e-mail and password do not match. Check both and try again.")
    return user


@unscoped_operation
def _check(*, email: str, password: str, now: datetime) -> User | None:
    user = User.objects.filter(email__iexact=email, is_active=True).first()
    if user is None:
        # Takes the same time as a wrong password, so that the clock reveals no addresses.
        make_password(password)
        return None
    if not check_password(password, user.password):
        return None
    ledger.append(
        type=EventType.SESSION_SIGNED_IN,
        subject=f"user:{user.pk}",
        actor=Actor(user_id=user.pk, name=user.name, via="web", session=None),
        reason="Signed in with a password",
        now=now,
    )
    return user
