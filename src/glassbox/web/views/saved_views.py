"""What people do with views of grids: save, rename, delete, open with."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST

from glassbox.operations.saved_views import delete_view, open_with_view, rename_view, save_view
from glassbox.queries.saved_views import SavedViews, default_query, saved_views
from glassbox.rules.saved_views import Grid
from glassbox.rules.verdicts import InvalidInput
from glassbox.web.pages import one_license_id
from glassbox.web.request import PageRequest


def views_beside(request: PageRequest, grid: Grid, query: str) -> SavedViews | None:
    """Return the saved views for a grid's page; none where both licences are looked at."""
    if request.scope.license is None:
        return None
    return saved_views(
        actor=request.actor, license_id=request.scope.license.id, grid=grid, query=query
    )


def opened_with(request: PageRequest, grid: Grid) -> HttpResponse | None:
    """Return the way to the view that a grid opens with, if its bare address was asked for."""
    if request.method != "GET" or request.GET or request.scope.license is None:
        return None
    query = default_query(actor=request.actor, license_id=request.scope.license.id, grid=grid)
    return HttpResponseRedirect(f"/{request.scope.slug}/{grid}/?{query}") if query else None


def _back(request: PageRequest, said: str) -> HttpResponse:
    grid = request.POST.get("grid", "")
    if grid not in set(Grid):
        raise InvalidInput(field="grid", value=grid[:40], way_out="Go back to the list.")
    messages.success(request, said)
    query = request.POST.get("query", "")
    return HttpResponseRedirect(f"/{request.scope.slug}/{grid}/?{query}")


@require_POST
def save(request: PageRequest) -> HttpResponse:
    """Save what a grid shows under a name."""
    name = request.POST.get("name", "")
    save_view(
        actor=request.actor,
        license_id=one_license_id(request),
        grid=request.POST.get("grid", ""),
        name=name,
        query=request.POST.get("query", ""),
        is_team=request.POST.get("for") == "team",
        now=request.now,
    )
    return _back(request, f"Saved as {name.strip()}.")


@require_POST
def rename(request: PageRequest, view_id: int) -> HttpResponse:
    """Give a view another name."""
    rename_view(
        actor=request.actor,
        license_id=one_license_id(request),
        view_id=view_id,
        name=request.POST.get("name", ""),
        now=request.now,
    )
    return _back(request, "Renamed.")


@require_POST
def delete(request: PageRequest, view_id: int) -> HttpResponse:
    """Delete a view."""
    delete_view(
        actor=request.actor, license_id=one_license_id(request), view_id=view_id, now=request.now
    )
    return _back(request, "The view is deleted; nothing that it showed has changed.")


@require_POST
def open_with(request: PageRequest, view_id: int) -> HttpResponse:
    """Let a grid open with a view, or no longer."""
    is_default = request.POST.get("default") == "yes"
    open_with_view(
        actor=request.actor,
        license_id=one_license_id(request),
        view_id=view_id,
        is_default=is_default,
        now=request.now,
    )
    return _back(request, "The list opens with it." if is_default else "No longer.")
