"""Make our own papers and file them: labels, chain of custody, release, manifest packet."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from glassbox import access
from glassbox.models.companies import License
from glassbox.models.counts import CountSession
from glassbox.models.lab import QaReview
from glassbox.models.production import Batch, BatchOutput
from glassbox.models.transfers import Transfer, TransferDirection, TransferPackage
from glassbox.operations.documents import file_document_in_transaction
from glassbox.operations.transaction import operation
from glassbox.paperwork.sheets import (
    LABELS_AT_MOST,
    CountSheet,
    CustodySheet,
    ManifestPacket,
    ReleaseCertificate,
    UnitLabel,
    count_sheet,
    custody_sheet,
    label_sheet,
    manifest_packet,
    release_certificate,
)
from glassbox.queries.audit_trail.stamp import stamp_in_transaction
from glassbox.queries.lab.pages import SamplePage, sample_page
from glassbox.rules.actor import Actor
from glassbox.rules.permissions import Permission
from glassbox.rules.quantities import number_text, quantity, unit_named
from glassbox.rules.verdicts import InvalidInput, NotFound

WARNING = (
    "GOVERNMENT WARNING: THIS PRODUCT CONTAINS CANNABIS, A SCHEDULE I CONTROLLED SUBSTANCE. "
    "KEEP OUT OF REACH OF CHILDREN AND ANIMALS."
)


@operation
def print_labels(
    *,
    actor: Actor,
    license_id: int,
    batch_id: int,
    label: str,
    count: int,
    packed_on: str,
    best_before: str = "",
    now: datetime,
) -> int:
    """Make a sheet of unit labels of one output of a batch, file it, and return the paper's id.

    :raises NotFound: if the batch has no such output here
    :raises InvalidInput: if the run is empty or larger than 200 labels
    """
    access.require(actor, Permission.LABEL_COUNT, license_id=license_id)
    if not 1 <= count <= LABELS_AT_MOST:
        raise InvalidInput(
            field="count", value=count, way_out=f"Print 1 to {LABELS_AT_MOST} at a time."
        )
    license = License.objects.get(id=license_id)
    output = (
        BatchOutput.objects.filter(license=license, batch_id=batch_id, label=label)
        .select_related("batch")
        .first()
    )
    if output is None:
        raise NotFound("This batch made no such package here.")
    unit = _unit_label(license, output, packed_on, best_before)
    return _file(
        actor,
        license,
        f"Labels {output.batch.number} {label}",
        label_sheet([unit] * count, stamp=stamp_in_transaction(license)),
        now,
    )


def _unit_label(
    license: License, output: BatchOutput, packed_on: str, best_before: str
) -> UnitLabel:
    batch: Batch = output.batch
    claim = batch.label_claim_mg
    return UnitLabel(
        product=output.item_name,
        claim=f"THC {number_text(claim)} mg" if claim is not None else "",
        net_content=f"{number_text(output.net_content)} g" if output.net_content else "",
        batch_number=batch.number,
        uid=output.label,
        packed_on=packed_on,
        best_before=best_before,
        maker=license.legal_name,
        license_number=license.number,
        warning=WARNING,
    )


def print_custody(*, actor: Actor, license_id: int, sample_id: int, now: datetime) -> int:
    """Make the chain of custody of a sample as it stands, file it, and return the paper's id.

    :raises NotFound: if this licence has no such sample
    """
    page = sample_page(actor=actor, license_id=license_id, sample_id=sample_id)
    return _print_custody(actor=actor, license_id=license_id, page=page, now=now)


@operation
def _print_custody(*, actor: Actor, license_id: int, page: SamplePage, now: datetime) -> int:
    access.require(actor, Permission.SAMPLE_TAKE, license_id=license_id)
    license = License.objects.get(id=license_id)
    sheet = CustodySheet(
        license=_heading(license),
        sample_label=page.row.label,
        facts=(
            ("Sample", page.row.label),
            ("Batch", page.row.batch_number),
            ("Quantity", quantity(page.row.quantity, page.row.unit).text()),
            ("Drawn from", ", ".join(page.source_labels)),
            ("Drawn by", page.sampled_by),
            ("Witnessed by", page.witnessed_by),
            ("Laboratory", page.row.laboratory_license_number),
        ),
        links=tuple((_local(license, link.at), link.sentence) for link in page.custody),
    )
    return _file(
        actor,
        license,
        f"Chain of custody {page.row.label}",
        custody_sheet(sheet, stamp=stamp_in_transaction(license)),
        now,
    )


@operation
def print_release(*, actor: Actor, license_id: int, review_id: int, now: datetime) -> int:
    """Make the certificate of a release that stands, file it, and return the paper's id.

    :raises NotFound: if no such release stands here
    """
    access.require(actor, Permission.QA_REVIEW, license_id=license_id)
    review = (
        QaReview.objects.filter(
            license_id=license_id, id=review_id, verdict="RELEASED", revoked_at__isnull=True
        )
        .select_related("package", "reviewed_by", "certificate", "license")
        .first()
    )
    if review is None:
        raise NotFound("No such release stands here.")
    license = review.license
    certificate = ReleaseCertificate(
        license=_heading(license),
        package_label=review.package.label,
        facts=(
            ("Package", review.package.label),
            ("Item", review.package.item_name),
            ("Certificate", review.certificate.certificate_number if review.certificate else ""),
            ("Released by", review.reviewed_by.name),
            ("Released at", _local(license, review.reviewed_at)),
            ("Reason", review.reason),
        ),
        items=tuple(
            (item["rule_id"], item["title"], item["evidence"], "yes" if item["is_met"] else "no")
            for item in review.checklist["items"]
        ),
        content_sha256=review.content_sha256,
    )
    name = f"Release {review.package.label}"
    return _file(
        actor,
        license,
        name,
        release_certificate(certificate, stamp=stamp_in_transaction(license)),
        now,
    )


@operation
def print_manifest(*, actor: Actor, license_id: int, transfer_id: int, now: datetime) -> int:
    """Make the packet a driver carries with an outgoing transfer, file it, return the paper's id.

    :raises NotFound: if this licence has no such transfer
    """
    access.require(actor, Permission.TRANSFER_PLAN, license_id=license_id)
    transfer = (
        Transfer.objects.filter(
            license_id=license_id, id=transfer_id, direction=TransferDirection.OUTGOING
        )
        .select_related("license", "driver", "vehicle")
        .first()
    )
    if transfer is None:
        raise NotFound("There is no such transfer here.")
    license = transfer.license
    packet = ManifestPacket(
        license=_heading(license),
        number=transfer.manifest_number or transfer.template_name,
        facts=(
            ("Manifest", transfer.manifest_number or "not registered yet"),
            ("Type", transfer.transfer_type),
            ("To", f"{transfer.receiver_name} {transfer.receiver_license_number}".strip()),
            ("Transporter", transfer.transporter_license_number),
            ("Driver", transfer.driver.name if transfer.driver else ""),
            ("Vehicle", transfer.vehicle.plate if transfer.vehicle else ""),
            ("Departs", _local(license, transfer.departs_at) if transfer.departs_at else ""),
            ("Arrives", _local(license, transfer.arrives_at) if transfer.arrives_at else ""),
            ("Invoice", transfer.invoice_number),
            ("Route", transfer.planned_route),
        ),
        packages=tuple(_packed(row) for row in transfer.packages.order_by("label")),
    )
    return _file(
        actor,
        license,
        f"Manifest packet {packet.number}",
        manifest_packet(packet, stamp=stamp_in_transaction(license)),
        now,
    )


@operation
def print_count_sheet(*, actor: Actor, license_id: int, session_id: int, now: datetime) -> int:
    """Make the sheet to count with on paper, file it, and return the paper's id.

    :raises NotFound: if this licence has no such count
    """
    access.require(actor, Permission.COUNT_RECORD, license_id=license_id)
    session = CountSession.objects.filter(license_id=license_id, id=session_id).first()
    if session is None:
        raise NotFound("There is no such count here.")
    license = License.objects.get(id=license_id)
    lines = session.lines.filter(is_expected=True).select_related("package").order_by("label")
    sheet = CountSheet(
        license=_heading(license),
        facts=(
            ("Count", f"{session.pk}, {session.purpose.lower()}"),
            ("Location", session.location_name or "every location"),
            ("Opened at", _local(license, session.opened_at)),
        ),
        lines=tuple(
            (
                line.label,
                line.package.item_name if line.package else "",
                line.package.location_name if line.package else "",
                unit_named(line.unit).abbreviation,
            )
            for line in lines
        ),
    )
    return _file(
        actor,
        license,
        f"Count sheet {session.pk}",
        count_sheet(sheet, stamp=stamp_in_transaction(license)),
        now,
    )


def _packed(row: TransferPackage) -> tuple[str, str, str, Decimal | None]:
    shipped = quantity(row.shipped_quantity or Decimal(0), row.unit).text()
    return (row.label, row.item_name, shipped, row.wholesale_price)


def _heading(license: License) -> str:
    return f"{license.legal_name}, licence {license.number}"


def _local(license: License, moment: datetime) -> str:
    return moment.astimezone(ZoneInfo(license.time_zone)).strftime("%Y-%m-%d %H:%M %Z")


def _file(actor: Actor, license: License, name: str, pdf: bytes, now: datetime) -> int:
    return file_document_in_transaction(
        actor=actor,
        license=license,
        name=f"{name}.pdf",
        kind="PRINTED",
        content=pdf,
        now=now,
    ).pk
