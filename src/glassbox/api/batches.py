"""Batches: what was made, from what, and whether it adds up."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from ninja import Query, Router, Schema

from glassbox.api.auth import READ
from glassbox.api.problems import FindingOut
from glassbox.api.request import ApiRequest
from glassbox.api.schemas import HERE, Cursor
from glassbox.queries.production.pages import batch_chapter, batch_page

router = Router(tags=["batches"])


class BatchStates(StrEnum):
    OPEN = "OPEN"
    VERIFIED = "VERIFIED"
    CLOSED = "CLOSED"


class BatchIn(Schema):
    """What a list of batches is narrowed to."""

    state: BatchStates | None = None
    cursor: Cursor = ""


class BatchOut(Schema):
    """One batch."""

    id: int
    number: str
    product: str
    process: str
    planned: str
    state: str
    opened_by: str
    opened_at: datetime
    verified_by: str
    closed_at: datetime | None
    output_count: int


class BatchesOut(Schema):
    """One part of a list; `next` is the cursor of the following one, empty after the last."""

    batches: list[BatchOut]
    next: str


class RecordOut(Schema):
    """One entry of the batch record."""

    at: datetime
    kind: str
    sentence: str
    amount: str
    label: str
    person: str


class BalanceOut(Schema):
    """The mass balance, each amount with its unit."""

    inputs: str
    outputs: str
    samples: str
    waste: str
    loss: str
    difference: str
    is_exact: bool
    sentence: str


class BatchDetailOut(Schema):
    """One batch with its record; `findings` say what keeps it from closing."""

    batch: BatchOut
    protocol_version: str
    records: list[RecordOut]
    balance: BalanceOut | None
    findings: list[FindingOut]


@router.get(HERE + "batches", auth=READ, response=BatchesOut)
def list_batches(request: ApiRequest, license_number: str, asked: Query[BatchIn]) -> object:
    """List batches, 100 at a time."""
    part = batch_chapter(
        actor=request.use.actor,
        license_id=request.use.license_id,
        state=asked.state or "",
        cursor=asked.cursor,
    )
    return {"batches": part.rows, "next": part.next}


@router.get(HERE + "batches/{int:batch_id}", auth=READ, response=BatchDetailOut)
def read_batch(request: ApiRequest, license_number: str, batch_id: int) -> object:
    """Read one batch."""
    found = batch_page(
        actor=request.use.actor,
        license_id=request.use.license_id,
        batch_id=batch_id,
        now=request.now,
    )
    return {**vars(found), "batch": found.row}
