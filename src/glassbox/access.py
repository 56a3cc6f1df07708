"""require(), reading(): the one place where permission is asked and the reader's wall is set."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Now

from glassbox.models.companies import License
from glassbox.models.people import RoleGrant
from glassbox.rules.actor import Actor
from glassbox.rules.permissions import GUESTS, ROLE_PERMISSIONS, Permission, Role, permissions_of
from glassbox.rules.verdicts import NotFound, Refused


class NotPermitted(Refused):
    """The actor's roles at this licence do not allow it. Remembered in the ledger."""

    code = "access.not-permitted"

    def __init__(self, message: str, *, permission: str, license_id: int) -> None:
        super().__init__(message)
        self.permission = permission
        self.license_id = license_id


def _grants_in_force() -> Q:
    return Q(valid_from__lte=Now()) & (Q(valid_until__isnull=True) | Q(valid_until__gt=Now()))


def roles_at(actor: Actor, license_id: int) -> frozenset[Role]:
    """Return the roles the actor holds at a licence now, read from the database each time."""
    if actor.user_id is None:
        return frozenset({Role.SYSTEM})
    if actor.limits is not None and actor.limits.license_id != license_id:
        return frozenset()
    grants = RoleGrant.objects.filter(
        _grants_in_force(), user_id=actor.user_id, license_id=license_id, user__is_active=True
    )
    return frozenset(Role(role) for role in grants.values_list("role", flat=True))


def permissions_at(actor: Actor, license_id: int) -> frozenset[Permission]:
    """Return everything the actor may do at a licence now."""
    return _within_limits(actor, permissions_of(roles_at(actor, license_id)))


def _within_limits(actor: Actor, permissions: frozenset[Permission]) -> frozenset[Permission]:
    return permissions if actor.limits is None else permissions & actor.limits.permissions


def require(actor: Actor, permission: Permission, *, license_id: int) -> None:
    """Refuse unless the actor may do this at this licence. Asked once, in the operation.

    :raises NotFound: if the actor holds no role there at all, so that ids reveal nothing
    :raises NotPermitted: if their roles do not allow it
    """
    roles = roles_at(actor, license_id)
    if not roles:
        raise NotFound("There is no such licence.")
    if permission not in _within_limits(actor, permissions_of(roles)):
        raise NotPermitted(
            f"{actor.name} may not {permission.value.replace('.', ' › ')} at this licence.",
            permission=permission.value,
            license_id=license_id,
        )


def guest_until(actor: Actor) -> datetime | None:
    """Return until when a guest may read; None for whoever is more than a guest, or nobody."""
    if actor.user_id is None:
        return None
    grants = RoleGrant.objects.filter(_grants_in_force(), user_id=actor.user_id)
    held = list(grants.values_list("role", "valid_until"))
    ends = [until for role, until in held if role in GUESTS and until is not None]
    return max(ends) if ends and len(ends) == len(held) else None


def license_ids_of(actor: Actor) -> tuple[int, ...]:
    """Return the ids of the licences the actor may look into, in order."""
    if actor.user_id is None:
        return tuple(License.objects.order_by("id").values_list("id", flat=True))
    grants = RoleGrant.objects.filter(
        _grants_in_force(), user_id=actor.user_id, user__is_active=True
    )
    readable = [role.value for role in Role if Permission.PACKAGE_READ in ROLE_PERMISSIONS[role]]
    if actor.limits is not None:
        if Permission.PACKAGE_READ not in actor.limits.permissions:
            return ()
        grants = grants.filter(license_id=actor.limits.license_id)
    ids = grants.filter(role__in=readable).values_list("license_id", flat=True)
    return tuple(sorted(set(ids)))


@contextmanager
def reading(actor: Actor, *, license_id: int | None = None) -> Iterator[tuple[int, ...]]:
    """Open the read transaction of a door, walled to the licences the actor may see.

    Inside an operation's transaction the wall already stands and nothing changes.

    :raises NotFound: if `license_id` is given and is not one of them
    """
    if connection.in_atomic_block:
        yield (license_id,) if license_id is not None else license_ids_of(actor)
        return
    with transaction.atomic(durable=True):
        visible = license_ids_of(actor)
        if license_id is not None:
            if license_id not in visible:
                raise NotFound("There is no such licence.")
            visible = (license_id,)
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
            cursor.execute(
                "SELECT set_config('app.licenses', %s, true)", [",".join(map(str, visible))]
            )
        yield visible
