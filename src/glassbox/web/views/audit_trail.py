"""The ledger, read only, with its proof state."""

from __future__ import annotations

import uuid

from django.http import HttpResponse

from glassbox.queries.audit_trail import EventFilter, event_page, event_proof, event_rows
from glassbox.web.pages import page
from glassbox.web.request import PageRequest


def events(request: PageRequest) -> HttpResponse:
    """List the newest events of the licences in sight."""
    number = request.GET.get("page", "1")
    found = event_rows(
        actor=request.actor,
        license_ids=request.scope.license_ids,
        filter=EventFilter(
            type=request.GET.get("type", ""),
            subject=request.GET.get("subject", "").strip()[:80],
            page=int(number) if number.isdecimal() else 1,
        ),
    )
    return page(
        request,
        "audit_trail/events.html",
        {"events": found, "nav": "audit"},
        fragment="audit_trail/_events.html",
    )


def event(request: PageRequest, event_id: uuid.UUID) -> HttpResponse:
    """Show one event: its canonical bytes and its hashes."""
    found = event_page(
        actor=request.actor,
        license_ids=request.scope.license_ids,
        event_id=event_id,
    )
    return page(request, "audit_trail/event.html", {"event": found, "nav": "audit"})


def proof(request: PageRequest, event_id: uuid.UUID) -> HttpResponse:
    """Hand out one event's offline proof as a file."""
    text = event_proof(
        actor=request.actor, license_ids=request.scope.license_ids, event_id=event_id
    )
    name = f"{event_id}.tlog-proof"
    return HttpResponse(
        text,
        content_type="text/plain; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
