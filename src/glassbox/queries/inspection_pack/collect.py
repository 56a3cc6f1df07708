"""The files of a pack: records, papers, the exchanges with METRC behind them, events with proofs."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from mimetypes import guess_extension
from typing import Any

from glassbox.audit.models import AuditOpening, ComplianceEvent
from glassbox.audit.proofs import EventProver, NotProvable
from glassbox.models.actions import ActionAttempt, ActionProbe, ActionReview, GateCheck
from glassbox.models.companies import License
from glassbox.models.lab import LabResult, QaReview
from glassbox.models.packages import Count, Hold, MetrcAdjustment, PackageLineage
from glassbox.models.production import BatchOutput, BatchRecord, IngredientUse, WasteRecord
from glassbox.models.sync import ApiRequest, StoredBody
from glassbox.models.transfers import TransferPackage
from glassbox.queries.audit_trail.event import raw_connection
from glassbox.queries.exchanges import run_hashes
from glassbox.queries.inspection_pack.rows import People, as_file, plain_row, plain_rows
from glassbox.queries.inspection_pack.subjects import Belonging, belonging_to
from glassbox.queries.labels.sheet import LabelSheet, Scanned
from glassbox.rules.exchange_digest import exchange_lines
from glassbox.rules.verdicts import InvalidInput

EVENTS_AT_MOST = 20_000
EXCHANGES_AT_MOST = 5_000
ENDED_RUN = ("sync.completed", "sync.failed")


@dataclass(frozen=True, kw_only=True)
class EventLine:
    """One event on the pack's first page; `file` is its proof, or nothing if none could be had."""

    number: int | None
    at: datetime
    type: str
    subject: str
    who: str
    reason: str
    file: str


@dataclass(frozen=True, kw_only=True)
class ActionLine:
    """One approval on the pack's first page."""

    id: int
    effect_sentence: str
    state: str
    drafted_by: str
    approved_by: str
    approved_at: datetime | None
    file: str


@dataclass(frozen=True, kw_only=True)
class PackageLine:
    """One package on the pack's first page, with the files that speak of it."""

    sheet: LabelSheet
    file: str
    certificates: tuple[tuple[str, str], ...]
    manifests: tuple[tuple[str, str], ...]
    exchange: str


@dataclass(kw_only=True)
class PackContent:
    """The files by name, and what the first page lists."""

    files: dict[str, bytes] = field(default_factory=dict)
    packages: list[PackageLine] = field(default_factory=list)
    actions: list[ActionLine] = field(default_factory=list)
    papers: list[tuple[str, str]] = field(default_factory=list)
    events: list[EventLine] = field(default_factory=list)
    exchange_count: int = 0

    @property
    def unproven_count(self) -> int:
        return sum(not event.file for event in self.events)


def collect_pack(license: License, scanned: Scanned) -> PackContent:
    """Return everything about the packages of a scan, inside a read transaction.

    :raises InvalidInput: if it is more than a pack takes
    """
    content, people = PackContent(), People()
    belonging = belonging_to(license.pk, scanned.sheets)
    exchanges = _exchange_ids(license.pk, belonging)
    _put_documents(content, belonging)
    _put_actions(content, belonging, people)
    _put_rows(content, belonging, people)
    _put_packages(content, belonging, scanned, people)
    runs = _put_exchanges(content, license.pk, exchanges)
    _put_events(content, license.pk, (*belonging.subjects(), *(f"sync:{run}" for run in runs)))
    return content


def _put_documents(content: PackContent, belonging: Belonging) -> None:
    for document in belonging.documents:
        name = f"papers/{document.sha256}{guess_extension(document.media_type)}"
        content.files[name] = bytes(document.content)
        content.papers.append((document.name, name))


