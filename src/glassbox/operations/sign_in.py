"""What is remembered of signing in: who came how, who was refused, what was confirmed, what changed."""

from __future__ import annotations

from datetime import datetime, timedelta

from allauth.account.app_settings import PASSWORD_RESET_TOKEN_GENERATOR as default_token_generator
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.urls import reverse

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.people import ProviderIdentity, RoleGrant, User
from glassbox.operations.company import require_the_machine
from glassbox.operations.transaction import operation, unscoped_operation
from glassbox.rules.actor import Actor, system_actor
from glassbox.rules.permissions import Permission
from glassbox.rules.verdicts import InvalidInput, NotFound

REASON_AT_MOST = 500


@unscoped_operation
def remember_sign_in(*, actor: Actor, how: str, now: datetime) -> None:
    """Write that a person signed in, and with what; forget the sessions that ended long ago."""
    _append(EventType.SESSION_SIGNED_IN, actor, f"Signed in with {how}", now)
    _forget_ended_in_transaction(now)


def _forget_ended_in_transaction(now: datetime) -> None:
    """Delete sessions that are over, and the browsers and addresses that were noted with them."""
    Session.objects.filter(expire_date__lt=now).delete()
    # A sign-in under way may have noted its browser before its session is kept.
    noted = UserSession.objects.filter(created_at__lt=now - timedelta(days=1))
    noted.exclude(session_key__in=Session.objects.values("session_key")).delete()


@unscoped_operation
def remember_refusal(*, email: str, why: str, now: datetime) -> None:
    """Write that a sign-in was refused. Whose address it is stays between us and the ledger."""
    user = User.objects.filter(email__iexact=email).first()
    ledger.append(
        type=EventType.SESSION_REFUSED,
        subject=f"user:{user.pk}" if user else "user:unknown",
        actor=system_actor("sign-in"),
        reason=why,
        now=now,
    )


@operation
def remember_confirmation(
    *, actor: Actor, license_id: int, meaning: str, how: str, now: datetime
) -> None:
    """Write that a person proved anew who they are, and what the proof was for."""
    ledger.append(
        type=EventType.SESSION_CONFIRMED,
        subject=f"user:{actor.user_id}",
        actor=actor,
        reason=meaning[:REASON_AT_MOST],
        body={"with": how},
        now=now,
    )


@unscoped_operation
def remember_factor(*, actor: Actor, factor: str, is_added: bool, now: datetime) -> None:
    """Write that a person added or removed a second factor."""
    type = EventType.FACTOR_ADDED if is_added else EventType.FACTOR_REMOVED
    _append(type, actor, f"{factor} was {'added' if is_added else 'removed'}", now)


@unscoped_operation
def remember_password_change(*, actor: Actor, how: str, now: datetime) -> None:
    """Write that a password was set."""
    _append(EventType.PASSWORD_CHANGED, actor, f"The password was {how}", now)


@unscoped_operation
def remember_session_end(*, actor: Actor, why: str, now: datetime) -> None:
    """Write that a session was ended."""
    _append(EventType.SESSION_ENDED, actor, why, now)


@operation
def end_sessions(*, actor: Actor, license_id: int, user_id: int, reason: str, now: datetime) -> int:
    """Sign a person out everywhere, and return of how many places; their next click finds nothing.

    :raises NotFound: if they never held a role here
    :raises InvalidInput: if no reason is given
    """
    access.require(actor, Permission.USER_DEACTIVATE, license_id=license_id)
    if not reason.strip():
        raise InvalidInput(field="reason", value=reason, way_out="Say why they are signed out.")
    if not RoleGrant.objects.filter(license_id=license_id, user_id=user_id).exists():
        raise NotFound("There is no such person at work at this licence.")
    sessions = UserSession.objects.filter(user_id=user_id)
    keys = list(sessions.values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    sessions.filter(session_key__in=keys).delete()
    ledger.append(
        type=EventType.SESSION_ENDED,
        subject=f"user:{user_id}",
        actor=actor,
        reason=reason.strip(),
        body={"sessions": len(keys)},
        now=now,
    )
    return len(keys)


def _append(type: EventType, actor: Actor, reason: str, now: datetime) -> None:
    ledger.append(type=type, subject=f"user:{actor.user_id}", actor=actor, reason=reason, now=now)


@unscoped_operation
def make_sign_in_link(*, actor: Actor, email: str, now: datetime) -> str:
    """Return the address at which a person sets a password, once, within 24 hours.

    :raises OnlyFromTheMachine: if a person asks through a page
    :raises NotFound: if nobody at work has this e-mail
    """
    require_the_machine(actor)
    user = _at_work(email)
    ledger.append(
        type=EventType.SESSION_LINK_MADE,
        subject=f"user:{user.pk}",
        actor=actor,
        reason="A link that sets a password was made",
        now=now,
    )
    return password_link(user)


def password_link(user: User) -> str:
    """Return a new address at which a person sets a password, once, within 24 hours."""
    key = default_token_generator().make_token(user)
    path = reverse(
        "account_reset_password_from_key", kwargs={"uidb36": user_pk_to_url_str(user), "key": key}
    )
    return f"{settings.GLASSBOX_PUBLIC_URL}{path}"


@unscoped_operation
def forget_factors(*, actor: Actor, email: str, reason: str, now: datetime) -> None:
    """Remove every factor of a person who lost them; the next sign-in sets up new ones.

    Who they are to their company's OpenID provider is forgotten too: the next time binds anew.

    :raises OnlyFromTheMachine: if a person asks through a page
    :raises NotFound: if nobody at work has this e-mail
    """
    require_the_machine(actor)
    user = _at_work(email)
    # A new password goes with it, and so does every session.
    user.set_unusable_password()
    user.save(update_fields=["password"])
    Authenticator.objects.filter(user_id=user.pk).delete()
    ProviderIdentity.objects.filter(user_id=user.pk).delete()
    ledger.append(
        type=EventType.FACTOR_REMOVED,
        subject=f"user:{user.pk}",
        actor=actor,
        reason=reason,
        now=now,
    )


def _at_work(email: str) -> User:
    user = User.objects.select_for_update().filter(email__iexact=email, is_active=True).first()
    if user is None:
        raise NotFound("Nobody at work has this e-mail.")
    return user
