"""person_id(): what only a person may do names that person."""

from __future__ import annotations

from glassbox import access
from glassbox.rules.actor import Actor
from glassbox.rules.permissions import Permission
from glassbox.rules.verdicts import Refused


class OnlyAPerson(Refused):
    """The system signs, counts and decides nothing."""

    code = "actor.not-a-person"


class NotTwoPeople(Refused):
    """Two people are needed, and the second must be allowed to do this too."""

    code = "actor.one-person"


def person_id(actor: Actor) -> int:
    """Return the id of the person who acts.

    :raises OnlyAPerson: if the system acts
    """
    if actor.user_id is None:
        raise OnlyAPerson("Only a person may do this.")
    return actor.user_id


def require_second_person(
    actor: Actor, permission: Permission, *, license_id: int, user_id: int
) -> None:
    """Refuse unless the named second person is another one who may do this here.

    :raises NotTwoPeople: if it is the same person, or one without the right
    """
    if user_id == actor.user_id:
        raise NotTwoPeople("The second person must be somebody else.")
    second = Actor(user_id=user_id, name="the second person", via=actor.via, session=None)
    if permission not in access.permissions_at(second, license_id):
        raise NotTwoPeople("The second person may not do this here.")
