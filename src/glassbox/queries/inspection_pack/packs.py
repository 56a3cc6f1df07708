"""Packs that were prepared: the list, one of them, and the file that an inspector takes away."""

from __future__ import annotations

import io
import uuid
import zipfile
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from glassbox import access
from glassbox.audit.archive import write_archive
from glassbox.audit.proofs import NotProvable, prove_event
from glassbox.models.inspections import InspectionPack
from glassbox.queries.audit_trail.event import raw_connection
from glassbox.rules.actor import Actor
from glassbox.rules.inspection import PackChoice
from glassbox.rules.verdicts import NotFound

ROWS_AT_MOST = 100
PACK_PROOF = "pack.tlog-proof"


@dataclass(frozen=True, kw_only=True)
class PackRow:
    """One prepared pack. `is_ready` says whether a signed head stands above its event."""

    id: int
    license_number: str
    time_zone: str
    reason: str
    chosen: str
    labels: tuple[str, ...]
    event_id: uuid.UUID
    manifest_sha256: str
    size_bytes: int
    file_count: int
    seconds: float
    prepared_by: str
    prepared_at: datetime
    is_ready: bool


def pack_rows(*, actor: Actor, license_ids: tuple[int, ...]) -> tuple[PackRow, ...]:
    """Return the newest 100 packs."""
    with access.reading(actor):
        packs = _packs(license_ids).order_by("-prepared_at", "-id")
        return tuple(_row(pack, is_ready=True) for pack in packs[:ROWS_AT_MOST])


def pack_page(*, actor: Actor, license_ids: tuple[int, ...], pack_id: int) -> PackRow:
    """Return one pack, and whether it can be fetched yet.

    :raises NotFound: if none of these licences has it
    """
    with access.reading(actor):
        pack = _find(license_ids, pack_id)
        try:
            prove_event(raw_connection(), pack.event_id)
        except NotProvable:
            return _row(pack, is_ready=False)
        return _row(pack, is_ready=True)


def fetched_pack(*, actor: Actor, license_ids: tuple[int, ...], pack_id: int) -> bytes:
    """Return the archive of a pack with the proof of the event that tells of it.

    :raises NotFound: if none of these licences has it, or no signed head stands above it yet
    """
    with access.reading(actor):
        pack = _find(license_ids, pack_id)
        try:
            proof = prove_event(raw_connection(), pack.event_id)
        except NotProvable as problem:
            raise NotFound(str(problem)) from problem
        content = InspectionPack.objects.values_list("content", flat=True).get(id=pack.pk)
    with zipfile.ZipFile(io.BytesIO(bytes(content))) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    return write_archive({**files, PACK_PROOF: proof.text().encode()})


def _packs(license_ids: tuple[int, ...]) -> QuerySet[InspectionPack]:
    rows = InspectionPack.objects.filter(license_id__in=license_ids)
    return rows.select_related("license", "prepared_by").defer("content")


def _find(license_ids: tuple[int, ...], pack_id: int) -> InspectionPack:
    pack = _packs(license_ids).filter(id=pack_id).first()
    if pack is None:
        raise NotFound("There is no such inspection pack here.")
    return pack


def _row(pack: InspectionPack, *, is_ready: bool) -> PackRow:
    return PackRow(
        id=pack.pk,
        license_number=pack.license.number,
        time_zone=pack.license.time_zone,
        reason=pack.reason,
        chosen=_chosen(pack.selection),
        labels=tuple(pack.labels),
        event_id=pack.event_id,
        manifest_sha256=pack.manifest_sha256,
        size_bytes=pack.size_bytes,
        file_count=pack.file_count,
        seconds=pack.seconds,
        prepared_by=pack.prepared_by.name if pack.prepared_by else "",
        prepared_at=pack.prepared_at,
        is_ready=is_ready,
    )


def _chosen(selection: dict[str, str]) -> str:
    return {
        PackChoice.UIDS.value: "given",
        PackChoice.BATCH.value: f"batch {selection['batch']}",
        PackChoice.PERIOD.value: "what changed in the period",
        PackChoice.RANDOM.value: f"drawn, seed {selection['seed']}",
    }[selection["choice"]]
