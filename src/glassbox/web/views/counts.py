"""Counts: the list, one with its scan field, and what its buttons do."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_GET, require_POST

from glassbox.operations.counts import (
    abandon_count,
    hand_in_count,
    note_not_there,
    sign_count,
    write_down,
)
from glassbox.queries.counts import count_list, count_page
from glassbox.web.pages import change_here, page
from glassbox.web.request import PageRequest


@require_GET
def counts(request: PageRequest) -> HttpResponse:
    """List the counts, the newest first."""
    found = count_list(actor=request.actor, license_ids=request.scope.license_ids)
    return page(request, "counts/list.html", {"counts": found, "nav": "counts"})


@require_GET
def count(request: PageRequest, session_id: int) -> HttpResponse:
    """Show one count: what is left, what was found."""
    found = count_page(
        actor=request.actor, license_ids=request.scope.license_ids, session_id=session_id
    )
    return page(request, "counts/count.html", {"count": found, "nav": "counts"})


@require_POST
def write(request: PageRequest, session_id: int) -> HttpResponse:
    """Write down what was counted of one UID."""
    label = request.POST.get("label", "")
    return change_here(
        request,
        f"counts/{session_id}",
        lambda license_id: write_down(
            actor=request.actor,
            license_id=license_id,
            session_id=session_id,
            label=label,
            counted=request.POST.get("counted", ""),
            device=request.POST.get("device", ""),
            now=request.now,
        ),
        f"…{label.strip()[-8:]} is written down.",
    )


@require_POST
def not_there(request: PageRequest, session_id: int) -> HttpResponse:
    """Write down that a package is not there."""
    return change_here(
        request,
        f"counts/{session_id}",
        lambda license_id: note_not_there(
            actor=request.actor,
            license_id=license_id,
            session_id=session_id,
            label=request.POST.get("label", ""),
            now=request.now,
        ),
        "Written down as not there.",
    )


@require_POST
def hand_in(request: PageRequest, session_id: int) -> HttpResponse:
    """End the counting and compare."""
    return change_here(
        request,
        f"counts/{session_id}",
        lambda license_id: hand_in_count(
            actor=request.actor, license_id=license_id, session_id=session_id, now=request.now
        ),
        "Handed in. Both books are shown beside it now.",
    )


@require_POST
def sign(request: PageRequest, session_id: int) -> HttpResponse:
    """Sign a count that was handed in."""
    return change_here(
        request,
        f"counts/{session_id}",
        lambda license_id: sign_count(
            actor=request.actor,
            license_id=license_id,
            session_id=session_id,
            statement=request.POST.get("statement", ""),
            now=request.now,
        ),
        "Signed.",
    )


@require_POST
def abandon(request: PageRequest, session_id: int) -> HttpResponse:
    """Give a count up."""
    return change_here(
        request,
        "counts",
        lambda license_id: abandon_count(
            actor=request.actor,
            license_id=license_id,
            session_id=session_id,
            reason=request.POST.get("reason", ""),
            now=request.now,
        ),
        "The count is given up.",
    )
