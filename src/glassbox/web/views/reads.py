"""From a number of METRC's to the exchange that it was read in: one click."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_safe

from glassbox.queries.reads_behind import (
    ReadBehind,
    read_behind_package,
    read_behind_result,
    read_behind_transfer,
)
from glassbox.rules.verdicts import InvalidInput
from glassbox.web.request import PageRequest

LABEL_CHARACTERS = 40


@require_safe
def package(request: PageRequest, label: str) -> HttpResponse:
    """Lead to the read that METRC's word of a package came in; `at` asks for that of a moment."""
    text = request.GET.get("at", "")
    try:
        at = datetime.fromisoformat(text) if text else None
    except ValueError as problem:
        raise InvalidInput(
            field="at", value=text, way_out="Give a moment in ISO 8601, or none for the newest."
        ) from problem
    found = read_behind_package(
        actor=request.actor, license_ids=request.scope.license_ids, label=label, at=at
    )
    return _lead_to(request, found)


@require_safe
def transfer(request: PageRequest, transfer_id: int) -> HttpResponse:
    """Lead to the read that a delivery, or with `label` one package on it, came in."""
    found = read_behind_transfer(
        actor=request.actor,
        license_ids=request.scope.license_ids,
        transfer_id=transfer_id,
        label=request.GET.get("label", "")[:LABEL_CHARACTERS],
    )
    return _lead_to(request, found)


@require_safe
def result(request: PageRequest, label: str) -> HttpResponse:
    """Lead to the read that METRC's laboratory results of a label came in."""
    found = read_behind_result(
        actor=request.actor,
        license_ids=request.scope.license_ids,
        label=label,
        test_type=request.GET.get("test", "")[:200],
    )
    return _lead_to(request, found)


def _lead_to(request: PageRequest, found: ReadBehind) -> HttpResponse:
    query = f"?{urlencode({'label': found.label})}" if found.label else ""
    slug = request.scope.slug
    return HttpResponseRedirect(f"/{slug}/sync/exchanges/{found.exchange_id}/{query}")
