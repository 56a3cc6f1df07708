"""What the gates of a sample and of a release look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db.models import Q

from glassbox import access
from glassbox.models.companies import License
from glassbox.models.lab import CertificateOfAnalysis, LabResult, LabSample
from glassbox.models.packages import Count, Package, PackageLineage, PackageSnapshot
from glassbox.queries.gate_facts import counterparty_facts, license_facts, package_facts
from glassbox.queries.packages.rows import parse_metrc_date
from glassbox.queries.production.facts import BatchOrigin, batch_origin_in_reading
from glassbox.queries.rule_packs import rules_for, rules_of
from glassbox.rules.actor import system_actor
from glassbox.rules.gates.qa import CertificateFacts, QaFacts
from glassbox.rules.gates.sampling import SamplingFacts
from glassbox.rules.lab_status import has_passed
from glassbox.rules.package_state import LocalState
from glassbox.rules.quantities import Quantity, quantity

ANCESTOR_STEPS_AT_MOST = 12
NOT_PART_OF_A_BATCH = (LocalState.SAMPLED, LocalState.CLOSED, LocalState.DESTROYED)
RELEASE_COUNT = "RELEASE"


def batch_number_of(package: Package) -> str:
    """Return the production batch a package belongs to: its own, or the one of its source.

    METRC gives a split no number of its own; it names the source's (CA-BT-16).
    """
    if package.production_batch_number:
        return package.production_batch_number
    newest = newest_snapshot(package)
    sources = str((newest.raw if newest else {}).get("SourceProductionBatchNumbers") or "")
    numbers = {number.strip() for number in sources.split(",") if number.strip()}
    return numbers.pop() if len(numbers) == 1 else ""


def newest_snapshot(package: Package) -> PackageSnapshot | None:
    """Return METRC's newest word of a package, None if it was never seen."""
    return PackageSnapshot.objects.filter(package=package, is_newest=True).first()


def sampling_facts(
    *,
    license: License,
    sources: frozenset[str],
    sample: Quantity,
    laboratory: str,
    is_final_form: bool,
    is_labelled: bool,
    is_research: bool,
    now: datetime,
) -> SamplingFacts:
    """Return what the gates look at before a sample is planned, inside the transaction."""
    packages = Package.objects.filter(license=license, label__in=sources)
    numbers = {batch_number_of(package) for package in packages} - {""}
    number = min(numbers, default="")
    others = Package.objects.filter(license=license, production_batch_number=number)
    batch = others.exclude(local_state__in=NOT_PART_OF_A_BATCH) if number else packages
    return SamplingFacts(
        acting=license_facts(license),
        packages=package_facts(license.pk, sorted(sources)),
        checked_at=now,
        rules=rules_for(license),
        batch_number=number,
        batch_labels=sources | frozenset(batch.values_list("label", flat=True)),
        source_labels=sources,
        sample=sample,
        laboratory=counterparty_facts(license, laboratory),
        is_final_form=is_final_form,
        is_labelled=is_labelled,
        is_research=is_research,
    )


def origin_of_package(*, license_id: int, label: str) -> BatchOrigin:
    """Return who in our company made what is in a package, read before the transaction."""
    with access.reading(system_actor("quality")):
        package = Package.objects.filter(license_id=license_id, label=label).first()
        number = batch_number_of(package) if package else ""
        return batch_origin_in_reading(license_id, number)


def newest_sample(package: Package) -> LabSample | None:
    """Return the last sample that speaks for a package: drawn from it, its source, its batch."""
    ancestors, _ = _ancestors(package)
    drawn_from = Q()
    for label in (package.label, *sorted(ancestors)):
        drawn_from |= Q(source_labels__contains=[label])
    number = batch_number_of(package)
    if number:
        drawn_from |= Q(production_batch_number=number)
    samples = LabSample.objects.filter(drawn_from, license_id=package.license_id)
    return samples.order_by("-id").first()


def newest_certificate(sample: LabSample | None) -> CertificateOfAnalysis | None:
    """Return the current version of a sample's certificate; older ones are never current."""
    if sample is None:
        return None
    return sample.certificates.select_related("document").order_by("-version").first()


