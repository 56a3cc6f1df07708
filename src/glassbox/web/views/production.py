"""Batches: the list, and one batch with its record and its balance."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_GET, require_POST

from glassbox.operations.production.close import close_batch, verify_batch
from glassbox.queries.production.pages import batch_page, batch_rows
from glassbox.rules.verdicts import NotFound, Refused
from glassbox.web.middleware import refusal_status
from glassbox.web.pages import one_license_id, page
from glassbox.web.request import PageRequest


@require_GET
def batches(request: PageRequest) -> HttpResponse:
    """List the batches, open ones first."""
    wanted = request.GET.get("state", "")
    days = request.GET.get("older", "")
    shown = batch_rows(
        actor=request.actor,
        license_ids=request.scope.license_ids,
        state=wanted,
        opened_before=request.now - timedelta(days=int(days[:4])) if days.isdecimal() else None,
    )
    return page(
        request,
        "production/batches.html",
        {"batches": shown, "state": wanted, "older": days, "nav": "batches"},
    )


def _show(request: PageRequest, batch_id: int, refusal: Refused | None = None) -> HttpResponse:
    found = batch_page(
        actor=request.actor,
        license_id=one_license_id(request),
        batch_id=batch_id,
        now=request.now,
    )
    return page(
        request,
        "production/batch.html",
        {"batch": found, "refusal": refusal, "nav": "batches"},
        status=refusal_status(refusal) if refusal else 200,
    )


@require_GET
def batch(request: PageRequest, batch_id: int) -> HttpResponse:
    """Show one batch: its record, its balance, and what stands against closing it."""
    return _show(request, batch_id)


@require_POST
def verify(request: PageRequest, batch_id: int) -> HttpResponse:
    """Sign as the second person that the record is right."""
    try:
        verify_batch(
            actor=request.actor,
            license_id=one_license_id(request),
            batch_id=batch_id,
            comment=request.POST.get("comment", ""),
            now=request.now,
        )
    except NotFound:
        raise
    except Refused as refusal:
        return _show(request, batch_id, refusal)
    messages.success(request, "Verified.")
    return HttpResponseRedirect(f"/{request.scope.slug}/batches/{batch_id}/")


@require_POST
def close(request: PageRequest, batch_id: int) -> HttpResponse:
    """Close a batch whose balance is exact and which METRC shows whole."""
    try:
        close_batch(
            actor=request.actor,
            license_id=one_license_id(request),
            batch_id=batch_id,
            now=request.now,
        )
    except NotFound:
        raise
    except Refused as refusal:
        return _show(request, batch_id, refusal)
    messages.success(request, "Closed.")
    return HttpResponseRedirect(f"/{request.scope.slug}/batches/{batch_id}/")
