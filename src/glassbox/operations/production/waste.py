"""Record tails, waste, loss and internal samples, with the package through which METRC sees them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.packages import Package
from glassbox.models.production import WasteRecord
from glassbox.operations.person import person_id, require_second_person
from glassbox.operations.production.batch import (
    moment_of,
    positive_amount,
    require_text,
    tenant_of,
    writable_batch,
)
from glassbox.operations.transaction import operation
from glassbox.rules.actor import Actor
from glassbox.rules.permissions import Permission
from glassbox.rules.verdicts import InvalidInput, NotFound

WASTE_KINDS = ("TAILS", "WASTE", "LOSS", "SAMPLE")


@operation
def record_waste(
    *,
    actor: Actor,
    license_id: int,
    kind: str,
    quantity_value: Decimal,
    unit: str,
    reason: str,
    label: str = "",
    batch_id: int | None = None,
    witnessed_by_id: int | None = None,
    occurred_at: datetime | None = None,
    now: datetime,
) -> int:
    """Record tails, waste, loss or an internal sample, and the package through which METRC sees it.

    :raises InvalidInput: if the kind is none we know, or no reason is given
    :raises NotTwoPeople: if the witness is the one who did it, or may not witness here
    """
    access.require(actor, Permission.BATCH_RECORD, license_id=license_id)
    batch = None if batch_id is None else writable_batch(actor, license_id, batch_id, now)
    if kind not in WASTE_KINDS:
        raise InvalidInput(field="kind", value=kind, way_out=f"Use {', '.join(WASTE_KINDS)}.")
    require_text("reason", reason)
    amount = positive_amount(quantity_value, unit)
    package = Package.objects.filter(license_id=license_id, label=label).first()
    if batch is None and package is None:
        raise NotFound(f"There is no package {label} here." if label else "Name the package.")
    if witnessed_by_id is not None:
        require_second_person(
            actor, Permission.PACKAGE_READ, license_id=license_id, user_id=witnessed_by_id
        )
    row = batch or package
    assert row is not None
    waste = WasteRecord.objects.create(
        **tenant_of(row),
        batch=batch,
        label=label,
        kind=kind,
        quantity=amount.value,
        unit=amount.unit.name,
        reason=reason.strip(),
        performed_by_id=person_id(actor),
        witnessed_by_id=witnessed_by_id,
        occurred_at=moment_of(occurred_at, now),
    )
    _append_waste(actor, waste, now)
    return waste.pk


def _append_waste(actor: Actor, waste: WasteRecord, now: datetime) -> None:
    ledger.append(
        type=EventType.WASTE_RECORDED,
        subject=f"batch:{waste.batch_id}" if waste.batch_id else f"package:{waste.label}",
        actor=actor,
        reason=waste.reason,
        body={
            "kind": waste.kind,
            "label": waste.label,
            "quantity": str(waste.quantity),
            "unit": waste.unit,
            "witness": waste.witnessed_by_id,
        },
        now=now,
    )
