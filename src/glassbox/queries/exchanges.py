"""One exchange with METRC: the bytes both ways, what of ours rests on it, and its place in the
ledger."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max

from glassbox import access
from glassbox.audit.models import AuditLeaf, ComplianceEvent
from glassbox.models.actions import ActionAttempt
from glassbox.models.lab import LabResult
from glassbox.models.packages import MetrcAdjustment, PackageSnapshot
from glassbox.models.sync import ApiRequest, ApiResponseHash, StoredBody
from glassbox.models.transfers import Transfer, TransferPackage
from glassbox.queries.packages.page import ExchangeRow, exchange_row
from glassbox.rules.actor import Actor
from glassbox.rules.exchange_digest import exchange_digest
from glassbox.rules.quantities import quantity
from glassbox.rules.verdicts import NotFound

BODY_BYTES_SHOWN = 64 * 1024
LINES_AT_MOST = 100
SECRET_NAMES = re.compile(r"key|password|secret|token|authorization", re.IGNORECASE)
MASK = "••••"
ENDED_RUN = ("sync.completed", "sync.failed")


@dataclass(frozen=True, kw_only=True)
class ExchangeBodies:
    """What was sent and what came back, as people read it: secrets masked, long bodies cut.

    `is_kept` says whether the bytes that are stored still have the hashes that were written down.
    """

    row: ExchangeRow
    license_number: str
    time_zone: str
    request_text: str
    response_text: str
    is_cut: bool
    is_kept: bool
    metrc_clock_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class RestingLine:
    """Something of ours that was read in this exchange or sent by it, and its page."""

    kind: str
    words: str
    number: str
    page: str


@dataclass(frozen=True, kw_only=True)
class LedgerWord:
    """The event that commits to this exchange. `holds` compares its digest with what is stored.

    `number` is its place in the log, None until it has one; `is_signed` whether a head above it is
    signed, so that its proof can be had.
    """

    event_id: str
    number: int | None
    is_signed: bool
    type: str
    sentence: str
    holds: bool


@dataclass(frozen=True, kw_only=True)
class ExchangePage:
    """One exchange, the part of the answer that speaks of one label, and what rests on it."""

    bodies: ExchangeBodies
    label: str
    said_of_label: str
    rests: tuple[RestingLine, ...]
    rests_are_cut: bool
    ledger: LedgerWord | None


def exchange_page(
    *, actor: Actor, license_ids: tuple[int, ...], exchange_id: int, label: str = ""
) -> ExchangePage:
    """Return one exchange; of long bodies the first 64 KiB. With `label`, what it says of that.

    :raises NotFound: if none of these licences made it
    """
    with access.reading(actor):
        request = (
            ApiRequest.objects.filter(license_id__in=license_ids, id=exchange_id)
            .select_related("hashes", "license")
            .first()
        )
        if request is None:
            raise NotFound("There is no such exchange with METRC here.")
        sent, answered = _bytes_of(request)
        rests = tuple(_rests(request))
        return ExchangePage(
            bodies=_bodies(request, sent, answered),
            label=label,
            said_of_label=_said_of(answered, label) if label else "",
            rests=rests[:LINES_AT_MOST],
            rests_are_cut=len(rests) > LINES_AT_MOST,
            ledger=_ledger_word(request),
        )


def bodies_of(license_id: int, exchange_id: int) -> ExchangeBodies:
    """Return both bodies of an exchange, inside a read transaction."""
    request = ApiRequest.objects.select_related("hashes", "license").get(
        license_id=license_id, id=exchange_id
    )
    return _bodies(request, *_bytes_of(request))


def _bytes_of(request: ApiRequest) -> tuple[bytes, bytes]:
    wanted = [request.hashes.request_sha256, request.hashes.response_sha256]
    found = {
        stored.sha256: bytes(stored.body)
        for stored in StoredBody.objects.filter(license_id=request.license_id, sha256__in=wanted)
    }
    return found.get(wanted[0], b""), found.get(wanted[1], b"")


def _bodies(request: ApiRequest, sent: bytes, answered: bytes) -> ExchangeBodies:
    hashes = request.hashes
    return ExchangeBodies(
        row=exchange_row(request),
        license_number=request.license.number,
        time_zone=request.license.time_zone,
        request_text=masked_text(sent),
        response_text=masked_text(answered),
        is_cut=max(len(sent), len(answered)) > BODY_BYTES_SHOWN,
        is_kept=_is(sent, hashes.request_sha256)
        and (not hashes.response_sha256 or _is(answered, hashes.response_sha256)),
        metrc_clock_at=request.metrc_clock_at,
    )


def _is(body: bytes, sha256: str) -> bool:
    return hashlib.sha256(body).hexdigest() == sha256


def masked_text(body: bytes) -> str:
    """Return a body as people read it: JSON in lines, what may be a secret masked, 64 KiB at most."""
    try:
        text = json.dumps(_masked(json.loads(body)), indent=2, ensure_ascii=False)
    except ValueError:
        text = body[:BODY_BYTES_SHOWN].decode("utf-8", errors="replace")
    return text[:BODY_BYTES_SHOWN]


def _masked(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: MASK
            if isinstance(inner, str) and inner and SECRET_NAMES.search(name)
            else _masked(inner)
            for name, inner in value.items()
        }
    return [_masked(inner) for inner in value] if isinstance(value, list) else value


def _said_of(body: bytes, label: str) -> str:
    """Return the records of an answer that name a label, or nothing."""
    try:
        answer = json.loads(body)
    except ValueError:
        return ""
    rows = answer.get("Data", [answer]) if isinstance(answer, dict) else answer
    if not isinstance(rows, list):
        return ""
    naming = [row for row in rows if isinstance(row, dict) and label in row.values()]
    return json.dumps(_masked(naming), indent=2, ensure_ascii=False) if naming else ""


def _rests(request: ApiRequest) -> Iterator[RestingLine]:
    about = {"license_id": request.license_id, "api_request_id": request.pk}
    for attempt in ActionAttempt.objects.filter(**about).select_related("action"):
        yield RestingLine(
            kind="action",
            words=attempt.action.effect_sentence,
            number=attempt.action.state.lower().replace("_", " "),
            page=f"actions/{attempt.action_id}/",
        )
    snapshots = PackageSnapshot.objects.filter(**about).select_related("package").defer("raw")
    for snapshot in snapshots.order_by("id")[: LINES_AT_MOST + 1]:
        yield RestingLine(
            kind="package",
            words=snapshot.package.label,
            number=quantity(snapshot.quantity, snapshot.unit).text(),
            page=f"packages/{snapshot.package.label}/",
        )
    for transfer in Transfer.objects.filter(**about).defer("raw"):
        yield RestingLine(
            kind="transfer",
            words=f"manifest {transfer.manifest_number}",
            number=transfer.state.lower().replace("_", " "),
            page=f"transfers/{transfer.pk}/",
        )
    for row in TransferPackage.objects.filter(**about).defer("raw").order_by("id"):
        shipped = row.shipped_quantity
        yield RestingLine(
            kind="package on a manifest",
            words=row.label,
            number=quantity(shipped, row.unit).text() if shipped is not None else "",
            page=f"transfers/{row.transfer_id}/",
        )
    for result in LabResult.objects.filter(**about).defer("raw").order_by("id"):
        yield RestingLine(
            kind="lab result",
            words=f"{result.test_type} of {result.label}",
            number="passed" if result.passed else "failed",
            page=f"packages/{result.label}/",
        )
    for change in MetrcAdjustment.objects.filter(**about).defer("raw").order_by("id"):
        yield RestingLine(
            kind="adjustment",
            words=change.label,
            number=quantity(change.quantity, change.unit).text(),
            page=f"packages/{change.label}/",
        )


def _ledger_word(request: ApiRequest) -> LedgerWord | None:
    """Return the event that commits to an exchange: that of its action, or that of its run."""
    events = ComplianceEvent.objects.filter(license_id=request.license_id)
    attempt = ActionAttempt.objects.filter(
        license_id=request.license_id, api_request_id=request.pk
    ).first()
    if attempt is not None and attempt.response_sha256:
        for event in events.filter(subject=f"action:{attempt.action_id}").order_by("occurred_at"):
            if event.record.get("resp_sha256") == attempt.response_sha256:
                return _word(
                    event,
                    sentence="It names the SHA-256 of this answer.",
                    holds=attempt.response_sha256 == request.hashes.response_sha256,
                )
    if request.sync_run_id is None:
        return None
    ended = events.filter(subject=f"sync:{request.sync_run_id}", type__in=ENDED_RUN).first()
    said = ended.record.get("body", {}).get("exchanges_sha256", "") if ended else ""
    if ended is None or not said:
        return None
    hashes = run_hashes(request.license_id, request.sync_run_id)
    return _word(
        ended,
        sentence=f"It holds one SHA-256 over the hashes of all {len(hashes):,} exchanges of this"
        " run, this one among them.",
        holds=exchange_digest(hashes) == said,
    )


def _word(event: ComplianceEvent, *, sentence: str, holds: bool) -> LedgerWord:
    leaf = (
        AuditLeaf.objects.filter(event_id=event.event_id)
        .annotate(signed=Max("log__checkpoints__size"))
        .values_list("index", "signed")
        .first()
    )
    number, signed = leaf or (None, None)
    return LedgerWord(
        event_id=str(event.event_id),
        number=number,
        is_signed=number is not None and number < (signed or 0),
        type=event.type,
        sentence=sentence,
        holds=holds,
    )


def run_hashes(license_id: int, run_id: int) -> tuple[tuple[str, str], ...]:
    """Return the hashes of a run's exchanges in the order they were kept."""
    rows = ApiResponseHash.objects.filter(
        license_id=license_id, api_request__sync_run_id=run_id
    ).order_by("api_request_id")
    return tuple(rows.values_list("request_sha256", "response_sha256"))
