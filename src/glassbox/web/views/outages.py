"""Both states of an outage on one page, and what follows from each."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from glassbox.queries.outages import outage_page
from glassbox.web.pages import page
from glassbox.web.request import PageRequest


@require_GET
def outage(request: PageRequest) -> HttpResponse:
    """Show whether METRC's API answers, and whether a person has declared access lost."""
    found = outage_page(actor=request.actor, license_ids=request.scope.license_ids)
    return page(request, "outages/outage.html", {"outage": found, "nav": "alerts"})
