"""The search field at the top."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseRedirect

from glassbox.queries.search.find import find
from glassbox.web.pages import page
from glassbox.web.request import PageRequest

TEXT_AT_MOST = 80


def search(request: PageRequest) -> HttpResponse:
    """Open the one thing a text surely means, or show what it may mean."""
    found = find(
        actor=request.actor,
        license_ids=request.scope.license_ids,
        text=request.GET.get("text", "").strip()[:TEXT_AT_MOST],
    )
    if found.sure_address and "list" not in request.GET:
        return HttpResponseRedirect(found.sure_address)
    return page(
        request, "search/search.html", {"found": found, "text": found.text, "nav": "search"}
    )
