"""The views of a grid that a person sees: their own and the team's, and the one it opens with."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from glassbox import access
from glassbox.models.saved_views import SavedView
from glassbox.rules.actor import Actor
from glassbox.rules.permissions import Permission
from glassbox.rules.saved_views import Grid


@dataclass(frozen=True, kw_only=True)
class ViewRow:
    """One saved view; `query` is its address below the grid's."""

    id: int
    name: str
    query: str
    owner: str
    is_team: bool
    is_default: bool
    is_open: bool
    may_change: bool


@dataclass(frozen=True, kw_only=True)
class SavedViews:
    """The views beside a grid, the team's first, and what is looked at now."""

    grid: Grid
    query: str
    rows: tuple[ViewRow, ...]
    may_save: bool

    @property
    def open(self) -> ViewRow | None:
        """Return the view that is looked at now, if it is a saved one."""
        return next((row for row in self.rows if row.is_open), None)


def saved_views(*, actor: Actor, license_id: int, grid: Grid, query: str) -> SavedViews:
    """Return the views that the actor sees beside a grid whose address has this query."""
    with access.reading(actor, license_id=license_id):
        may = access.permissions_at(actor, license_id)
        may_manage = Permission.COMPANY_MANAGE in may
        rows = _seen(actor, license_id, grid).select_related("owner").order_by("-is_team", "name")
        return SavedViews(
            grid=grid,
            query=query,
            rows=tuple(
                ViewRow(
                    id=view.pk,
                    name=view.name,
                    query=view.query,
                    owner=view.owner.name,
                    is_team=view.is_team,
                    is_default=view.is_default,
                    is_open=view.query == query,
                    may_change=view.owner_id == actor.user_id or may_manage,
                )
                for view in rows
            ),
            may_save=Permission.VIEW_SAVE in may,
        )


def default_query(*, actor: Actor, license_id: int, grid: Grid) -> str:
    """Return the query that a grid opens with: the person's own choice, else the team's, else none."""
    with access.reading(actor, license_id=license_id):
        defaults = _seen(actor, license_id, grid).filter(is_default=True).order_by("is_team")
        return defaults.values_list("query", flat=True).first() or ""


def _seen(actor: Actor, license_id: int, grid: Grid) -> QuerySet[SavedView]:
    return SavedView.objects.filter(
        Q(is_team=True) | Q(owner_id=actor.user_id), license_id=license_id, grid=grid
    )
