"""The go-live page of a licence, and the button that tests a key."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_GET, require_POST

from glassbox.operations.takeover.keys import ask_for_key_test
from glassbox.queries.takeover.page import takeover_page
from glassbox.web.pages import change_here, page
from glassbox.web.request import PageRequest


@require_GET
def takeover(request: PageRequest) -> HttpResponse:
    """Show the steps of a go-live with their lights; in the view of both, those of each licence."""
    found = tuple(
        takeover_page(actor=request.actor, license_id=license_id, now=request.now)
        for license_id in request.scope.license_ids
    )
    return page(
        request,
        "takeover/takeover.html",
        {
            "takeovers": found,
            "is_working": any(one.is_working for one in found),
            "nav": "takeover",
        },
        fragment="takeover/_steps.html",
    )


@require_POST
def test_key(request: PageRequest, credential_id: int) -> HttpResponse:
    """Ask the worker to test a key."""
    return change_here(
        request,
        "takeover",
        lambda license_id: ask_for_key_test(
            actor=request.actor,
            license_id=license_id,
            credential_id=credential_id,
            now=request.now,
        ),
        "The worker tests the key now; the page shows what METRC says.",
    )
