"""The audit explorer: events by filter, one event with its proof, and the ledger recomputed."""

from __future__ import annotations

import uuid
from datetime import date
from urllib.parse import urlencode

from django.http import HttpResponse
from django.views.decorators.http import require_POST, require_safe

from glassbox.operations.ledger_verification import ask_for_verification
from glassbox.queries.audit_trail.chain import chain_status
from glassbox.queries.audit_trail.event import event_page, event_proof
from glassbox.queries.audit_trail.events import (
    EventFilter,
    EventRow,
    event_list,
    event_rows_for_export,
)
from glassbox.queries.audit_trail.picture import draw_proof
from glassbox.queries.audit_trail.proof_files import proofs_archive
from glassbox.rules.verdicts import InvalidInput, NotFound
from glassbox.web.csv_files import csv_file
from glassbox.web.downloads import called
from glassbox.web.pages import change_here, one_license_id, page
from glassbox.web.request import PageRequest

TEXT_AT_MOST = 80
FIELDS = ("license", "type", "who", "object", "action", "first", "last")
COLUMNS = (
    "Number",
    "Occurred at (UTC)",
    "Licence",
    "Event",
    "Who",
    "On whose key",
    "Object",
    "Before and after",
    "Event id",
    "Leaf SHA-256",
    "Under a signed head",
)


def _filter(request: PageRequest) -> EventFilter:
    asked = {name: request.GET.get(name, "").strip()[:TEXT_AT_MOST] for name in FIELDS}
    first, last = (_day(name, asked.pop(name)) for name in ("first", "last"))
    return EventFilter(
        **asked,
        first=first,
        last=last,
        before=request.GET.get("before", ""),
        after=request.GET.get("after", ""),
    )


def _day(name: str, text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as problem:
        raise InvalidInput(
            field=name, value=text, way_out="Give a day as 2026-11-28, or leave it empty."
        ) from problem


def _query(request: PageRequest) -> str:
    return urlencode([(name, request.GET[name]) for name in FIELDS if request.GET.get(name)])


@require_safe
def events(request: PageRequest) -> HttpResponse:
    """List the events of the licences in sight by what is filtered for, and how their logs stand."""
    chosen = _filter(request)
    actor, license_ids = request.actor, request.scope.license_ids
    return page(
        request,
        "audit_trail/events.html",
        {
            "events": event_list(actor=actor, license_ids=license_ids, filter=chosen),
            "chains": chain_status(actor=actor, license_ids=license_ids),
            "filter": chosen,
            "query": _query(request),
            "nav": "audit",
        },
        fragment="audit_trail/_events.html",
    )


@require_safe
def chains(request: PageRequest) -> HttpResponse:
    """Show how the logs stand; a page that waits for a recomputation asks this again and again."""
    found = chain_status(actor=request.actor, license_ids=request.scope.license_ids)
    return page(
        request,
        "audit_trail/chains.html",
        {"chains": found, "nav": "audit"},
        fragment="audit_trail/_chains.html",
    )


@require_POST
def verify(request: PageRequest) -> HttpResponse:
    """Have the ledger of this licence recomputed now."""
    return change_here(
        request,
        "audit",
        lambda license_id: ask_for_verification(
            actor=request.actor, license_id=license_id, now=request.now
        ),
        "The ledger is being recomputed. Pressing again is harmless.",
    )


@require_safe
def csv_export(request: PageRequest) -> HttpResponse:
    """Answer the events of a filter as CSV, newest first, at most 50,000."""
    rows = event_rows_for_export(
        actor=request.actor, license_ids=request.scope.license_ids, filter=_filter(request)
    )
    slug = request.scope.slug.replace("/", "-")
    return csv_file(request, f"audit-{slug}.csv", COLUMNS, (_cells(row) for row in rows))


def _cells(row: EventRow) -> list[str]:
    cells = (
        "" if row.number is None else row.number,
        row.occurred_at.isoformat(),
        row.license_number,
        row.type,
        row.actor_name,
        row.key_of,
        row.subject,
        row.change,
        row.event_id,
        row.leaf_sha256,
        "yes" if row.is_signed else "no",
    )
    return [str(cell) for cell in cells]


@require_safe
def event(request: PageRequest, event_id: uuid.UUID) -> HttpResponse:
    """Show one event: its bytes, what it commits to, the exchange it speaks of, and its proof."""
    found = event_page(
        actor=request.actor,
        license_ids=request.scope.license_ids,
        event_id=event_id,
    )
    drawing = draw_proof(found.proof) if found.proof else None
    return page(
        request,
        "audit_trail/event.html",
        {"event": found, "drawing": drawing, "nav": "audit"},
    )


@require_safe
def proof(request: PageRequest, event_id: uuid.UUID) -> HttpResponse:
    """Hand out one event's offline proof as a file."""
    text = event_proof(
        actor=request.actor, license_ids=request.scope.license_ids, event_id=event_id
    )
    return _file(text, f"{event_id}.tlog-proof", "text/plain; charset=utf-8")


@require_safe
def proofs(request: PageRequest) -> HttpResponse:
    """Hand out the offline proofs of a range of numbers, with the verifier, as one archive."""
    first, last = (request.GET.get(name, "") for name in ("from", "to"))
    if not first and not last:
        raise NotFound("Name the numbers of the first and the last event.")
    for name, text in (("from", first), ("to", last)):
        if not text.isdecimal() or len(text) > 15:
            raise InvalidInput(field=name, value=text, way_out="Give the number of an event.")
    archive = proofs_archive(
        actor=request.actor,
        license_id=one_license_id(request),
        first=int(first),
        last=int(last),
    )
    slug = request.scope.slug.replace("/", "-")
    return _file(archive, f"proofs-{slug}-{first}-{last}.zip", "application/zip")


def _file(content: str | bytes, name: str, media_type: str) -> HttpResponse:
    return called(HttpResponse(content, content_type=media_type), name)
