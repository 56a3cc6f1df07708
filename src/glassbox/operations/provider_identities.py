"""Binding a person to who they are at their company's OpenID provider."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError

from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.people import ProviderIdentity
from glassbox.operations.person import person_id
from glassbox.operations.transaction import savepoint, unscoped_operation
from glassbox.rules.actor import Actor
from glassbox.rules.verdicts import Refused


class BoundOtherwise(Refused):
    """The person, or the identity, is bound to another one already."""

    code = "sign-on.bound-otherwise"


@unscoped_operation
def bind_identity(*, actor: Actor, issuer: str, subject: str, name: str, now: datetime) -> bool:
    """Bind a person who has just signed in whole to their identity; return whether it is new.

    From then on the provider's own id of them counts, and their address there no longer does.

    :raises BoundOtherwise: if one of the two is bound to another already
    """
    user_id = person_id(actor)
    try:
        with savepoint():
            ProviderIdentity.objects.create(
                user_id=user_id, issuer=issuer, subject=subject, bound_at=now
            )
    except IntegrityError as taken:
        if ProviderIdentity.objects.filter(
            user_id=user_id, issuer=issuer, subject=subject
        ).exists():
            return False
        raise BoundOtherwise("The identity or the person is bound to another.") from taken
    ledger.append(
        type=EventType.FACTOR_ADDED,
        subject=f"user:{user_id}",
        actor=actor,
        reason=f"The sign-in of {name} was added",
        now=now,
    )
    return True
