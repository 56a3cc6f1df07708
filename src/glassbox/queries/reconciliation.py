"""Comparisons of our book with METRC's: the reports of a licence, and one with its lines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db.models import Count, Max, Q, QuerySet

from glassbox import access
from glassbox.models.companies import License
from glassbox.models.exception_cases import CaseState, ExceptionCase
from glassbox.models.reconciliation import (
    DifferenceExplanation,
    ReconciliationLine,
    ReconciliationReport,
)
from glassbox.models.sync import ApiRequest
from glassbox.queries.freshness import Freshness, freshness_by_license
from glassbox.rules.actor import Actor
from glassbox.rules.clocks import reconciliation_due_at
from glassbox.rules.difference_causes import DifferenceClass
from glassbox.rules.heartbeat import WARN_BEFORE_DAYS
from glassbox.rules.permissions import Permission
from glassbox.rules.verdicts import NotFound

REPORTS_AT_MOST = 100
TREND_DAYS = 30
READS_SHOWN_AT_MOST = 50
# What METRC calls all reads of packages by, whatever is asked of them.
PACKAGES = "/packages/"
COUNTED = {
    "difference_count": Count("lines"),
    "unexplained_count": Count(
        "lines", filter=Q(lines__difference_class=DifferenceClass.UNEXPLAINED)
    ),
}


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
    unexplained_count: int
    metrc_was_read_whole: bool
    signed_by: str
    signed_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class LineRow:
    """One difference, and the case that is open for it."""

    label: str
    aspect: str
    difference_class: str
    confidence: str
    our_quantity: Decimal | None
    metrc_quantity: Decimal | None
    counted_quantity: Decimal | None
    counted_by: str
    counted_at: datetime | None
    unit: str
    sentence: str
    case_id: int | None
    owner: str
    explanation: str

    @property
    def change(self) -> Decimal | None:
        """Return METRC's number less ours, or None where one is missing."""
        if self.our_quantity is None or self.metrc_quantity is None:
            return None
        return self.metrc_quantity - self.our_quantity


@dataclass(frozen=True, kw_only=True)
class TrendDay:
    """One day of the trend: its last comparison, and the bar that a page draws, in percent."""

    day: date
    unexplained: int
    place: float
    width: float
    height: float


@dataclass(frozen=True, kw_only=True)
class Duty:
    """The thirty-day duty of one licence (CA-IN-01): when it was last done, when it is due.

    `trend` is the number of unexplained differences after each day's last comparison.
    """

    license_number: str
    time_zone: str
    signed_at: datetime | None
    due_at: datetime
    color: str
    trend: tuple[TrendDay, ...]

    @property
    def trend_most(self) -> int:
        """Return the most unexplained differences of the days shown."""
        return max((day.unexplained for day in self.trend), default=0)


@dataclass(frozen=True, kw_only=True)
class ReportList:
    """The newest comparisons, how fresh our view of METRC is now, and each licence's duty."""

    rows: tuple[ReportRow, ...]
    freshness: tuple[Freshness, ...]
    duties: tuple[Duty, ...]


@dataclass(frozen=True, kw_only=True)
class ReadRow:
    """One exchange of the read before a comparison; `status` is None if no answer came."""

    id: int
    sent_at: datetime
    request: str
    status: int | None
    request_sha256: str
    response_sha256: str


@dataclass(frozen=True, kw_only=True)
class ReportPage:
    """One comparison with every difference; `why_not_sign` is empty if the reader may sign it."""

    row: ReportRow
    lines: tuple[LineRow, ...]
    classes: tuple[tuple[str, int], ...]
    chosen_class: str
    statement: str
    document_id: int | None
    metrc_as_of: datetime | None
    reads: tuple[ReadRow, ...]
    read_count: int
    why_not_sign: str


def report_list(*, actor: Actor, license_ids: tuple[int, ...], now: datetime) -> ReportList:
    """Return the newest comparisons of the licences in sight."""
    with access.reading(actor):
        reports = (
            ReconciliationReport.objects.filter(license_id__in=license_ids)
            .select_related("license", "compared_by", "signed_by")
            .annotate(**COUNTED)
            .order_by("-compared_at", "-id")
        )
        return ReportList(
            rows=tuple(_row(report) for report in reports[:REPORTS_AT_MOST]),
            freshness=freshness_by_license(license_ids),
            duties=_duties(license_ids, now),
        )


def _duties(license_ids: tuple[int, ...], now: datetime) -> tuple[Duty, ...]:
    signed = dict(
        ReconciliationReport.objects.filter(license_id__in=license_ids, signed_at__isnull=False)
        .values_list("license_id")
        .annotate(at=Max("signed_at"))
    )
    found = []
    for license in License.objects.filter(id__in=license_ids).order_by("-kind", "number"):
        signed_at = signed.get(license.pk)
        due_at = reconciliation_due_at(signed_at or license.created_at)
        soon = due_at - now < timedelta(days=WARN_BEFORE_DAYS)
        color = "red" if now > due_at else "orange" if soon else "green"
        found.append(
            Duty(
                license_number=license.number,
                time_zone=license.time_zone,
                signed_at=signed_at,
                due_at=due_at,
                color=color,
                trend=_trend(license, now),
            )
        )
    return tuple(found)


