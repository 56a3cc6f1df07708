"""Inspectors as guests: who may read until when, and sending one away."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_POST, require_safe

from glassbox.operations.inspectors import end_inspector
from glassbox.queries.inspectors import inspector_rows
from glassbox.web.pages import change_here, page
from glassbox.web.request import PageRequest


@require_safe
def inspectors(request: PageRequest) -> HttpResponse:
    """List the inspectors who were let in, and what they looked at."""
    found = inspector_rows(
        actor=request.actor, license_ids=request.scope.license_ids, now=request.now
    )
    return page(request, "inspectors/inspectors.html", {"found": found, "nav": "company"})


@require_POST
def end(request: PageRequest, grant_id: int) -> HttpResponse:
    """Send an inspector away now."""
    return change_here(
        request,
        "inspectors",
        lambda license_id: end_inspector(
            actor=request.actor, license_id=license_id, grant_id=grant_id, now=request.now
        ),
        "The access is ended: the next click of the inspector finds nothing.",
    )
