"""One event: its bytes, what it only commits to, the METRC exchange it speaks of, and its proof."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from django.db import connection

from glassbox import access
from glassbox.audit.models import AuditLeaf, AuditOpening, ComplianceEvent
from glassbox.audit.proofs import NotProvable, prove_event
from glassbox.audit.tree import inclusion_steps
from glassbox.models.actions import ActionAttempt
from glassbox.models.companies import License
from glassbox.queries.audit_trail.events import EventRow, event_rows, events_of
from glassbox.queries.exchanges import ExchangeBodies, bodies_of
from glassbox.rules.actor import Actor
from glassbox.rules.verdicts import NotFound


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
class OpeningRow:
    """A text the event only commits to: its salt, the commitment, and whether it was erased."""

    name: str
    value: str
    salt: str
    commitment: str
    is_erased: bool


@dataclass(frozen=True, kw_only=True)
class ChangedField:
    """One thing that the event says is different after it."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class EventPage:
    """One event with everything that can be said of it."""

    row: EventRow
    openings: tuple[OpeningRow, ...]
    changes: tuple[ChangedField, ...]
    body_text: str
    body_bytes: int
    chain_sha256: str
    endpoint: str
    response_status: int | None
    request_sha256: str
    response_sha256: str
    exchange: ExchangeBodies | None
    proof: ProofPicture | None

    @property
    def reason(self) -> str:
        """Return why it was done, or that the text was erased."""
        found = next((one for one in self.openings if one.name == "reason"), None)
        return "" if found is None else found.value


def event_page(*, actor: Actor, license_ids: tuple[int, ...], event_id: uuid.UUID) -> EventPage:
    """Return one event.

    :raises NotFound: if none of these licences has it
    """
    with access.reading(actor):
        licenses = {one.pk: one for one in License.objects.filter(id__in=license_ids)}
        event = events_of(license_ids).filter(event_id=event_id).first()
        if event is None:
            raise NotFound("There is no such event here.")
        record, body = event.record, bytes(event.body)
        (row,) = event_rows([event], licenses)
        leaf = AuditLeaf.objects.filter(event_id=event_id).first()
        return EventPage(
            row=row,
            openings=tuple(_openings(event)),
            changes=tuple(_changes(record)),
            body_text=json.dumps(json.loads(body), indent=2, ensure_ascii=False),
            body_bytes=len(body),
            chain_sha256=bytes(leaf.chain).hex() if leaf else "",
            endpoint=record.get("endpoint", ""),
            response_status=record.get("resp_status"),
            request_sha256=record.get("req_sha256", ""),
            response_sha256=record.get("resp_sha256", ""),
            exchange=_exchange(event.license_id or 0, record, event.occurred_at),
            proof=_picture(event_id),
        )


def event_proof(*, actor: Actor, license_ids: tuple[int, ...], event_id: uuid.UUID) -> str:
    """Return one event's offline proof, a `.tlog-proof`.

    :raises NotFound: if none of these licences has the event, or its head is not signed yet
    """
    with access.reading(actor):
        if not events_of(license_ids).filter(event_id=event_id).exists():
            raise NotFound("There is no such event here.")
        try:
            return prove_event(raw_connection(), event_id).text()
        except NotProvable as problem:
            raise NotFound(str(problem)) from problem


def raw_connection() -> psycopg.Connection:
    """Return the reader's own connection, so that its walls hold for proofs too."""
    connection.ensure_connection()
    raw = connection.connection
    assert isinstance(raw, psycopg.Connection), "PostgreSQL is the only engine"
    return raw


def _openings(event: ComplianceEvent) -> Iterator[OpeningRow]:
    rows = AuditOpening.objects.filter(event_id=event.event_id)
    found = {row.field: row for row in rows}
    for key in sorted(event.record):
        name = key.removesuffix("_commit")
        if name == key:
            continue
        opening = found.get(name)
        yield OpeningRow(
            name=name,
            value=opening.value if opening else "(erased)",
            salt=bytes(opening.salt).hex() if opening else "",
            commitment=event.record[key],
            is_erased=opening is None,
        )


def _changes(record: dict[str, Any]) -> Iterator[ChangedField]:
    """Yield what is before and after in the record: the state, and facts told as a pair."""
    before, after = record.get("prev_state", ""), record.get("new_state", "")
    if before or after:
        yield ChangedField(name="state", before=before or "nothing", after=after or "nothing")
    body = record.get("body", {})
    for name in body:
        stem = name.removesuffix("_before")
        if stem != name and f"{stem}_after" in body:
            yield ChangedField(name=stem, before=str(body[name]), after=str(body[f"{stem}_after"]))


def _exchange(license_id: int, record: dict[str, Any], at: datetime) -> ExchangeBodies | None:
    """Return the exchange of the action that the event speaks of, if there was one by then."""
    answered = record.get("resp_sha256", "")
    tries = ActionAttempt.objects.filter(
        license_id=license_id, action_id=record.get("intent_id"), api_request__isnull=False
    )
    # A word on an action names what it answered; one without speaks of the try before it.
    tries = tries.filter(response_sha256=answered) if answered else tries.filter(claimed_at__lte=at)
    found = tries.order_by("-number").values_list("api_request_id", flat=True).first()
    return bodies_of(license_id, found) if found else None


def _picture(event_id: uuid.UUID) -> ProofPicture | None:
    try:
        proof = prove_event(raw_connection(), event_id)
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
