"""Counts: the list, one with its scan field, and what its buttons do."""

from __future__ import annotations

import csv
from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from glassbox.operations.counts import (
    abandon_count,
    hand_in_count,
    note_not_there,
    sign_count,
    write_down,
    write_down_sheet,
)
from glassbox.queries.count_sheets import SheetPreview, sheet_preview
from glassbox.queries.counts import CountPage, count_list, count_page
from glassbox.rules.count_sheets import COLUMNS, sheet_text
from glassbox.rules.verdicts import InvalidInput
from glassbox.web.csv_files import harmless_row
from glassbox.web.downloads import called
from glassbox.web.handed_in import handed_in
from glassbox.web.middleware import refusal_status
from glassbox.web.pages import change_here, one_license_id, page
from glassbox.web.request import PageRequest

SHEET_BYTES_AT_MOST = 2 * 1024 * 1024


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


@require_http_methods(["GET", "POST"])
def sheet(request: PageRequest, session_id: int) -> HttpResponse:
    """Take a filled sheet: show what every row would do, and write it down when that is confirmed."""
    who: dict[str, Any] = {
        "actor": request.actor,
        "license_id": one_license_id(request),
        "session_id": session_id,
    }
    found = count_page(
        actor=request.actor, license_ids=request.scope.license_ids, session_id=session_id
    )
    text, preview, refusal = "", None, None
    if request.method == "POST":
        try:
            text = _handed_in(request)
            if request.POST.get("confirmed"):
                device = request.POST.get("device", "")
                return change_here(
                    request,
                    f"counts/{session_id}",
                    lambda _: write_down_sheet(**who, text=text, device=device, now=request.now),
                    "The sheet is written down.",
                )
            preview = sheet_preview(**who, text=text)
        except InvalidInput as problem:
            refusal = problem
    return _sheet_page(request, found, text, preview, refusal)


def _handed_in(request: PageRequest) -> str:
    sent = request.FILES.get("file")
    if sent is None:
        return request.POST.get("text", "")
    return sheet_text(
        handed_in(sent, field="file", endings=(".csv", ".txt"), bytes_at_most=SHEET_BYTES_AT_MOST)
    )


def _sheet_page(
    request: PageRequest,
    found: CountPage,
    text: str,
    preview: SheetPreview | None,
    refusal: InvalidInput | None,
) -> HttpResponse:
    shown = {
        "count": found,
        "sheet_text": text,
        "preview": preview,
        "refusal": refusal,
        "device": request.POST.get("device", ""),
        "nav": "counts",
    }
    status = refusal_status(refusal) if refusal else 200
    if preview is not None and preview.wrong:
        status = 422
    return page(request, "counts/sheet.html", shown, status=status)


@require_GET
def blank_sheet(request: PageRequest, session_id: int) -> HttpResponse:
    """Return the sheet as CSV to fill in: no number of either book stands in it."""
    found = count_page(
        actor=request.actor, license_ids=request.scope.license_ids, session_id=session_id
    )
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    called(response, f"count-{session_id}.csv")
    writer = csv.writer(response)
    writer.writerow(COLUMNS)
    for line in found.lines:
        writer.writerow(
            harmless_row((line.label, line.item_name, line.location_name, line.unit, ""))
        )
    return response


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
