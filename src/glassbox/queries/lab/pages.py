"""The pages of a sample and of a quality review."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import QuerySet

from glassbox import access
from glassbox.audit.event_types import EventType
from glassbox.audit.models import AuditOpening, ComplianceEvent
from glassbox.models.lab import CertificateOfAnalysis, LabResult, LabSample, QaReview, SampleState
from glassbox.models.packages import STANDING_VIEWS, Package, PackageStanding
from glassbox.models.people import User
from glassbox.queries.lab.checklist import EvidenceItem, evidence_sha256, items_with_evidence
from glassbox.queries.lab.facts import (
    Panels,
    batch_number_of,
    newest_certificate,
    newest_sample,
    origin_of_package,
    panels_of,
    qa_facts,
)
from glassbox.rules.actor import Actor
from glassbox.rules.gates import is_blocked
from glassbox.rules.permissions import Permission
from glassbox.rules.verdicts import NotFound

ROWS_AT_MOST = 200


# Samples that a laboratory has or is to get, whose result METRC does not show.
WITHOUT_RESULT = (SampleState.TAKEN, SampleState.AT_LAB)


@dataclass(frozen=True, kw_only=True)
class SampleRow:
    """One sample in a list."""

    id: int
    license_number: str
    label: str
    batch_number: str
    quantity: Decimal
    unit: str
    laboratory_license_number: str
    state: str
    taken_at: datetime | None
    result_seen_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class CertificateRow:
    """One version of a certificate; only the newest is current."""

    id: int
    document_id: int
    version: int
    is_current: bool
    number: str
    issued_date: date
    passed: bool
    panels: tuple[tuple[str, bool], ...]
    thc_mg_per_unit: Decimal | None
    sha256: str
    filed_by: str
    filed_at: datetime


@dataclass(frozen=True, kw_only=True)
class ResultRow:
    """One result as METRC publishes it."""

    label: str
    test_type: str
    value: Decimal | None
    passed: bool
    released_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class CustodyLink:
    """One link of the chain of custody, as the ledger has it."""

    at: datetime
    type: str
    sentence: str


@dataclass(frozen=True, kw_only=True)
class SamplePage:
    """All that the page of one sample shows."""

    row: SampleRow
    source_labels: tuple[str, ...]
    sampled_by: str
    witnessed_by: str
    custody: tuple[CustodyLink, ...]
    certificates: tuple[CertificateRow, ...]
    results: tuple[ResultRow, ...]
    panels: Panels
    may_take: bool
    may_file: bool


def sample_rows(
    *, actor: Actor, license_ids: tuple[int, ...], without_result: bool = False
) -> tuple[SampleRow, ...]:
    """Return the newest 200 samples, or only those without a result."""
    with access.reading(actor):
        rows = LabSample.objects.filter(license_id__in=license_ids).select_related("license")
        if without_result:
            rows = rows.filter(state__in=WITHOUT_RESULT)
        return tuple(_row(sample) for sample in rows.order_by("-id")[:ROWS_AT_MOST])


def sample_page(*, actor: Actor, license_id: int, sample_id: int) -> SamplePage:
    """Return one sample with its custody, certificates and results.

    :raises NotFound: if this licence has no such sample
    """
    with access.reading(actor, license_id=license_id):
        sample = (
            LabSample.objects.filter(license_id=license_id, id=sample_id)
            .select_related("license", "witnessed_by")
            .first()
        )
        if sample is None:
            raise NotFound("There is no such sample here.")
        may = access.permissions_at(actor, license_id)
        return SamplePage(
            row=_row(sample),
            source_labels=tuple(sample.source_labels),
            sampled_by=sample.sampled_by,
            witnessed_by=sample.witnessed_by.name if sample.witnessed_by else "",
            custody=_custody(sample),
            certificates=_certificates(sample),
            results=_results(sample),
            panels=panels_of(sample.license.state),
            may_take=Permission.SAMPLE_TAKE in may,
            may_file=Permission.COA_FILE in may,
        )


def _row(sample: LabSample) -> SampleRow:
    return SampleRow(
        id=sample.pk,
        license_number=sample.license.number,
        label=sample.label,
        batch_number=sample.production_batch_number,
        quantity=sample.quantity,
        unit=sample.unit,
        laboratory_license_number=sample.laboratory_license_number,
        state=sample.state,
        taken_at=sample.taken_at,
        result_seen_at=sample.result_seen_at,
    )


def _custody(sample: LabSample) -> tuple[CustodyLink, ...]:
    events = ComplianceEvent.objects.filter(
        license_id=sample.license_id,
        subject=f"sample:{sample.pk}",
        type__in=[
            *(EventType.SAMPLE_PLANNED, EventType.SAMPLE_TAKEN),
            *(EventType.SAMPLE_HANDED_OVER, EventType.RESULTS_SEEN),
        ],
    ).order_by("occurred_at", "event_id")
    reasons = dict(
        AuditOpening.objects.filter(event__in=events, field="reason").values_list(
            "event_id", "value"
        )
    )
    return tuple(
        CustodyLink(
            at=event.occurred_at,
            type=event.type,
            sentence=reasons.get(event.event_id, "(erased)"),
        )
        for event in events
    )


def _certificates(sample: LabSample) -> tuple[CertificateRow, ...]:
    rows = list(sample.certificates.select_related("document", "filed_by").order_by("-version"))
    return tuple(_certificate(row, is_current=row == rows[0]) for row in rows)


def _certificate(row: CertificateOfAnalysis, *, is_current: bool) -> CertificateRow:
    return CertificateRow(
        id=row.pk,
        document_id=row.document_id,
        version=row.version,
        is_current=is_current,
        number=row.certificate_number,
        issued_date=row.issued_date,
        passed=row.passed,
        panels=tuple(sorted(row.panels.items())),
        thc_mg_per_unit=row.thc_mg_per_unit,
        sha256=row.document.sha256,
        filed_by=row.filed_by.name if row.filed_by else "",
        filed_at=row.filed_at,
    )


def _results(sample: LabSample) -> tuple[ResultRow, ...]:
    rows = LabResult.objects.filter(
        license_id=sample.license_id, label__in=[sample.label, *sample.source_labels]
    )
    return tuple(
        ResultRow(
            label=row.label,
            test_type=row.test_type,
            value=row.value,
            passed=row.passed,
            released_at=row.released_at,
            revoked_at=row.revoked_at,
        )
        for row in rows.order_by("label", "test_type", "metrc_id")
    )


@dataclass(frozen=True, kw_only=True)
class QaRow:
    """One package in the queue of quality: passed in METRC, not released by us."""

    license_number: str
    label: str
    item_name: str
    batch_number: str
    quantity: Decimal | None
    unit: str
    lab_state: str
    local_state: str


@dataclass(frozen=True, kw_only=True)
class ReviewRow:
    """One review of a package, in force or not."""

    id: int
    verdict: str
    reason: str
    reviewed_by: str
    reviewed_at: datetime
    content_sha256: str
    is_inherited: bool
    revoked_at: datetime | None
    revoked_because: str


@dataclass(frozen=True, kw_only=True)
class QaPage:
    """The checklist of a package as it stands now, with the hash a signature binds to."""

    label: str
    item_name: str
    batch_number: str
    items: tuple[EvidenceItem, ...]
    evidence_sha256: str
    is_blocked: bool
    sample_id: int | None
    certificate: CertificateRow | None
    reviews: tuple[ReviewRow, ...]
    makers: tuple[str, ...]
    label_claim_mg: Decimal | None
    asks_for_claim: bool
    may_release: bool
    may_review: bool


def qa_rows(*, actor: Actor, license_ids: tuple[int, ...]) -> tuple[QaRow, ...]:
    """Return the packages that wait for quality, the longest unchanged first, at most 200."""
    with access.reading(actor):
        waiting = PackageStanding.objects.filter(
            STANDING_VIEWS["passed"], license_id__in=license_ids
        ).select_related("license")
        return tuple(_qa_row(one) for one in waiting.order_by("changed_at")[:ROWS_AT_MOST])


def _qa_row(standing: PackageStanding) -> QaRow:
    return QaRow(
        license_number=standing.license.number,
        label=standing.label,
        item_name=standing.item_name,
        batch_number=standing.production_batch_number,
        quantity=standing.metrc_quantity,
        unit=standing.unit,
        lab_state=standing.lab_state,
        local_state=standing.local_state,
    )


def qa_page(*, actor: Actor, license_id: int, label: str, now: datetime) -> QaPage:
    """Return the checklist of a package with its evidence, before anybody has ticked an item.

    :raises NotFound: if this licence has no such package, or is none the actor may see
    """
    with access.reading(actor, license_id=license_id):
        pass
    origin = origin_of_package(license_id=license_id, label=label)
    with access.reading(actor, license_id=license_id):
        package = (
            Package.objects.filter(license_id=license_id, label=label)
            .select_related("license")
            .first()
        )
        if package is None:
            raise NotFound("There is no such package here.")
        facts = qa_facts(
            package=package,
            reviewer_id=actor.user_id or 0,
            origin=origin,
            ticks={},
            label_batch_number=batch_number_of(package),
            label_claim_mg=None,
            planned_departure=None,
            now=now,
        )
        items = items_with_evidence(facts)
        sample = newest_sample(package)
        certificate = newest_certificate(sample)
        may = access.permissions_at(actor, license_id)
        return QaPage(
            label=label,
            item_name=package.item_name,
            batch_number=facts.batch_number,
            items=items,
            evidence_sha256=evidence_sha256(package, facts),
            is_blocked=is_blocked(finding for item in items for finding in item.findings),
            sample_id=sample.pk if sample else None,
            certificate=_certificate(certificate, is_current=True) if certificate else None,
            reviews=_reviews(QaReview.objects.filter(package=package)),
            makers=tuple(
                User.objects.filter(id__in=facts.maker_ids)
                .order_by("name")
                .values_list("name", flat=True)
            ),
            label_claim_mg=facts.label_claim_mg,
            asks_for_claim=not origin.is_ours,
            may_release=Permission.QA_RELEASE in may,
            may_review=Permission.QA_REVIEW in may,
        )


def _reviews(rows: QuerySet[QaReview]) -> tuple[ReviewRow, ...]:
    return tuple(
        ReviewRow(
            id=row.pk,
            verdict=row.verdict,
            reason=row.reason,
            reviewed_by=row.reviewed_by.name,
            reviewed_at=row.reviewed_at,
            content_sha256=row.content_sha256,
            is_inherited="inherited_from" in row.checklist,
            revoked_at=row.revoked_at,
            revoked_because=row.revoked_because,
        )
        for row in rows.select_related("reviewed_by").order_by("-id")
    )
