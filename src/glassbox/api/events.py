"""Events of the ledger, each with the proof that anybody checks offline."""

from __future__ import annotations

import json
import uuid
from datetime import datetime
from typing import Any

from ninja import Query, Router, Schema

from glassbox.api.auth import EVENTS
from glassbox.api.request import ApiRequest
from glassbox.api.schemas import HERE, Cursor, Word
from glassbox.queries.audit_trail.event import event_page, event_proof
from glassbox.queries.audit_trail.events import EventFilter, event_list

router = Router(tags=["events"])


class EventIn(Schema):
    """What a list of events is narrowed to. `object` is a label, or such as `transfer:12`."""

    type: Word = ""
    object: Word = ""
    action: Word = ""
    cursor: Cursor = ""


class EventOut(Schema):
    """One event. `number` is null until the sequencer has given it one."""

    event_id: uuid.UUID
    number: int | None
    is_signed: bool
    type: str
    subject: str
    actor_name: str
    occurred_at: datetime
    leaf_sha256: str


class EventsOut(Schema):
    """One part of a list; `next` is the cursor of the following one, empty after the last."""

    events: list[EventOut]
    next: str


class EventDetailOut(Schema):
    """One event with its record, whose bytes are what was numbered, and the reason it commits to."""

    event: EventOut
    reason: str
    record: dict[str, Any]
    endpoint: str
    request_sha256: str
    response_sha256: str
    chain_sha256: str


class ProofOut(Schema):
    """A C2SP .tlog-proof as text: save it into a file and give it to verify.py."""

    event_id: uuid.UUID
    tlog_proof: str


@router.get(HERE + "events", auth=EVENTS, response=EventsOut)
def list_events(request: ApiRequest, license_number: str, asked: Query[EventIn]) -> object:
    """List events, the newest first, 100 at a time."""
    found = event_list(
        **request.who,
        filter=EventFilter(
            type=asked.type, object=asked.object, action=asked.action, before=asked.cursor
        ),
    )
    return {"events": found.rows, "next": found.older}


@router.get(HERE + "events/{uuid:event_id}", auth=EVENTS, response=EventDetailOut)
def read_event(request: ApiRequest, license_number: str, event_id: uuid.UUID) -> object:
    """Read one event."""
    found = event_page(**request.who, event_id=event_id)
    return {
        **vars(found),
        "event": found.row,
        "reason": found.reason,
        "record": json.loads(found.body_text),
    }


@router.get(HERE + "events/{uuid:event_id}/proof", auth=EVENTS, response=ProofOut)
def read_proof(request: ApiRequest, license_number: str, event_id: uuid.UUID) -> object:
    """Read the proof of one event; there is none before its head is signed (404)."""
    return {"event_id": event_id, "tlog_proof": event_proof(**request.who, event_id=event_id)}
