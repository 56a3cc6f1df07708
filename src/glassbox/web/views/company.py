"""Company, licences, people, keys; and the words a licence works with."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_POST, require_safe

from glassbox.operations.support import end_support
from glassbox.queries.choices import may
from glassbox.queries.company import catalog_page, company_page
from glassbox.queries.inspectors import support_rows
from glassbox.queries.key_use import key_use
from glassbox.queries.people import people_pages
from glassbox.queries.roles import role_rows
from glassbox.queries.terms import terms_page
from glassbox.queries.vendor import vendor_page
from glassbox.rules.permissions import Permission
from glassbox.web.pages import change_here, page
from glassbox.web.request import PageRequest


def company(request: PageRequest) -> HttpResponse:
    """Show licences, people, keys and counterparties."""
    found = company_page(
        actor=request.actor,
        license_ids=request.scope.license_ids,
    )
    return page(request, "company/company.html", {"company": found, "nav": "company"})


@require_safe
def people(request: PageRequest) -> HttpResponse:
    """Show who works at each licence beside METRC's own list, and when that was last reviewed."""
    here, license_ids = request.scope.license, request.scope.license_ids
    shown = {
        "pages": people_pages(actor=request.actor, license_ids=license_ids, now=request.now),
        "roles": role_rows(actor=request.actor, license_ids=license_ids, now=request.now),
        "may_manage": here is not None
        and may(actor=request.actor, license_id=here.id, permission=Permission.COMPANY_MANAGE),
        "nav": "company",
    }
    return page(request, "company/people.html", shown)


@require_safe
def key_uses(request: PageRequest, credential_id: int) -> HttpResponse:
    """Show what was asked of METRC with a key."""
    writes_only = request.GET.get("show") == "writes"
    found = key_use(
        actor=request.actor,
        license_ids=request.scope.license_ids,
        credential_id=credential_id,
        writes_only=writes_only,
    )
    context = {"use": found, "writes_only": writes_only, "nav": "company"}
    return page(request, "company/key_use.html", context)


@require_safe
def terms(request: PageRequest) -> HttpResponse:
    """Show the terms of use and who accepted them for the company."""
    found = terms_page(actor=request.actor, license_ids=request.scope.license_ids)
    return page(request, "company/terms.html", {"terms": found, "nav": "company"})


@require_safe
def installation(request: PageRequest) -> HttpResponse:
    """Show what the vendor can and cannot do here, read from this installation."""
    found = vendor_page(actor=request.actor, license_ids=request.scope.license_ids, now=request.now)
    support = support_rows(
        actor=request.actor, license_ids=request.scope.license_ids, now=request.now
    )
    context = {"vendor": found, "support": support, "nav": "company"}
    return page(request, "company/installation.html", context)


@require_POST
def end_support_access(request: PageRequest, grant_id: int) -> HttpResponse:
    """Send a person of the vendor's support away now."""
    return change_here(
        request,
        "company/installation",
        lambda license_id: end_support(
            actor=request.actor, license_id=license_id, grant_id=grant_id, now=request.now
        ),
        "The access is ended: the support's next click finds nothing.",
    )


def catalog(request: PageRequest) -> HttpResponse:
    """Show items, locations, tags, drivers and vehicles."""
    found = catalog_page(
        actor=request.actor,
        license_ids=request.scope.license_ids,
    )
    return page(request, "company/catalog.html", {"catalog": found, "nav": "catalog"})
