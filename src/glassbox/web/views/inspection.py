"""Inspector sheets: those that were prepared, and one of them on the screen."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from glassbox.queries.labels.inspection import inspection_page, inspection_rows
from glassbox.web.pages import page
from glassbox.web.request import PageRequest


@require_GET
def inspections(request: PageRequest) -> HttpResponse:
    """List the sheets that were prepared, newest first."""
    rows = inspection_rows(actor=request.actor, license_ids=request.scope.license_ids)
    return page(request, "labels/inspections.html", {"rows": rows, "nav": "scan"})


@require_GET
def inspection(request: PageRequest, event_id: uuid.UUID) -> HttpResponse:
    """Show one sheet with what is known of its labels now, and lead to the paper as it was filed."""
    found = inspection_page(
        actor=request.actor,
        license_ids=request.scope.license_ids,
        event_id=event_id,
        now=request.now,
    )
    return page(
        request,
        "labels/inspection.html",
        {
            "row": found.row,
            "scanned": found.scanned,
            "period": found.row.period,
            "nav": "scan",
        },
    )
