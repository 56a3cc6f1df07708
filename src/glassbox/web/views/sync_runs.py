"""Sync runs, feeds, and one exchange with METRC."""

from __future__ import annotations

from django.http import HttpResponse

from glassbox.queries.sync_runs import exchange_page, sync_page
from glassbox.web.pages import page
from glassbox.web.request import PageRequest


def runs(request: PageRequest) -> HttpResponse:
    """Show how far each feed is read, and the newest runs."""
    found = sync_page(
        actor=request.actor,
        license_ids=request.scope.license_ids,
    )
    return page(request, "sync/runs.html", {"sync": found, "nav": "sync"})


def exchange(request: PageRequest, exchange_id: int) -> HttpResponse:
    """Show one exchange: the bytes both ways, and their hashes."""
    found = exchange_page(
        actor=request.actor,
        license_ids=request.scope.license_ids,
        exchange_id=exchange_id,
    )
    return page(request, "sync/exchange.html", {"exchange": found, "nav": "sync"})
