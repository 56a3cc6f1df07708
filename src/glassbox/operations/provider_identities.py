"""Binding a person to who they are at their company's OpenID provider, and unbinding them."""

from __future__ import annotations

from datetime import datetime

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import IntegrityError

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.companies import License
from glassbox.models.people import ProviderIdentity, RoleGrant, User
from glassbox.operations.person import person_id
from glassbox.operations.transaction import operation, savepoint, unscoped_operation
from glassbox.queries.factors import has_own_way_in
from glassbox.queries.sign_on_providers import provider_name
from glassbox.rules.actor import Actor
from glassbox.rules.permissions import Permission
from glassbox.rules.verdicts import InvalidInput, NotFound, Refused

# In allauth's record of a session: by which identity it began.
BEGAN_BY = "provider_identity"
ONLY_WAY_IN = (
    "It is your only way in: you need a password and a second factor of your own first. Sign out, "
    "and let Forgotten password on the sign-in page mail you a link."
)


class BoundOtherwise(Refused):
    """The person, or the identity, is bound to another one already."""

    code = "sign-on.bound-otherwise"


class LastWayIn(Refused):
    """Without the provider this person could not sign in any more."""

    code = "sign-on.last-way-in"


@unscoped_operation
def bind_identity(
    *,
    actor: Actor,
    issuer: str,
    subject: str,
    session_key: str,
    was_bound: bool = False,
    now: datetime,
) -> bool:
    """Bind a person who has just signed in whole to their identity; return whether it is new.

    From then on the provider's own id of them counts, and their address there no longer does. The
    session of this key is marked as begun by it, and ends with it. `was_bound` says that they came
    in as somebody bound: then nothing is bound anew.

    :raises BoundOtherwise: if one of the two is bound to another, or they were unbound meanwhile
    """
    user_id = person_id(actor)
    ours = ProviderIdentity.objects.filter(user_id=user_id, issuer=issuer, subject=subject)
    # Locked, so that whoever unbinds at this moment finds the mark below, or we find nothing here.
    identity = ours.select_for_update().first()
    is_new = identity is None
    if identity is None:
        if was_bound:
            raise BoundOtherwise("The person was unbound while they signed in.")
        try:
            with savepoint():
                identity = ProviderIdentity.objects.create(
                    user_id=user_id, issuer=issuer, subject=subject, bound_at=now
                )
        except IntegrityError as taken:
            raise BoundOtherwise("The identity or the person is bound to another.") from taken
        ledger.append(
            type=EventType.FACTOR_ADDED,
            subject=f"user:{user_id}",
            actor=actor,
            reason=f"The sign-in of {provider_name(issuer)} was added",
            now=now,
        )
    UserSession.objects.filter(session_key=session_key).update(data={BEGAN_BY: identity.pk})
    return is_new


@unscoped_operation
def unbind_myself(*, actor: Actor, now: datetime) -> str:
    """Forget who a person is to their company's provider; return the provider's name.

    Every session that began by it ends, this one too if it did.

    :raises NotFound: if they are bound to none
    :raises LastWayIn: if they have no password, or no second factor where one is asked for
    """
    user, identity = _bound(person_id(actor))
    if not has_own_way_in(user):
        raise LastWayIn(ONLY_WAY_IN)
    name = provider_name(identity.issuer)
    _forget(identity, actor, reason=f"The sign-in of {name} was removed", now=now)
    return name


@operation
def unbind_person(
    *, actor: Actor, license_id: int, user_id: int, reason: str, now: datetime
) -> str:
    """Forget who somebody else is to their company's provider; return the provider's name.

    Their password and second factor stay, and open what they opened. Sessions that began by the
    provider end.

    :raises NotFound: if they are not of this company, hold no role here, or are bound to none
    :raises InvalidInput: if no reason is given, or it is the actor
    """
    access.require(actor, Permission.USER_DEACTIVATE, license_id=license_id)
    if user_id == actor.user_id:
        raise InvalidInput(
            field="person", value=actor.name, way_out="Unbind yourself under Your sign-in."
        )
    if not reason.strip():
        raise InvalidInput(field="reason", value=reason, way_out="Say why they are unbound.")
    ours = RoleGrant.objects.filter(
        license_id=license_id,
        user_id=user_id,
        user__company_id=License.objects.get(id=license_id).company_id,
    )
    if not ours.exists():
        raise NotFound("There is no such person at work at this licence.")
    _, identity = _bound(user_id)
    name = provider_name(identity.issuer)
    _forget(identity, actor, reason=reason.strip(), now=now)
    return name


def _bound(user_id: int) -> tuple[User, ProviderIdentity]:
    """Return a person and their identity, both locked: of two who unbind, one finds nothing."""
    user = User.objects.select_for_update().get(id=user_id)
    identity = ProviderIdentity.objects.select_for_update().filter(user_id=user_id).first()
    if identity is None:
        raise NotFound("This person is bound to no company's sign-in.")
    return user, identity


def _forget(identity: ProviderIdentity, actor: Actor, *, reason: str, now: datetime) -> None:
    begun = UserSession.objects.filter(
        user_id=identity.user_id, data__contains={BEGAN_BY: identity.pk}
    )
    keys = list(begun.values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    begun.filter(session_key__in=keys).delete()
    ledger.append(
        type=EventType.FACTOR_REMOVED,
        subject=f"user:{identity.user_id}",
        actor=actor,
        reason=reason,
        body={
            "issuer": identity.issuer,
            "bound_at": identity.bound_at.isoformat(),
            "sessions": len(keys),
        },
        now=now,
    )
    identity.delete()
