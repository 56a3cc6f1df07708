"""page(): the whole page, or only its fragment when htmx asks. The one place that knows htmx."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.template.loader import render_to_string

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
    frame = {
        "scope": getattr(request, "scope", None),
        "actor": getattr(request, "actor", None),
        "now": getattr(request, "now", None),
        "slug": request.scope.slug if hasattr(request, "scope") else "both",
    }
    return HttpResponse(render_to_string(chosen, {**frame, **context}, request), status=status)