def _put_actions(content: PackContent, belonging: Belonging, people: People) -> None:
    for action in belonging.actions:
        name = f"records/actions/{action.pk}.json"
        content.files[name] = as_file(
            {
                **plain_row(action, people),
                "reviews": plain_rows(ActionReview.objects.filter(action=action), people),
                "attempts": plain_rows(ActionAttempt.objects.filter(action=action), people),
                "looks": plain_rows(ActionProbe.objects.filter(action=action), people),
                "gates": plain_rows(GateCheck.objects.filter(action=action), people),
            }
        )
        content.actions.append(
            ActionLine(
                id=action.pk,
                effect_sentence=action.effect_sentence,
                state=action.state,
                drafted_by=people.name(action.drafted_by_id) or "",
                approved_by=people.name(action.approved_by_id) or "",
                approved_at=action.approved_at,
                file=name,
            )
        )


def _put_rows(content: PackContent, belonging: Belonging, people: People) -> None:
    for transfer in belonging.transfers:
        content.files[f"records/transfers/{transfer.pk}.json"] = as_file(
            {
                **plain_row(transfer, people),
                "packages": plain_rows(TransferPackage.objects.filter(transfer=transfer), people),
            }
        )
    for sample in belonging.samples:
        content.files[f"records/samples/{sample.pk}.json"] = as_file(
            {
                **plain_row(sample, people),
                "certificates": [
                    plain_row(one, people)
                    for one in belonging.certificates
                    if one.sample_id == sample.pk
                ],
            }
        )
    for batch in belonging.batches:
        content.files[f"records/batches/{batch.pk}.json"] = as_file(
            {
                **plain_row(batch, people),
                "records": plain_rows(BatchRecord.objects.filter(batch=batch), people),
                "ingredients": plain_rows(IngredientUse.objects.filter(batch=batch), people),
                "outputs": plain_rows(BatchOutput.objects.filter(batch=batch), people),
                "waste": plain_rows(WasteRecord.objects.filter(batch=batch), people),
            }
        )
    for case in belonging.cases:
        content.files[f"records/cases/{case.pk}.json"] = as_file(plain_row(case, people))


def _put_packages(
    content: PackContent, belonging: Belonging, scanned: Scanned, people: People
) -> None:
    rows = {package.label: package for package in belonging.packages}
    papers = {one.pk: f"papers/{one.sha256}.pdf" for one in belonging.documents}
    for sheet in scanned.sheets:
        package = rows[sheet.label]
        here = {"license_id": package.license_id}
        lineage = PackageLineage.objects.filter(**here)
        snapshots = plain_rows(package.snapshots.all(), people)
        name = f"records/packages/{sheet.label}.json"
        content.files[name] = as_file(
            {
                **plain_row(package, people),
                "metrc_said": snapshots,
                "our_movements": plain_rows(package.movements.all(), people),
                "made_of": plain_rows(lineage.filter(child_label=sheet.label), people),
                "made_into": plain_rows(lineage.filter(parent_label=sheet.label), people),
                "holds": plain_rows(Hold.objects.filter(package=package), people),
                "counts": plain_rows(Count.objects.filter(package=package), people),
                "qa_reviews": plain_rows(QaReview.objects.filter(package=package), people),
                "lab_results": plain_rows(
                    LabResult.objects.filter(**here, label=sheet.label), people
                ),
                "metrc_adjustments": plain_rows(
                    MetrcAdjustment.objects.filter(**here, label=sheet.label), people
                ),
            }
        )
        newest = next((one["api_request"] for one in snapshots if one["is_newest"]), None)
        certificate = sheet.certificate
        content.packages.append(
            PackageLine(
                sheet=sheet,
                file=name,
                certificates=tuple(
                    (one.certificate_number, papers[one.document_id])
                    for one in belonging.certificates
                    if certificate and one.certificate_number == certificate.number
                ),
                manifests=tuple(
                    (line.number or "not registered", f"records/transfers/{line.transfer_id}.json")
                    for line in dict.fromkeys((*sheet.came_with, *sheet.goes_with))
                ),
                exchange=f"exchanges/{newest}.json" if newest else "",
            )
        )


