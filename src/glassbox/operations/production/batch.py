"""What every entry of a batch record shares: the batch locked and open, checked input, the event."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.packages import Package
from glassbox.models.production import Batch, BatchState
from glassbox.rules.actor import Actor
from glassbox.rules.quantities import Quantity, quantity
from glassbox.rules.verdicts import InvalidInput, NotFound, Refused


class BatchIsClosed(Refused):
    """A closed batch is the record of what was made; it takes no more entries."""

    code = "batch.closed"


def writable_batch(actor: Actor, license_id: int, batch_id: int, now: datetime) -> Batch:
    """Return an open batch, locked; a verified one opens again, for its verification is void."""
    batch = locked_batch(license_id, batch_id)
    if batch.state == BatchState.CLOSED:
        raise BatchIsClosed(f"Batch {batch.number} is closed.")
    if batch.state == BatchState.VERIFIED:
        batch.state, batch.verified_by, batch.verified_at = BatchState.OPEN, None, None
        batch.save(update_fields=["state", "verified_by", "verified_at"])
        ledger.append(
            type=EventType.BATCH_REOPENED,
            subject=f"batch:{batch.pk}",
            actor=actor,
            reason="A new entry makes the verification void",
            state_before=BatchState.VERIFIED,
            state_after=BatchState.OPEN,
            now=now,
        )
    return batch


def locked_batch(license_id: int, batch_id: int) -> Batch:
    """Return a batch of a licence, locked for the rest of the transaction.

    :raises NotFound: if this licence has no such batch
    """
    batch = (
        Batch.objects.select_for_update(of=("self",))
        .select_related("license")
        .filter(license_id=license_id, id=batch_id)
        .first()
    )
    if batch is None:
        raise NotFound("There is no such batch here.")
    return batch


def tenant_of(row: Batch | Package) -> dict[str, Any]:
    """Return the columns that wall a row which belongs to this one."""
    return {"company_id": row.company_id, "license_id": row.license_id}


def require_text(field: str, value: str) -> None:
    """Refuse a blank text.

    :raises InvalidInput: naming the field
    """
    if not value.strip():
        raise InvalidInput(field=field, value=value, way_out="Say it in words.")


def positive_amount(value: Decimal, unit: str) -> Quantity:
    """Return an amount above zero; counts are whole.

    :raises InvalidInput: if it is not
    """
    amount = quantity(value, unit)
    if amount.value <= 0:
        raise InvalidInput(field="quantity_value", value=value, way_out="Give more than zero.")
    if amount.unit.is_count and amount.value != amount.value.to_integral_value():
        raise InvalidInput(field="quantity_value", value=value, way_out="Count whole units.")
    return amount


def moment_of(occurred_at: datetime | None, now: datetime) -> datetime:
    """Return when something happened: now, unless a person says earlier.

    :raises InvalidInput: if it is said to happen later than now
    """
    if occurred_at is not None and occurred_at > now:
        raise InvalidInput(
            field="occurred_at",
            value=occurred_at.isoformat(),
            way_out="It cannot happen later than now.",
        )
    return occurred_at or now


def append_record(
    batch: Batch, actor: Actor, reason: str, body: dict[str, Any], now: datetime
) -> None:
    """Write the event of one entry in a batch record."""
    ledger.append(
        type=EventType.BATCH_RECORDED,
        subject=f"batch:{batch.pk}",
        actor=actor,
        reason=reason,
        body=body,
        now=now,
    )
