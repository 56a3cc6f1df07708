"""What stands behind packages: certificates, manifests, batches, counts, holds, cases, releases."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date, datetime

from django.db import connection
from django.db.models import F

from glassbox.models.catalog import Counterparty
from glassbox.models.exception_cases import CaseState, ExceptionCase
from glassbox.models.lab import (
    CertificateOfAnalysis,
    LabResult,
    LabSample,
    LabSampleSource,
    QaReview,
    QaVerdict,
)
from glassbox.models.packages import Count, Hold, Package
from glassbox.models.production import Batch
from glassbox.models.transfers import TransferDirection, TransferPackage
from glassbox.queries.labels.sheet import CaseLine, CertificateLine, CountLine, ManifestLine
from glassbox.queries.rule_packs import rules_of
from glassbox.queries.transfers import OPEN_STATES
from glassbox.rules.clocks import certificate_expires_on
from glassbox.rules.rule_lines import threshold

STEPS_AT_MOST = 12

ANCESTORS = """
    WITH RECURSIVE above (license_id, start, label, step) AS (
        SELECT license_id, child_label, parent_label, 1 FROM package_lineage
        WHERE license_id = ANY (%(licenses)s) AND child_label = ANY (%(labels)s)
        UNION
        SELECT above.license_id, above.start, lineage.parent_label, above.step + 1
        FROM package_lineage AS lineage JOIN above
            ON lineage.child_label = above.label AND lineage.license_id = above.license_id
        WHERE above.step < %(steps)s
    )
    SELECT DISTINCT license_id, start, label FROM above
"""

Key = tuple[int, str]


def ancestors_by_label(
    license_ids: Collection[int], labels: Collection[str]
) -> dict[Key, frozenset[str]]:
    """Return what each package was made of, at most 12 steps back; one statement."""
    found: dict[Key, set[str]] = defaultdict(set)
    with connection.cursor() as cursor:
        cursor.execute(
            ANCESTORS,
            {"licenses": list(license_ids), "labels": list(labels), "steps": STEPS_AT_MOST},
        )
        for license_id, start, label in cursor.fetchall():
            found[license_id, start].add(label)
    return {key: frozenset(ancestors) for key, ancestors in found.items()}


def certificates_by_package(
    packages: Collection[Package],
    numbers: Mapping[int, str],
    ancestors: Mapping[Key, frozenset[str]],
    today: Mapping[int, date],
) -> dict[int, CertificateLine]:
    """Return the certificate that speaks for each package: of a sample drawn from it, from what
    it was made of, or from its production batch; the newest sample's newest. Three statements.
    """
    family = {
        one.pk: {one.label, *ancestors.get((one.license_id, one.label), ())} for one in packages
    }
    drawn_from = sorted({label for labels in family.values() for label in labels})
    license_ids = {one.license_id for one in packages}
    rows = list(
        CertificateOfAnalysis.objects.filter(
            sample_id__in=_sample_ids(license_ids, drawn_from, {*numbers.values()} - {""})
        )
        .select_related("sample", "license")
        .order_by("-sample_id", "-version")
    )
    names = dict(
        Counterparty.objects.filter(
            license_number__in={row.laboratory_license_number for row in rows}
        ).values_list("license_number", "name")
    )
    found = {}
    for one in packages:
        for row in rows:
            is_of_batch = numbers[one.pk] not in ("", None) and (
                row.sample.production_batch_number == numbers[one.pk]
            )
            is_of_family = family[one.pk] & set(row.sample.source_labels)
            if row.license_id == one.license_id and (is_of_batch or is_of_family):
                found[one.pk] = _certificate_line(row, names, today[one.license_id])
                break
    return found


def _sample_ids(
    license_ids: Collection[int], labels: Collection[str], batches: Collection[str]
) -> set[int]:
    drawn = LabSampleSource.objects.filter(license_id__in=license_ids, label__in=labels)
    of_batch = LabSample.objects.filter(
        license_id__in=license_ids,
        production_batch_number__in=batches,
        production_batch_number__gt="",
    )
    return set(
        drawn.values_list("sample_id", flat=True).union(of_batch.values_list("id", flat=True))
    )


def _certificate_line(
    row: CertificateOfAnalysis, names: Mapping[str, str], today: date
) -> CertificateLine:
    months = int(threshold(rules_of(row.license.state), "CA-BT-21", "months"))
    expires_on = certificate_expires_on(row.issued_date, months=months)
    number = row.laboratory_license_number
    return CertificateLine(
        number=row.certificate_number,
        version=row.version,
        issued_date=row.issued_date,
        expires_on=expires_on,
        days_left=(expires_on - today).days,
        laboratory=f"{names[number]}, {number}" if number in names else number,
        passed=row.passed,
        sample_id=row.sample_id,
    )


def results_by_label(license_ids: Collection[int], labels: Collection[str]) -> dict[Key, str]:
    """Return which laboratory's results METRC shows of each label, and since when; one statement."""
    rows = LabResult.objects.filter(
        license_id__in=license_ids, label__in=labels, revoked_at__isnull=True
    ).order_by("license_id", "label", F("released_at").desc(nulls_last=True), "-id")
    return {
        (row.license_id, row.label): f"METRC shows results of {row.laboratory_name}"
        + (f", {row.released_at:%Y-%m-%d}" if row.released_at else "")
        for row in rows.distinct("license_id", "label").defer("raw")
    }


