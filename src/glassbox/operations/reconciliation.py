"""Compare our book with METRC's newest word; write the report; open and close cases."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import connection

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.companies import License
from glassbox.models.counts import CountLine, CountSessionState
from glassbox.models.documents import Document
from glassbox.models.exception_cases import CaseState, ExceptionCase
from glassbox.models.packages import Package
from glassbox.models.people import User
from glassbox.models.reconciliation import (
    DifferenceExplanation,
    ReconciliationLine,
    ReconciliationReport,
)
from glassbox.models.sync import SyncRun, SyncRunState
from glassbox.operations import queue
from glassbox.operations.counts import open_count_in_transaction
from glassbox.operations.documents import file_document_in_transaction
from glassbox.operations.exception_cases import (
    close_cases_in_transaction,
    open_case_in_transaction,
    settle_cases_in_transaction,
)
from glassbox.operations.person import person_id
from glassbox.operations.transaction import operation
from glassbox.paperwork.sheets import ReconciliationSheet, reconciliation_sheet
from glassbox.queries.audit_trail.stamp import stamp_in_transaction
from glassbox.queries.differences.compare import differences_at, package_count
from glassbox.queries.freshness import freshness_of
from glassbox.queries.rule_packs import procedures_of, rules_of
from glassbox.rules.actor import Actor
from glassbox.rules.clocks import reconciliation_due_at
from glassbox.rules.difference_causes import DifferenceClass
from glassbox.rules.exception_policy import CaseClass, case_for_difference
from glassbox.rules.permissions import Permission
from glassbox.rules.quantities import quantity
from glassbox.rules.reconcile import Difference
from glassbox.rules.rule_lines import threshold
from glassbox.rules.verdicts import InvalidInput, NotFound, Refused


@operation
def reconcile_license(*, actor: Actor, license_id: int, now: datetime) -> int:
    """Compare every package of a licence and return the id of the report.

    A difference opens one case per fact; a case whose difference is gone is closed, and so is
    every other case that a look now finds settled. What METRC does not show counts as missing only if every list of packages was walked to its end.
    """
    access.require(actor, Permission.RECONCILIATION_RUN, license_id=license_id)
    license = License.objects.get(id=license_id)
    is_whole = freshness_of(license_id).packages_are_whole
    done = SyncRun.objects.filter(license=license, state=SyncRunState.DONE)
    run = done.order_by("-id").first() if is_whole else None
    differences = differences_at(license_id, now=now)
    labels = {difference.label for difference in differences}
    compared = package_count(license_id)
    report = ReconciliationReport.objects.create(
        company_id=license.company_id,
        license=license,
        sync_run=run,
        compared_at=now,
        compared_by_id=actor.user_id,
        package_count=compared,
        agreeing_count=compared - len(labels),
    )
    ids = dict(Package.objects.filter(license=license, label__in=labels).values_list("label", "id"))
    ReconciliationLine.objects.bulk_create(
        _line(report, difference, ids.get(difference.label)) for difference in differences
    )
    settle_difference_cases_in_transaction(
        actor=actor, license=license, differences=differences, package_ids=ids, now=now
    )
    settle_cases_in_transaction(actor=actor, license=license, now=now)
    ledger.append(
        type=EventType.REPORT_WRITTEN,
        subject=f"report:{report.pk}",
        actor=actor,
        reason="Our book was compared with METRC",
        body={"packages": report.package_count, "differences": len(differences)},
        now=now,
    )
    return report.pk


class NotToSign(Refused):
    """The report cannot be signed: partly blind, signed already, or the signer's own comparison."""

    code = "reconciliation.not-to-sign"


@operation
def ask_for_comparison(*, actor: Actor, license_id: int, now: datetime) -> None:
    """Have METRC read and the books compared now, rather than with the next read."""
    access.require(actor, Permission.RECONCILIATION_RUN, license_id=license_id)
    queue.defer(
        queue.JobName.SYNC_LICENSE,
        once=f"sync:{license_id}",
        license_id=license_id,
        trigger="asked",
        feeds="",
    )


@operation
def sign_report(
    *, actor: Actor, license_id: int, report_id: int, statement: str, now: datetime
) -> None:
    """Sign a comparison as the reconciliation of these thirty days (CA-IN-01).

    Whoever compared does not sign. Differences stay open as cases; the statement says what is
    done about them.

    :raises NotFound: if there is no such report here
    :raises InvalidInput: if there are differences and no statement
    :raises NotToSign: if METRC was not walked whole, or it is signed, or it is the signer's own
    """
    access.require(actor, Permission.RECONCILIATION_RUN, license_id=license_id)
    report = (
        ReconciliationReport.objects.select_for_update()
        .filter(license_id=license_id, id=report_id)
        .first()
    )
    if report is None:
        raise NotFound("There is no such report here.")
    if report.signed_at is not None:
        raise NotToSign("This report is signed already.")
    if report.sync_run_id is None:
        raise NotToSign(
            "METRC was not read whole before this comparison. Read it and compare again."
        )
    if actor.user_id is None or actor.user_id == report.compared_by_id:
        raise NotToSign("A person other than the one who compared signs.")
    differences = report.lines.count()
    if differences and not statement.strip():
        raise InvalidInput(
            field="statement",
            value=statement,
            way_out=f"Say what is done about the {differences} differences.",
        )
    _check_owners(report)
    report.signed_by_id, report.signed_at = actor.user_id, now
    report.statement = statement.strip()
    report.document = _file_report(actor, report, now)
    report.save(update_fields=["signed_by", "signed_at", "statement", "document"])
    ledger.append(
        type=EventType.REPORT_SIGNED,
        subject=f"report:{report.pk}",
        actor=actor,
        reason=statement.strip() or "No difference",
        body={"packages": report.package_count, "differences": differences},
        now=now,
    )


