"""Lab results of packages whose testing state says that there are some."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q

from glassbox.models.lab import LabResult
from glassbox.models.packages import PackageSnapshot
from glassbox.operations.metrc_mapping import plain
from glassbox.operations.metrc_session import Session
from glassbox.operations.sync.batch import Batch, ReadRow
from glassbox.operations.transaction import short_transaction
from glassbox.rules.lab_status import FAILED_STATES, PASSED_STATES
from metrc_client import endpoints, shapes

PACKAGES_PER_RUN = 200


def packages_with_new_results(license_id: int) -> tuple[tuple[str, int], ...]:
    """Return label and METRC id of packages that were tested since we last read their results."""
    with short_transaction(license_id):
        read = LabResult.objects.filter(
            license_id=OuterRef("license_id"),
            label=OuterRef("package__label"),
            seen_at__gte=OuterRef("seen_at"),
        )
        tested = PackageSnapshot.objects.filter(
            ~Exists(read),
            Q(lab_state__in=PASSED_STATES | FAILED_STATES),
            license_id=license_id,
            is_newest=True,
            metrc_id__isnull=False,
        )
        rows = tested.annotate(label=F("package__label")).values_list("label", "metrc_id")
        return tuple(rows[:PACKAGES_PER_RUN])


def read_results(session: Session, metrc_id: int) -> tuple[ReadRow, ...]:
    """Read every result of one package."""
    return tuple(
        ReadRow(raw=raw, api_request_id=session.last_request_id)
        for raw in session.client.rows(
            endpoints.LAB_RESULTS,
            license_number=session.number,
            query={"packageId": str(metrc_id)},
        )
    )


def store_results(batch: Batch, label: str, now: datetime) -> None:
    """Store the results of one package; a result that METRC revoked stays, and says so."""
    for row in batch.rows:
        try:
            seen = shapes.lab_result(row.raw)
        except shapes.BadRow as problem:
            batch.report_bad_row(row, str(problem))
            continue
        LabResult.objects.update_or_create(
            license=batch.license,
            label=label,
            metrc_id=seen.id,
            defaults={
                "company_id": batch.license.company_id,
                "test_type": seen.test_type,
                "value": seen.value,
                "passed": seen.passed,
                "laboratory_name": seen.laboratory_name,
                "released_at": seen.released_at,
                "revoked_at": seen.revoked_at,
                "document_file_id": seen.document_file_id,
                "seen_at": now,
                "raw": plain(seen.raw),
            },
        )
        batch.stored += 1