def manifests_by_label(
    license_ids: Collection[int], labels: Collection[str]
) -> dict[Key, tuple[ManifestLine, ...]]:
    """Return the deliveries of each label, the newest first; one statement."""
    rows = TransferPackage.objects.filter(license_id__in=license_ids, label__in=labels)
    found: dict[Key, list[ManifestLine]] = defaultdict(list)
    for row in rows.select_related("transfer").defer("raw", "transfer__raw").order_by("-id"):
        transfer = row.transfer
        is_incoming = transfer.direction == TransferDirection.INCOMING
        found[row.license_id, row.label].append(
            ManifestLine(
                transfer_id=transfer.pk,
                label=row.label,
                direction=transfer.direction,
                number=transfer.manifest_number or transfer.template_name,
                state=transfer.state,
                other_license_number=transfer.shipper_license_number
                if is_incoming
                else transfer.receiver_license_number,
                other_name=transfer.shipper_name if is_incoming else transfer.receiver_name,
                quantity=row.shipped_quantity,
                unit=row.unit,
                shipment_state=row.shipment_state,
                at=transfer.received_at or transfer.departed_at or transfer.departs_at,
                is_open=transfer.state in OPEN_STATES,
            )
        )
    return {key: tuple(lines) for key, lines in found.items()}


def batch_ids(license_ids: Collection[int], numbers: Collection[str]) -> dict[Key, int]:
    """Return the batch behind each production batch number, where one is ours; one statement."""
    rows = Batch.objects.filter(license_id__in=license_ids, number__in=set(numbers) - {""})
    return {
        (license_id, number): batch_id
        for license_id, number, batch_id in rows.values_list("license_id", "number", "id")
    }


def counts_by_package(package_ids: Collection[int]) -> dict[int, CountLine]:
    """Return what was counted last of each package; one statement."""
    rows = Count.objects.filter(package_id__in=package_ids).select_related("counted_by")
    newest = rows.order_by("package_id", "-counted_at", "-id").distinct("package_id")
    return {
        row.package_id: CountLine(
            quantity=row.quantity, unit=row.unit, by=row.counted_by.name, at=row.counted_at
        )
        for row in newest
    }


def holds_by_package(package_ids: Collection[int]) -> dict[int, tuple[str, ...]]:
    """Return the reasons of our own holds that stand; one statement."""
    found: dict[int, list[str]] = defaultdict(list)
    rows = Hold.objects.filter(package_id__in=package_ids, lifted_at__isnull=True)
    for package_id, reason in rows.order_by("placed_at").values_list("package_id", "reason"):
        found[package_id].append(reason)
    return {package_id: tuple(reasons) for package_id, reasons in found.items()}


def cases_by_package(package_ids: Collection[int]) -> dict[int, tuple[CaseLine, ...]]:
    """Return the open cases of each package, the soonest due first; one statement."""
    found: dict[int, list[CaseLine]] = defaultdict(list)
    rows = ExceptionCase.objects.filter(package_id__in=package_ids, state=CaseState.OPEN)
    for case in rows.order_by(F("due_at").asc(nulls_last=True), "id"):
        found[case.package_id or 0].append(
            CaseLine(id=case.pk, title=case.title, severity=case.severity, due_at=case.due_at)
        )
    return {package_id: tuple(cases) for package_id, cases in found.items()}


def releases_by_package(
    package_ids: Collection[int],
) -> dict[int, tuple[str, datetime, datetime | None]]:
    """Return who released each package, when, and when it was revoked, if so; one statement."""
    rows = QaReview.objects.filter(package_id__in=package_ids, verdict=QaVerdict.RELEASED)
    newest = rows.order_by("package_id", "-reviewed_at", "-id").distinct("package_id")
    return {
        row.package_id: (row.reviewed_by.name, row.reviewed_at, row.revoked_at)
        for row in newest.select_related("reviewed_by")
    }
