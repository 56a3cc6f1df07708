"""page(): the whole page, or only its fragment when htmx asks; change_here(): what a button does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string

from glassbox.rules.verdicts import NotFound
from glassbox.web.refreshing import with_fresh_goods
from glassbox.web.request import PageRequest


def page(
    request: PageRequest,
    template: str,
    context: dict[str, Any],
    *,
    fragment: str = "",
    status: int = 200,
) -> HttpResponse:
    """Render a page; if htmx asks and the page has a fragment, render that alone.

    A fragment is a template whose name begins with an underscore and that the page includes, so
    the two cannot drift apart.
    """
    asked_by_htmx = bool(request.htmx) and not request.htmx.boosted
    chosen = fragment if fragment and asked_by_htmx else template
    return HttpResponse(render_to_string(chosen, context, request), status=status)


def frame(request: PageRequest) -> dict[str, Any]:
    """Return what every page's frame shows, whoever renders it."""
    return {
        "scope": getattr(request, "scope", None),
        "actor": getattr(request, "actor", None),
        "now": getattr(request, "now", None),
        "slug": request.scope.slug if hasattr(request, "scope") else "both",
        "idle_seconds": settings.SESSION_IDLE_SECONDS if hasattr(request, "actor") else 0,
    }


def one_license_id(request: PageRequest) -> int:
    """Return the licence of the address.

    :raises NotFound: in the view of both licences, which is read only and where work is at neither
    """
    if request.scope.license is None:
        raise NotFound("Choose one licence first: the view of both is read only.")
    return request.scope.license.id


def change_here(
    request: PageRequest, address: str, change: Callable[[int], object], said: str
) -> HttpResponse:
    """Do something at the one licence of a page, say so, and lead to an address below it.

    :raises NotFound: in the view of both licences, which is read only
    """
    license_id = one_license_id(request)
    with_fresh_goods(request, license_id, lambda: change(license_id))
    messages.success(request, said)
    return HttpResponseRedirect(f"/{request.scope.slug}/{address}/")


def broken(request: PageRequest) -> HttpResponse:
    """Say that something broke here, and the id by which the log tells what; ask nothing of anybody.

    The database may be what is away, so the page has no frame.
    """
    # Two slashes in front would name another machine.
    path = "/" + request.path.lstrip("/\\")
    context = {"id": getattr(request, "id", ""), "path": path}
    return HttpResponse(render_to_string("500.html", context), status=500)
