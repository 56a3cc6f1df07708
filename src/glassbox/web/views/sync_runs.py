"""How the reading of METRC stands, what METRC may be asked, and one exchange with it."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_GET, require_POST

from glassbox.operations.sync.ask import ask_for_sync
from glassbox.operations.sync.feeds import NAMES
from glassbox.queries.api_console import CallState, api_console
from glassbox.queries.exchanges import exchange_page
from glassbox.queries.sync_health import sync_health
from glassbox.queries.sync_runs import sync_page
from glassbox.rules.verdicts import InvalidInput
from glassbox.web.pages import change_here, page
from glassbox.web.request import PageRequest

LABEL_CHARACTERS = 40


@require_GET
def health(request: PageRequest) -> HttpResponse:
    """Show each feed, its budget, the key, the clocks, and the run under way."""
    found = sync_health(actor=request.actor, license_ids=request.scope.license_ids, now=request.now)
    return page(
        request,
        "sync/health.html",
        {"licenses": found, "nav": "sync", "tab": "health"},
        fragment="sync/_health.html",
    )


@require_POST
def read_now(request: PageRequest) -> HttpResponse:
    """Have one feed, or all of them, read now."""
    feed = request.POST.get("feed", "")
    return change_here(
        request,
        "sync",
        lambda license_id: ask_for_sync(
            actor=request.actor,
            license_id=license_id,
            feeds=frozenset({feed}) if feed else NAMES,
            now=request.now,
        ),
        "METRC is being read. Pressing again is harmless.",
    )


@require_GET
def runs(request: PageRequest) -> HttpResponse:
    """List the newest runs."""
    found = sync_page(
        actor=request.actor,
        license_ids=request.scope.license_ids,
    )
    return page(request, "sync/runs.html", {"sync": found, "nav": "sync", "tab": "runs"})


@require_GET
def console(request: PageRequest) -> HttpResponse:
    """Show METRC's calls, what each needs, and what METRC last answered. Asks METRC nothing."""
    text, state = request.GET.get("text", ""), request.GET.get("state", "")
    if state and state not in set(CallState):
        raise InvalidInput(
            field="state", value=state, way_out=f"Choose one of {', '.join(CallState)}."
        )
    license = request.scope.license
    found = (
        api_console(actor=request.actor, license_id=license.id, text=text, state=state)
        if license
        else None
    )
    return page(
        request,
        "sync/console.html",
        {"console": found, "words": text, "state": state, "nav": "sync", "tab": "console"},
        fragment="sync/_console.html",
    )


@require_GET
def exchange(request: PageRequest, exchange_id: int) -> HttpResponse:
    """Show one exchange: the bytes both ways, their hashes, and what of ours rests on it."""
    found = exchange_page(
        actor=request.actor,
        license_ids=request.scope.license_ids,
        exchange_id=exchange_id,
        label=request.GET.get("label", "")[:LABEL_CHARACTERS],
    )
    return page(request, "sync/exchange.html", {"exchange": found, "nav": "sync"})
