"""Comparisons of our book with METRC, and one package on which they differ."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_GET, require_POST

from glassbox.operations.differences import approve_correction, refuse_correction
from glassbox.operations.reconciliation import ask_for_comparison, sign_report
from glassbox.queries.differences.page import difference_page
from glassbox.queries.reconciliation import report_list, report_page
from glassbox.web.cells import plain_number
from glassbox.web.csv_files import csv_file
from glassbox.web.pages import change_here, one_license_id, page
from glassbox.web.request import PageRequest

CSV_COLUMNS = (
    "Licence",
    "Compared at",
    "UID",
    "About",
    "Kind",
    "How sure",
    "METRC",
    "Ours",
    "Counted",
    "Unit",
    "Counted by",
    "Counted at",
    "Owner",
    "In words",
    "Explained",
)


@require_GET
def reports(request: PageRequest) -> HttpResponse:
    """List the comparisons of our book with METRC."""
    found = report_list(actor=request.actor, license_ids=request.scope.license_ids, now=request.now)
    return page(request, "reconciliation/reports.html", {"reports": found, "nav": "reconcile"})


@require_GET
def report(request: PageRequest, report_id: int) -> HttpResponse:
    """Show one comparison with every difference, or those of one class."""
    found = report_page(
        actor=request.actor,
        license_ids=request.scope.license_ids,
        report_id=report_id,
        difference_class=request.GET.get("class", ""),
    )
    return page(request, "reconciliation/report.html", {"report": found, "nav": "reconcile"})


@require_GET
def report_csv(request: PageRequest, report_id: int) -> HttpResponse:
    """Return every difference of one comparison as CSV, whichever class is looked at."""
    found = report_page(
        actor=request.actor, license_ids=request.scope.license_ids, report_id=report_id
    )
    rows = (
        [
            found.row.license_number,
            found.row.compared_at.isoformat(),
            line.label,
            line.aspect,
            line.difference_class,
            line.confidence,
            *(plain_number(one) for one in (line.metrc_quantity, line.our_quantity)),
            plain_number(line.counted_quantity),
            line.unit,
            line.counted_by,
            line.counted_at.isoformat() if line.counted_at else "",
            line.owner,
            line.sentence,
            line.explanation,
        ]
        for line in found.lines
    )
    return csv_file(request, f"reconciliation-{report_id}.csv", CSV_COLUMNS, rows)


@require_POST
def compare_now(request: PageRequest) -> HttpResponse:
    """Have METRC read and the books compared now."""
    return change_here(
        request,
        "reconciliation",
        lambda license_id: ask_for_comparison(
            actor=request.actor, license_id=license_id, now=request.now
        ),
        "METRC is being read; the comparison comes with it. Pressing again is harmless.",
    )


@require_POST
def sign(request: PageRequest, report_id: int) -> HttpResponse:
    """Sign a comparison: the thirty days begin again."""
    return change_here(
        request,
        f"reconciliation/{report_id}",
        lambda license_id: sign_report(
            actor=request.actor,
            license_id=license_id,
            report_id=report_id,
            statement=request.POST.get("statement", ""),
            now=request.now,
        ),
        "Signed.",
    )


@require_GET
def difference(request: PageRequest, label: str) -> HttpResponse:
    """Show both books of one package side by side, and what may be done."""
    found = difference_page(
        actor=request.actor,
        license_id=one_license_id(request),
        label=label,
        now=request.now,
    )
    return page(request, "reconciliation/difference.html", {"found": found, "nav": "reconcile"})


@require_POST
def decide(request: PageRequest, label: str, correction_id: int) -> HttpResponse:
    """Approve or refuse a proposed correction of our book."""
    approves = request.POST.get("decision") == "approve"
    act = approve_correction if approves else refuse_correction
    return change_here(
        request,
        f"differences/{label}",
        lambda license_id: act(
            actor=request.actor,
            license_id=license_id,
            correction_id=correction_id,
            comment=request.POST.get("comment", ""),
            now=request.now,
        ),
        "Our book is corrected." if approves else "The correction is refused.",
    )
