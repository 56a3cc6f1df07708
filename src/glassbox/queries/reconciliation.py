"""Comparisons of our book with METRC's: the reports of a licence, and one with its lines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count

from glassbox import access
from glassbox.models.exception_cases import CaseState, ExceptionCase
from glassbox.models.reconciliation import ReconciliationLine, ReconciliationReport
from glassbox.queries.freshness import Freshness, freshness_by_license
from glassbox.rules.actor import Actor
from glassbox.rules.permissions import Permission
from glassbox.rules.verdicts import NotFound

REPORTS_AT_MOST = 100


@dataclass(frozen=True, kw_only=True)
class ReportRow:
    """One comparison as a list shows it."""

    id: int
    license_number: str
    compared_at: datetime
    compared_by: str
    package_count: int
    agreeing_count: int
    difference_count: int
    metrc_was_read_whole: bool
    signed_by: str
    signed_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class LineRow:
    """One difference, and the case that is open for it."""

    label: str
    difference_class: str
    our_quantity: Decimal | None
    metrc_quantity: Decimal | None
    unit: str
    sentence: str
    case_id: int | None


@dataclass(frozen=True, kw_only=True)
class ReportList:
    """The newest comparisons, and how fresh our view of METRC is now."""

    rows: tuple[ReportRow, ...]
    freshness: tuple[Freshness, ...]


@dataclass(frozen=True, kw_only=True)
class ReportPage:
    """One comparison with every difference; `why_not_sign` is empty if the reader may sign it."""

    row: ReportRow
    lines: tuple[LineRow, ...]
    why_not_sign: str


def report_list(*, actor: Actor, license_ids: tuple[int, ...]) -> ReportList:
    """Return the newest comparisons of the licences in sight."""
    with access.reading(actor):
        reports = (
            ReconciliationReport.objects.filter(license_id__in=license_ids)
            .select_related("license", "compared_by", "signed_by")
            .annotate(difference_count=Count("lines"))
            .order_by("-compared_at", "-id")
        )
        return ReportList(
            rows=tuple(_row(report) for report in reports[:REPORTS_AT_MOST]),
            freshness=freshness_by_license(license_ids),
        )


def report_page(*, actor: Actor, license_ids: tuple[int, ...], report_id: int) -> ReportPage:
    """Return one comparison.

    :raises NotFound: if none of these licences has it
    """
    with access.reading(actor):
        report = (
            ReconciliationReport.objects.filter(license_id__in=license_ids, id=report_id)
            .select_related("license", "compared_by", "signed_by")
            .annotate(difference_count=Count("lines"))
            .first()
        )
        if report is None:
            raise NotFound("There is no such report here.")
        cases = dict(
            ExceptionCase.objects.filter(
                license_id=report.license_id,
                state=CaseState.OPEN,
                fact_key__startswith="difference:",
            ).values_list("fact_key", "id")
        )
        return ReportPage(
            row=_row(report),
            lines=tuple(_line(line, cases) for line in report.lines.order_by("label", "id")),
            why_not_sign=_why_not_sign(actor, report),
        )


def _why_not_sign(actor: Actor, report: ReconciliationReport) -> str:
    if report.signed_at is not None:
        return "It is signed already."
    if report.sync_run_id is None:
        return "METRC was not read whole before this comparison."
    if Permission.RECONCILIATION_RUN not in access.permissions_at(actor, report.license_id):
        return "Your roles at this licence do not allow it."
    if actor.user_id is None or actor.user_id == report.compared_by_id:
        return "A person other than the one who compared signs."
    return ""


def _row(report: ReconciliationReport) -> ReportRow:
    return ReportRow(
        id=report.pk,
        license_number=report.license.number,
        compared_at=report.compared_at,
        compared_by=report.compared_by.name if report.compared_by else "Glassbox",
        package_count=report.package_count,
        agreeing_count=report.agreeing_count,
        difference_count=report.__dict__["difference_count"],
        metrc_was_read_whole=report.sync_run_id is not None,
        signed_by=report.signed_by.name if report.signed_by else "",
        signed_at=report.signed_at,
    )


def _line(line: ReconciliationLine, cases: dict[str, int]) -> LineRow:
    return LineRow(
        label=line.label,
        difference_class=line.difference_class,
        our_quantity=line.our_quantity,
        metrc_quantity=line.metrc_quantity,
        unit=line.unit,
        sentence=line.sentence,
        case_id=cases.get(f"difference:{line.label}:{line.aspect}"),
    )
