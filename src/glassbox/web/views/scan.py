"""Scan a label: one screen per label, from our own database alone."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from glassbox.queries.labels.scan import scan
from glassbox.web.pages import page
from glassbox.web.request import PageRequest


@require_GET
def scan_label(request: PageRequest) -> HttpResponse:
    """Show what one label is, or several if several were pasted."""
    text = request.GET.get("text", "").strip()
    scanned = scan(
        actor=request.actor,
        license_ids=request.scope.license_ids,
        text=text,
        now=request.now,
    )
    words = len(scanned.read.labels) + len(scanned.read.not_labels)
    return page(
        request,
        "labels/scan.html",
        {
            "scanned": scanned,
            "is_one": words == 1,
            "scanned_text": text,
            "nav": "scan",
            "period": scanned.period,
        },
        fragment="labels/_scanned.html",
    )