def _trend(license: License, now: datetime) -> tuple[TrendDay, ...]:
    """Return how many differences stood unexplained at the end of each day with a comparison."""
    since = now - timedelta(days=TREND_DAYS)
    zone = ZoneInfo(license.time_zone)
    last: dict[date, int] = {}
    rows = ReconciliationReport.objects.filter(license=license, compared_at__gte=since)
    for compared_at, number in (
        rows.annotate(unexplained=COUNTED["unexplained_count"])
        .order_by("compared_at", "id")
        .values_list("compared_at", "unexplained")
    ):
        last[compared_at.astimezone(zone).date()] = number
    most = max(last.values(), default=0)
    width = 100 / TREND_DAYS
    first_day = now.astimezone(zone).date() - timedelta(days=TREND_DAYS - 1)
    return tuple(
        TrendDay(
            day=day,
            unexplained=number,
            place=round((day - first_day).days * width, 2),
            width=round(width * 0.8, 2),
            height=round(4 + 36 * number / most, 1) if most else 4,
        )
        for day, number in last.items()
        if day >= first_day
    )


def report_page(
    *,
    actor: Actor,
    license_ids: tuple[int, ...],
    report_id: int,
    difference_class: str = "",
) -> ReportPage:
    """Return one comparison; of its differences those of one class, if one is named.

    :raises NotFound: if none of these licences has it
    """
    with access.reading(actor):
        report = (
            ReconciliationReport.objects.filter(license_id__in=license_ids, id=report_id)
            .select_related("license", "compared_by", "signed_by", "sync_run")
            .annotate(**COUNTED)
            .first()
        )
        if report is None:
            raise NotFound("There is no such report here.")
        every = report.lines.order_by("label", "id")
        lines = every.filter(difference_class=difference_class) if difference_class else every
        counts = every.order_by().values_list("difference_class").annotate(number=Count("id"))
        cases = {
            case.fact_key: case
            for case in ExceptionCase.objects.filter(
                license_id=report.license_id,
                state=CaseState.OPEN,
                fact_key__startswith="difference:",
            ).select_related("owner")
        }
        said = _explanations(report)
        reads = _reads(report)
        return ReportPage(
            row=_row(report),
            lines=tuple(_line(line, cases, said) for line in lines),
            classes=tuple(sorted(counts)),
            chosen_class=difference_class,
            statement=report.statement,
            document_id=report.document_id,
            metrc_as_of=report.sync_run.started_at if report.sync_run else None,
            reads=tuple(_read(request) for request in reads[:READS_SHOWN_AT_MOST]),
            read_count=reads.count(),
            why_not_sign=_why_not_sign(actor, report),
        )


def _reads(report: ReconciliationReport) -> QuerySet[ApiRequest]:
    """Return what the run before a comparison read of packages, in the order it was read."""
    return (
        ApiRequest.objects.filter(
            license_id=report.license_id,
            sync_run_id=report.sync_run_id,
            sync_run__isnull=False,
            path__startswith=PACKAGES,
        )
        .select_related("hashes")
        .order_by("id")
    )


def _read(request: ApiRequest) -> ReadRow:
    return ReadRow(
        id=request.pk,
        sent_at=request.sent_at,
        request=f"{request.method} {request.path}",
        status=request.status,
        request_sha256=request.hashes.request_sha256,
        response_sha256=request.hashes.response_sha256,
    )


def _explanations(report: ReconciliationReport) -> dict[tuple[str, str], DifferenceExplanation]:
    """Return the newest explanation of each label and aspect."""
    rows = DifferenceExplanation.objects.filter(license_id=report.license_id)
    return {(row.label, row.aspect): row for row in rows.order_by("explained_at")}


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
        unexplained_count=report.__dict__["unexplained_count"],
        metrc_was_read_whole=report.sync_run_id is not None,
        signed_by=report.signed_by.name if report.signed_by else "",
        signed_at=report.signed_at,
    )


def _line(
    line: ReconciliationLine,
    cases: dict[str, ExceptionCase],
    said: dict[tuple[str, str], DifferenceExplanation],
) -> LineRow:
    case = cases.get(f"difference:{line.label}:{line.aspect}")
    explained = said.get((line.label, line.aspect))
    numbers = (line.our_quantity, line.metrc_quantity)
    holds = explained is not None and numbers == (explained.our_quantity, explained.metrc_quantity)
    return LineRow(
        label=line.label,
        aspect=line.aspect,
        difference_class=line.difference_class,
        confidence=line.confidence,
        our_quantity=line.our_quantity,
        metrc_quantity=line.metrc_quantity,
        counted_quantity=line.counted_quantity,
        counted_by=line.counted_by,
        counted_at=line.counted_at,
        unit=line.unit,
        sentence=line.sentence,
        case_id=case.pk if case else None,
        owner=case.owner.name if case and case.owner else "",
        explanation=explained.explanation if explained and holds else "",
    )