def _check_owners(report: ReconciliationReport) -> None:
    """Every difference that nothing explains is somebody's, or is explained in words."""
    keys = {
        f"difference:{line.label}:{line.aspect}": line.label
        for line in report.lines.filter(difference_class=DifferenceClass.UNEXPLAINED)
    }
    owned = ExceptionCase.objects.filter(
        license_id=report.license_id, fact_key__in=keys, owner__isnull=False
    ).values_list("fact_key", flat=True)
    explained = {
        f"difference:{row.label}:{row.aspect}"
        for row in DifferenceExplanation.objects.filter(
            license_id=report.license_id, label__in=keys.values()
        )
    }
    nobodys = sorted(keys.keys() - set(owned) - explained)
    if nobodys:
        raise NotToSign(
            f"{len(nobodys)} unexplained differences have no owner, the first is of "
            f"{keys[nobodys[0]]}. Give its case to a person, or explain it."
        )


def _file_report(actor: Actor, report: ReconciliationReport, now: datetime) -> Document:
    license = License.objects.get(id=report.license_id)
    zone = ZoneInfo(license.time_zone)
    signer = User.objects.get(id=person_id(actor))
    sheet = ReconciliationSheet(
        license=f"{license.legal_name}, licence {license.number}",
        facts=(
            ("Compared at", report.compared_at.astimezone(zone).strftime("%Y-%m-%d %H:%M %Z")),
            ("Compared by", report.compared_by.name if report.compared_by else "Glassbox"),
            ("Packages", f"{report.package_count:,}"),
            ("Agree", f"{report.agreeing_count:,}"),
            ("Signed by", signer.name),
            ("Signed at", now.astimezone(zone).strftime("%Y-%m-%d %H:%M %Z")),
            ("Statement", report.statement or "No difference"),
            ("Next due", str(reconciliation_due_at(now).astimezone(zone).date())),
        ),
        lines=tuple(_printed(line) for line in report.lines.order_by("label", "id")),
    )
    return file_document_in_transaction(
        actor=actor,
        license=license,
        name=f"Reconciliation {report.compared_at.astimezone(zone):%Y-%m-%d} #{report.pk}.pdf",
        kind="PRINTED",
        content=reconciliation_sheet(sheet, stamp=stamp_in_transaction(license)),
        now=now,
    )


def _printed(line: ReconciliationLine) -> tuple[str, str, str, str, str, str]:
    def shown(value: Decimal | None) -> str:
        return "" if value is None else quantity(value, line.unit).text()

    return (
        line.label,
        line.difference_class.replace("_", " ").lower(),
        shown(line.our_quantity),
        shown(line.metrc_quantity),
        shown(line.counted_quantity),
        line.sentence,
    )


def _line(
    report: ReconciliationReport, difference: Difference, package_id: int | None
) -> ReconciliationLine:
    ours, metrc, counted = difference.our_quantity, difference.metrc_quantity, difference.counted
    known = ours or metrc
    return ReconciliationLine(
        company_id=report.company_id,
        license_id=report.license_id,
        report=report,
        package_id=package_id,
        label=difference.label,
        aspect=difference.aspect,
        difference_class=difference.difference_class,
        confidence=difference.confidence,
        our_quantity=ours.value if ours else None,
        metrc_quantity=metrc.value if metrc else None,
        counted_quantity=counted.quantity.value if counted else None,
        counted_by=counted.counted_by if counted else "",
        counted_at=counted.counted_at if counted else None,
        unit=known.unit.name if known else "",
        sentence=difference.sentence[:1000],
        evidence=list(difference.evidence),
    )


def settle_difference_cases_in_transaction(
    *,
    actor: Actor,
    license: License,
    differences: tuple[Difference, ...],
    package_ids: dict[str, int],
    now: datetime,
) -> None:
    """Open a case for each difference that needs a person; close those whose fact is gone."""
    assert connection.in_atomic_block, "cases commit with the comparison that found them"
    percent: Decimal = threshold(rules_of(license.state), "CA-IN-03", "significant_percent")
    # What may explain itself soon neither closes nor doubles the case that is open for it.
    still_true = {difference.fact_key for difference in differences}
    to_audit = []
    for difference in differences:
        advice = case_for_difference(
            difference,
            found_at=now,
            significant_percent=percent,
            procedures=procedures_of(license.state),
        )
        if advice is not None:
            if advice.case_class is CaseClass.SIGNIFICANT_DIFFERENCE:
                to_audit.append(difference.label)
            open_case_in_transaction(
                actor=actor,
                license=license,
                advice=advice,
                package_id=package_ids.get(difference.label),
                now=now,
            )
    _open_audit(actor, license, to_audit, now)
    open_keys = ExceptionCase.objects.filter(
        license=license, state=CaseState.OPEN, fact_key__startswith="difference:"
    ).values_list("fact_key", flat=True)
    close_cases_in_transaction(
        actor=actor,
        license=license,
        fact_keys=set(open_keys) - still_true,
        because="A later comparison found no difference",
        now=now,
    )


def _open_audit(actor: Actor, license: License, labels: list[str], now: datetime) -> None:
    """Ask for a blind count of what differs so much, once while that difference lasts (CA-IN-03)."""
    asked = set(
        CountLine.objects.filter(license=license, label__in=labels, session__purpose="AUDIT")
        .exclude(session__state=CountSessionState.ABANDONED)
        .values_list("label", flat=True)
    )
    wanted = [label for label in labels if label not in asked]
    if wanted:
        open_count_in_transaction(
            actor=actor,
            license=license,
            purpose="AUDIT",
            location_name="",
            labels=wanted,
            is_blind=True,
            now=now,
        )
