"""Company, licences, people, keys; and the words a licence works with."""

from __future__ import annotations

from django.http import HttpResponse

from glassbox.queries.company import catalog_page, company_page
from glassbox.web.pages import page
from glassbox.web.request import PageRequest


def company(request: PageRequest) -> HttpResponse:
    """Show licences, people, keys and counterparties."""
    found = company_page(
        actor=request.actor,
        license_ids=request.scope.license_ids,
    )
    return page(request, "company/company.html", {"company": found, "nav": "company"})


def catalog(request: PageRequest) -> HttpResponse:
    """Show items, locations, tags, drivers and vehicles."""
    found = catalog_page(
        actor=request.actor,
        license_ids=request.scope.license_ids,
    )
    return page(request, "company/catalog.html", {"catalog": found, "nav": "catalog"})
