"""The ledger for reading: pages of events, filtered, each with its number and its hashes."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

import psycopg
from django.db import connection
from django.db.models import F, OuterRef, QuerySet, Subquery

from glassbox import access
from glassbox.audit.event_types import EventType
from glassbox.audit.models import AuditLeaf, AuditLog, AuditOpening, ComplianceEvent
from glassbox.audit.proofs import NotProvable, prove_event
from glassbox.audit.tree import inclusion_steps
from glassbox.models.companies import License
from glassbox.rules.actor import Actor
from glassbox.rules.verdicts import NotFound

EVENTS_PER_PAGE = 100


@dataclass(frozen=True, kw_only=True)
class EventFilter:
    """What the list is asked for."""

    type: str = ""
    subject: str = ""
    page: int = 1


@dataclass(frozen=True, kw_only=True)
class EventRow:
    """One event in a list. `number` is None until the sequencer has given it one."""

    event_id: uuid.UUID
    number: int | None
    type: str
    subject: str
    actor_name: str
    license_number: str
    occurred_at: datetime
    leaf_sha256: str


@dataclass(frozen=True, kw_only=True)
class LogHead:
    """How long the newest log of a licence is, how much of it is signed, and since when."""

    license_number: str
    size: int
    chain_sha256: str
    signed_size: int
    signed_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class EventList:
    """One page of events, with the proof state of the logs in sight."""

    rows: tuple[EventRow, ...]
    total: int
    page: int
    page_count: int
    pending_count: int
    heads: tuple[LogHead, ...]
    types: tuple[str, ...]
    filter: EventFilter


def event_rows(*, actor: Actor, license_ids: tuple[int, ...], filter: EventFilter) -> EventList:
    """Return one page of events, newest first."""
    with access.reading(actor):
        numbers = dict(License.objects.filter(id__in=license_ids).values_list("id", "number"))
        events = _events(license_ids)
        pending = events.filter(numbered__isnull=True).count()
        if filter.type:
            events = events.filter(type=filter.type)
        if filter.subject:
            events = events.filter(subject__icontains=filter.subject)
        total = events.count()
        page_count = max(1, -(-total // EVENTS_PER_PAGE))
        page = min(max(1, filter.page), page_count)
        start = (page - 1) * EVENTS_PER_PAGE
        ordered = events.order_by("-occurred_at", "-event_id")
        rows = tuple(_row(event, numbers) for event in ordered[start : start + EVENTS_PER_PAGE])
        heads = _heads(numbers)
    return EventList(
        rows=rows,
        total=total,
        page=page,
        page_count=page_count,
        pending_count=pending,
        heads=heads,
        types=tuple(sorted(EventType)),
        filter=filter,
    )


@dataclass(frozen=True, kw_only=True)
class ProofStep:
    """One step up the tree: this hash joins a sibling and gives the next."""

    sibling: str
    is_left: bool
    result: str


@dataclass(frozen=True, kw_only=True)
class ProofPicture:
    """How an event leads to a signed head, and that head into the anchor log."""

    leaf: str
    steps: tuple[ProofStep, ...]
    root: str
    origin: str
    size: int
    checkpoint: str
    anchor_origin: str
    anchor_index: int | None
    anchor_size: int


@dataclass(frozen=True, kw_only=True)
class EventPage:
    """One event with the bytes that are hashed, and what it only commits to."""

    row: EventRow
    reason: str
    body_text: str
    chain_sha256: str
    proof: ProofPicture | None


def event_page(*, actor: Actor, license_ids: tuple[int, ...], event_id: uuid.UUID) -> EventPage:
    """Return one event.

    :raises NotFound: if none of these licences has it
    """
    with access.reading(actor):
        numbers = dict(License.objects.filter(id__in=license_ids).values_list("id", "number"))
        event = _events(license_ids).filter(event_id=event_id).first()
        if event is None:
            raise NotFound("There is no such event here.")
        leaf = AuditLeaf.objects.filter(event_id=event_id).first()
        openings = dict(
            AuditOpening.objects.filter(event_id=event_id).values_list("field", "value")
        )
        return EventPage(
            row=_row(event, numbers),
            reason=openings.get("reason", ""),
            body_text=bytes(event.body).decode(),
            chain_sha256=bytes(leaf.chain).hex() if leaf else "",
            proof=_picture(event_id),
        )


def event_proof(*, actor: Actor, license_ids: tuple[int, ...], event_id: uuid.UUID) -> str:
    """Return one event's offline proof, a `.tlog-proof`.

    :raises NotFound: if none of these licences has the event, or its head is not signed yet
    """
    with access.reading(actor):
        if not _events(license_ids).filter(event_id=event_id).exists():
            raise NotFound("There is no such event here.")
        try:
            return prove_event(_raw_connection(), event_id).text()
        except NotProvable as problem:
            raise NotFound(str(problem)) from problem


def _picture(event_id: uuid.UUID) -> ProofPicture | None:
    try:
        proof = prove_event(_raw_connection(), event_id)
    except NotProvable:
        return None
    log, anchor = proof.in_log, proof.in_anchor
    return ProofPicture(
        leaf=log.leaf.hex(),
        steps=tuple(
            ProofStep(sibling=sibling.hex(), is_left=is_left, result=result.hex())
            for sibling, is_left, result in inclusion_steps(log.leaf, log.index, log.size, log.path)
        ),
        root=log.root.hex(),
        origin=log.origin,
        size=log.size,
        checkpoint=log.checkpoint,
        anchor_origin=anchor.origin if anchor else "",
        anchor_index=anchor.index if anchor else None,
        anchor_size=anchor.size if anchor else 0,
    )


def _raw_connection() -> psycopg.Connection:
    """Return the reader's own connection, so that its walls hold for proofs too."""
    connection.ensure_connection()
    raw = connection.connection
    assert isinstance(raw, psycopg.Connection), "PostgreSQL is the only engine"
    return raw


def _events(license_ids: tuple[int, ...]) -> QuerySet[ComplianceEvent]:
    name = AuditOpening.objects.filter(event=OuterRef("pk"), field="actor_name").values("value")
    return ComplianceEvent.objects.filter(license_id__in=license_ids).annotate(
        number=F("numbered__index"), actor_name=Subquery(name[:1])
    )


def _row(event: ComplianceEvent, numbers: dict[int, str]) -> EventRow:
    extra = event.__dict__
    return EventRow(
        event_id=event.event_id,
        number=extra["number"],
        type=event.type,
        subject=event.subject,
        actor_name=extra["actor_name"] or "(erased)",
        license_number=numbers.get(event.license_id or 0, ""),
        occurred_at=event.occurred_at,
        leaf_sha256=bytes(event.leaf).hex(),
    )


def _heads(numbers: dict[int, str]) -> tuple[LogHead, ...]:
    newest = (
        AuditLog.objects.filter(license_id__in=numbers, kind="license")
        .order_by("license_id", "-year")
        .distinct("license_id")
    )
    heads = [
        LogHead(
            license_number=numbers[log.license_id or 0],
            size=log.size,
            chain_sha256=bytes(log.chain).hex(),
            signed_size=signed.size if signed else 0,
            signed_at=signed.signed_at if signed else None,
        )
        for log in newest
        for signed in [log.checkpoints.order_by("-number").first()]
    ]
    return tuple(sorted(heads, key=lambda head: head.license_number))
