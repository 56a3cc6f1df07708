"""Half-done batches come over with what METRC knows of them; the rest their people add."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db import connection

from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.companies import License
from glassbox.models.production import Batch, BatchState
from glassbox.queries.takeover.half_done import PROCESS, HalfDoneBatch, half_done_batches
from glassbox.rules.actor import Actor
from glassbox.rules.quantities import Quantity, quantity

PROTOCOL = "before go-live"


def take_over_batches_in_transaction(*, actor: Actor, license: License, now: datetime) -> int:
    """Open the batches that METRC shows under way and our book does not have; return how many.

    Each bears METRC's number, its item and how much METRC shows of it; the event lists the
    packages. What METRC does not know (protocol, ingredients from suppliers, label claim) its
    people add, or an import does. One that is ours already stays as it is.
    """
    assert connection.in_atomic_block, "batches come over with the book that shows their goods"
    found = half_done_batches(license.pk)
    for seen in found:
        _take_over(actor, license, seen, now)
    return len(found)


def _take_over(actor: Actor, license: License, seen: HalfDoneBatch, now: datetime) -> None:
    amount = _largest(seen)
    batch = Batch.objects.create(
        company_id=license.company_id,
        license=license,
        number=seen.number,
        product=seen.packages[0].item_name,
        process=PROCESS,
        protocol_version=PROTOCOL,
        planned_quantity=amount.value,
        unit=amount.unit.name,
        state=BatchState.OPEN,
        opened_by_id=actor.user_id,
        opened_at=now,
    )
    ledger.append(
        type=EventType.BATCH_TAKEN_OVER,
        subject=f"batch:{batch.pk}",
        actor=actor,
        reason=f"Batch {batch.number} of {batch.product} was under way at the go-live",
        body={
            "number": batch.number,
            "packages": [
                [one.label, str(one.quantity), one.unit, f"snapshot:{one.snapshot_id}"]
                for one in seen.packages
            ],
        },
        state_after=batch.state,
        now=now,
    )


def _largest(seen: HalfDoneBatch) -> Quantity:
    """Return what METRC shows of the batch in the unit of its largest package.

    Units are never added to grams: a batch half packed shows both.
    """
    largest = max(seen.packages, key=lambda one: one.quantity)
    total = sum((one.quantity for one in seen.packages if one.unit == largest.unit), Decimal(0))
    return quantity(total, largest.unit)
