"""The search field at the top."""

from __future__ import annotations

from django.http import HttpResponse

from glassbox.queries.search import search_hits
from glassbox.web.pages import page
from glassbox.web.request import PageRequest


def search(request: PageRequest) -> HttpResponse:
    """Show what a text may mean in the licences in sight."""
    text = request.GET.get("text", "").strip()[:80]
    hits = search_hits(
        actor=request.actor,
        license_ids=request.scope.license_ids,
        text=text,
    )
    return page(request, "search.html", {"hits": hits, "text": text, "nav": "search"})
