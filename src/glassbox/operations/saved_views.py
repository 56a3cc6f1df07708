"""Save, rename, delete views of grids, and choose which a grid opens with.

A view changes nothing that is regulated, so no event is written of it.
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from glassbox import access
from glassbox.models.companies import License
from glassbox.models.saved_views import SavedView
from glassbox.operations.transaction import operation
from glassbox.rules.actor import Actor
from glassbox.rules.permissions import Permission
from glassbox.rules.saved_views import Grid, view_name, view_query
from glassbox.rules.verdicts import InvalidInput, NotFound, Refused

VIEWS_AT_MOST = 50


class TooManyViews(Refused):
    """A person has saved as many views of a grid as fit beside it."""

    code = "saved-view.too-many"


@operation
def save_view(
    *,
    actor: Actor,
    license_id: int,
    grid: str,
    name: str,
    query: str,
    is_team: bool,
    now: datetime,
) -> int:
    """Save what a grid shows under a name, for the actor or the team of a licence; return its id.

    :raises InvalidInput: if there is no such grid, the name is empty, too long or taken, or the
        address is empty or longer than 2,000 characters
    :raises TooManyViews: if the actor has 50 views of this grid here
    """
    access.require(actor, Permission.VIEW_SAVE, license_id=license_id)
    if actor.user_id is None:
        raise Refused("Only a person saves views.")
    if grid not in set(Grid):
        raise InvalidInput(field="grid", value=grid, way_out=f"Choose one of {', '.join(Grid)}.")
    # Two windows of one person come here one after the other.
    license = License.objects.select_for_update(no_key=True).get(id=license_id)
    own = SavedView.objects.filter(license=license, grid=grid, owner_id=actor.user_id)
    if own.count() >= VIEWS_AT_MOST:
        raise TooManyViews(f"You have {VIEWS_AT_MOST} views of this list. Delete one first.")
    view = SavedView(
        company_id=license.company_id,
        license=license,
        grid=grid,
        name=view_name(name),
        query=view_query(query),
        owner_id=actor.user_id,
        is_team=is_team,
        saved_at=now,
    )
    _check_name(view)
    view.save()
    return view.pk


@operation
def rename_view(*, actor: Actor, license_id: int, view_id: int, name: str, now: datetime) -> None:
    """Give a view another name.

    :raises InvalidInput: if the name is empty, too long or taken
    :raises NotFound: if there is no such view here, or it is somebody else's own
    """
    view = _view_to_change(actor, license_id, view_id)
    view.name = view_name(name)
    _check_name(view)
    view.save(update_fields=["name"])


@operation
def delete_view(*, actor: Actor, license_id: int, view_id: int, now: datetime) -> None:
    """Delete a view. What it showed stays as it is.

    :raises NotFound: if there is no such view here, or it is somebody else's own
    """
    _view_to_change(actor, license_id, view_id).delete()


@operation
def open_with_view(
    *, actor: Actor, license_id: int, view_id: int, is_default: bool, now: datetime
) -> None:
    """Let a grid open with a view, or no longer: for its owner, or for the team if it is theirs.

    :raises NotFound: if there is no such view here, or it is somebody else's own
    """
    view = _view_to_change(actor, license_id, view_id)
    same = SavedView.objects.filter(license_id=license_id, grid=view.grid, is_team=view.is_team)
    if not view.is_team:
        same = same.filter(owner_id=view.owner_id)
    same.filter(is_default=True).update(is_default=False)
    if is_default:
        view.is_default = True
        view.save(update_fields=["is_default"])


def _view_to_change(actor: Actor, license_id: int, view_id: int) -> SavedView:
    """Return a view that the actor may change: their own, or a team's if they run the company."""
    License.objects.select_for_update(no_key=True).get(id=license_id)
    seen = Q(is_team=True) | Q(owner_id=actor.user_id)
    view = SavedView.objects.filter(seen, license_id=license_id, id=view_id).first()
    is_own = view is not None and view.owner_id == actor.user_id
    wanted = Permission.VIEW_SAVE if is_own or view is None else Permission.COMPANY_MANAGE
    access.require(actor, wanted, license_id=license_id)
    if view is None:
        raise NotFound("There is no such view here.")
    return view


def _check_name(view: SavedView) -> None:
    same = SavedView.objects.filter(
        license_id=view.license_id, grid=view.grid, name=view.name, is_team=view.is_team
    ).exclude(id=view.pk)
    if not view.is_team:
        same = same.filter(owner_id=view.owner_id)
    if same.exists():
        raise InvalidInput(
            field="name", value=view.name, way_out="A view of this name is there; take another."
        )
