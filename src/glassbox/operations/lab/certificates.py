"""File a certificate of analysis with what it claims; a newer one never overwrites an older."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.companies import License
from glassbox.models.lab import CertificateOfAnalysis, LabSample, QaReview, QaVerdict, SampleState
from glassbox.operations.documents import file_document_in_transaction
from glassbox.operations.lab.releases import revoke_release_in_transaction
from glassbox.operations.lab.sampling import SampleIsElsewhere
from glassbox.operations.transaction import operation
from glassbox.rules.actor import Actor
from glassbox.rules.permissions import Permission
from glassbox.rules.verdicts import InvalidInput, NotFound


@operation
def file_coa(
    *,
    actor: Actor,
    license_id: int,
    sample_id: int,
    content: bytes,
    file_name: str,
    certificate_number: str,
    laboratory_license_number: str,
    production_batch_number: str,
    sample_label: str,
    issued_date: date,
    passed: bool,
    panels: Mapping[str, bool],
    thc_mg_per_unit: Decimal | None = None,
    now: datetime,
) -> int:
    """File the PDF of a certificate with what it says, as read by a person; return its id.

    What it says is kept as it says it: QA-01 compares it with the batch. A release given on an
    older version is taken back, for nobody has judged the new one (scenario S18b).

    :raises InvalidInput: if it is no PDF, over 5 MB, without panels, or issued later than now
    :raises SampleIsElsewhere: if the sample was not taken yet
    """
    access.require(actor, Permission.COA_FILE, license_id=license_id)
    license = License.objects.get(id=license_id)
    sample = _sample_that_was_taken(license, sample_id)
    _check_claims(certificate_number, panels, issued_date, now)
    document = file_document_in_transaction(
        actor=actor,
        license=license,
        name=file_name,
        kind="COA",
        content=content,
        now=now,
    )
    earlier = sample.certificates.order_by("-version").first()
    certificate = CertificateOfAnalysis.objects.create(
        company_id=license.company_id,
        license=license,
        sample=sample,
        document=document,
        version=1 if earlier is None else earlier.version + 1,
        certificate_number=certificate_number.strip(),
        laboratory_license_number=laboratory_license_number.strip(),
        production_batch_number=production_batch_number.strip(),
        sample_label=sample_label.strip(),
        issued_date=issued_date,
        passed=passed,
        panels=dict(panels),
        thc_mg_per_unit=thc_mg_per_unit,
        filed_by_id=actor.user_id,
        filed_at=now,
    )
    _append_filed(actor, certificate, now)
    if earlier is not None:
        _revoke_releases_on(actor, earlier, now)
    return certificate.pk


def _sample_that_was_taken(license: License, sample_id: int) -> LabSample:
    sample = LabSample.objects.select_for_update().filter(license=license, id=sample_id).first()
    if sample is None:
        raise NotFound("There is no such sample here.")
    if sample.state == SampleState.PLANNED:
        raise SampleIsElsewhere("The sample was not taken yet, so nothing can certify it.")
    return sample


def _append_filed(actor: Actor, certificate: CertificateOfAnalysis, now: datetime) -> None:
    thc = certificate.thc_mg_per_unit
    ledger.append(
        type=EventType.COA_FILED,
        subject=f"certificate:{certificate.pk}",
        actor=actor,
        reason=f"Certificate {certificate.certificate_number} was filed",
        body={
            "sample": certificate.sample_id,
            "version": certificate.version,
            "sha256": certificate.document.sha256,
            "passed": certificate.passed,
            "thc_mg_per_unit": "" if thc is None else str(thc),
        },
        now=now,
    )


def _check_claims(
    certificate_number: str, panels: Mapping[str, bool], issued_date: date, now: datetime
) -> None:
    if not certificate_number.strip():
        raise InvalidInput(
            field="certificate_number", value=certificate_number, way_out="It is on the first page."
        )
    if not panels:
        raise InvalidInput(
            field="panels", value="none", way_out="Say of every panel whether it passed."
        )
    # A day later than UTC's today has begun nowhere that we work.
    if issued_date > now.date():
        raise InvalidInput(
            field="issued_date", value=issued_date.isoformat(), way_out="It cannot lie ahead."
        )


def _revoke_releases_on(actor: Actor, earlier: CertificateOfAnalysis, now: datetime) -> None:
    reviews = QaReview.objects.filter(
        license_id=earlier.license_id,
        certificate__sample_id=earlier.sample_id,
        verdict=QaVerdict.RELEASED,
        revoked_at__isnull=True,
    ).select_related("package__license")
    for review in reviews.order_by("id"):
        revoke_release_in_transaction(
            actor=actor,
            package=review.package,
            because=f"The certificate {earlier.certificate_number} was replaced",
            now=now,
        )