def qa_facts(
    *,
    package: Package,
    reviewer_id: int,
    origin: BatchOrigin,
    ticks: Mapping[str, bool],
    label_batch_number: str,
    label_claim_mg: Decimal | None,
    planned_departure: date | None,
    now: datetime,
) -> QaFacts:
    """Return what the fourteen release gates look at, inside the caller's transaction."""
    license = package.license
    sample = newest_sample(package)
    certificate = newest_certificate(sample)
    number = batch_number_of(package)
    newest = newest_snapshot(package)
    raw = newest.raw if newest else {}
    results = _results(package, sample)
    ancestors, gap = _ancestors(package)
    counts = _counts(package)
    return QaFacts(
        acting=license_facts(license),
        packages=package_facts(license.pk, [package.label]),
        checked_at=now,
        rules=rules_for(license),
        batch_number=number,
        reviewer_id=reviewer_id,
        maker_ids=origin.maker_ids | frozenset(count.counted_by_id for count in counts),
        certificate=_certificate_facts(certificate, newest.lab_state if newest else ""),
        sample_label=sample.label if sample else "",
        laboratory_license_number=sample.laboratory_license_number if sample else "",
        required_panels=frozenset(panels_of(license.state).required),
        results_are_released=bool(results) and all(row.released_at for row in results),
        result_is_revoked=any(row.revoked_at for row in results),
        planned_departure=planned_departure or local_day(license, now),
        label_claim_mg=origin.label_claim_mg if origin.is_ours else label_claim_mg,
        counts=_newest_count(package, counts),
        label_batch_number=label_batch_number,
        printed_labels={package.label: package.printed_label or package.label},
        ancestor_labels={package.label: ancestors},
        lineage_gap=gap,
        metrc_batch_number=str(raw.get("ProductionBatchNumber") or ""),
        metrc_result_expires_on=parse_metrc_date(raw.get("LabTestResultExpirationDateTime")),
        expires_on=parse_metrc_date(raw.get("ExpirationDate")),
        ticks=ticks,
    )


def local_day(license: License, now: datetime) -> date:
    """Return the day it is at the facility."""
    return now.astimezone(ZoneInfo(license.time_zone)).date()


@dataclass(frozen=True, kw_only=True)
class Panels:
    """What a certificate speaks about: panels every batch needs, and those only some need."""

    required: tuple[str, ...]
    further: tuple[str, ...]


def panels_of(state: str) -> Panels:
    """Return the panels that the rule pack of a state names (QA-02, CA-BT-13)."""
    line = rules_of(state).get("QA-02")
    params = line.params if line else {}
    return Panels(
        required=_named(params.get("panels", "")),
        further=_named(params.get("further_panels", "")),
    )


def _named(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _results(package: Package, sample: LabSample | None) -> list[LabResult]:
    """Return the newest answer to each test; an old attempt does not speak any more."""
    known = LabResult.objects.filter(license_id=package.license_id)
    rows = list(known.filter(label=package.label).order_by("metrc_id"))
    if not rows and sample is not None:
        rows = list(known.filter(label__in=sample.source_labels).order_by("metrc_id"))
    return list({row.test_type: row for row in rows}.values())


def _certificate_facts(
    certificate: CertificateOfAnalysis | None, lab_state: str
) -> CertificateFacts | None:
    if certificate is None:
        return None
    content = bytes(certificate.document.content)
    return CertificateFacts(
        number=certificate.certificate_number,
        batch_number=certificate.production_batch_number,
        sample_label=certificate.sample_label,
        laboratory_license_number=certificate.laboratory_license_number,
        issued_on=certificate.issued_date,
        passed=certificate.passed,
        panels=certificate.panels,
        thc_mg_per_unit=certificate.thc_mg_per_unit,
        matches_metrc=certificate.passed == has_passed(lab_state),
        has_readable_file=content.startswith(b"%PDF"),
    )


def _counts(package: Package) -> list[Count]:
    """Return the counts made for a release, the newest first."""
    return list(
        Count.objects.filter(package=package, purpose=RELEASE_COUNT).order_by("-counted_at", "-id")
    )


def _newest_count(package: Package, counts: list[Count]) -> dict[str, Quantity]:
    return {package.label: quantity(counts[0].quantity, counts[0].unit)} if counts else {}


def _ancestors(package: Package) -> tuple[frozenset[str], str]:
    """Return every ancestor here, and the first gap: a source our licence never held.

    Nothing is drawn behind a receipt manifest, so what lies beyond it is no gap (corrections 8).
    """
    found: set[str] = set()
    edge = {package.label}
    for _ in range(ANCESTOR_STEPS_AT_MOST):
        parents = set(
            PackageLineage.objects.filter(
                license_id=package.license_id, child_label__in=edge
            ).values_list("parent_label", flat=True)
        )
        edge = parents - found
        found |= parents
        if not edge:
            break
    known = set(
        Package.objects.filter(license_id=package.license_id, label__in=found).values_list(
            "label", flat=True
        )
    )
    missing = sorted(found - known)
    gap = f"{missing[0]} is named as a source and was never seen here" if missing else ""
    return frozenset(found), gap