def _exchange_ids(license_id: int, belonging: Belonging) -> set[int]:
    """Return the exchanges that the numbers of a pack rest on: reads that changed our picture, and
    every try to send."""
    about = {"license_id": license_id, "api_request__isnull": False}
    labels = [package.label for package in belonging.packages]
    sources: tuple[Any, ...] = (
        *(package.snapshots.filter(**about) for package in belonging.packages),
        ActionAttempt.objects.filter(**about, action__in=belonging.actions),
        TransferPackage.objects.filter(**about, transfer__in=belonging.transfers),
        LabResult.objects.filter(**about, label__in=labels),
        MetrcAdjustment.objects.filter(**about, label__in=labels),
    )
    ids = {id for rows in sources for id in rows.values_list("api_request_id", flat=True)}
    ids |= {one.api_request_id for one in belonging.transfers if one.api_request_id}
    if len(ids) > EXCHANGES_AT_MOST:
        raise InvalidInput(
            field="UIDs",
            value=f"{len(ids):,} exchanges with METRC",
            way_out=f"A pack takes {EXCHANGES_AT_MOST:,}; choose fewer packages.",
        )
    return ids


def _put_exchanges(content: PackContent, license_id: int, ids: set[int]) -> tuple[int, ...]:
    """Put each exchange, its bodies under their own hash, and the hashes of the runs; return the
    runs."""
    requests = ApiRequest.objects.filter(license_id=license_id, id__in=ids).select_related("hashes")
    runs: set[int] = set()
    wanted: set[str] = set()
    for request in requests.order_by("id"):
        hashes = request.hashes
        content.files[f"exchanges/{request.pk}.json"] = as_file(
            {
                **plain_row(request, People()),
                "request_sha256": hashes.request_sha256,
                "response_sha256": hashes.response_sha256,
            }
        )
        content.exchange_count += 1
        wanted |= {hashes.request_sha256, hashes.response_sha256}
        if request.sync_run_id:
            runs.add(request.sync_run_id)
    for stored in StoredBody.objects.filter(license_id=license_id, sha256__in=wanted):
        content.files[f"bodies/{stored.sha256}"] = bytes(stored.body)
    return tuple(sorted(run for run in runs if _put_run(content, license_id, run)))


def _put_run(content: PackContent, license_id: int, run: int) -> bool:
    """Put the hashes of a run, if its event commits to them; return whether it does."""
    event = ComplianceEvent.objects.filter(
        license_id=license_id, subject=f"sync:{run}", type__in=ENDED_RUN
    ).first()
    if event is None or not event.record.get("body", {}).get("exchanges_sha256"):
        return False
    lines = exchange_lines(run_hashes(license_id, run))
    content.files[f"exchanges/run-{run}.txt"] = lines.encode()
    return True


def _put_events(content: PackContent, license_id: int, subjects: tuple[str, ...]) -> None:
    events = list(
        ComplianceEvent.objects.filter(license_id=license_id, subject__in=subjects)
        .select_related("numbered")
        .order_by("occurred_at", "event_id")[: EVENTS_AT_MOST + 1]
    )
    if len(events) > EVENTS_AT_MOST:
        raise InvalidInput(
            field="UIDs",
            value=f"more than {EVENTS_AT_MOST:,} events",
            way_out=f"A pack takes {EVENTS_AT_MOST:,}; choose fewer packages.",
        )
    said: dict[uuid.UUID, dict[str, str]] = {}
    openings = AuditOpening.objects.filter(event__in=[event.event_id for event in events])
    for event_id, name, value in openings.values_list("event_id", "field", "value"):
        said.setdefault(event_id, {})[name] = value
    prover = EventProver(raw_connection())
    for event in events:
        file = ""
        try:
            proof = prover.prove(event.event_id)
        except NotProvable:
            number = None
        else:
            number = proof.in_log.index
            file = f"events/{number:08d}-{event.event_id}.tlog-proof"
            content.files[file] = proof.text().encode()
        texts = said.get(event.event_id, {})
        content.events.append(
            EventLine(
                number=number,
                at=event.occurred_at,
                type=event.type,
                subject=event.subject,
                who=texts.get("actor_name", "(erased)"),
                reason=texts.get("reason", "(erased)"),
                file=file,
            )
        )
