"""Record what happens to a batch: steps, ingredients, outputs."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db.models import Max

from glassbox import access
from glassbox.models.packages import PackageSnapshot
from glassbox.models.production import Batch, BatchOutput, BatchRecord, IngredientUse
from glassbox.operations.person import person_id
from glassbox.operations.production.batch import (
    append_record,
    moment_of,
    positive_amount,
    require_text,
    tenant_of,
    writable_batch,
)
from glassbox.operations.transaction import operation
from glassbox.queries.gate_facts import package_facts
from glassbox.rules.actor import Actor
from glassbox.rules.package_state import STOPPED
from glassbox.rules.permissions import Permission
from glassbox.rules.quantities import Quantity, quantity
from glassbox.rules.verdicts import InvalidInput, Refused


class GoodsAreStopped(Refused):
    """The package is on a hold, ours or the State's, failed, or uncertain."""

    code = "package.stopped"


@operation
def record_step(
    *,
    actor: Actor,
    license_id: int,
    batch_id: int,
    step: str,
    text: str,
    quantity_value: Decimal | None = None,
    unit: str = "",
    occurred_at: datetime | None = None,
    now: datetime,
) -> int:
    """Write one entry of the batch record: a step, a weight, a yield, a deviation.

    :raises InvalidInput: if step or text is blank, or it happened later than now
    :raises BatchIsClosed: if the batch is closed
    """
    access.require(actor, Permission.BATCH_RECORD, license_id=license_id)
    batch = writable_batch(actor, license_id, batch_id, now)
    require_text("step", step)
    require_text("text", text)
    amount = None if quantity_value is None else quantity(quantity_value, unit)
    record = BatchRecord.objects.create(
        **tenant_of(batch),
        batch=batch,
        step=step.strip(),
        text=text.strip(),
        quantity=amount.value if amount else None,
        unit=amount.unit.name if amount else "",
        operator_id=person_id(actor),
        occurred_at=moment_of(occurred_at, now),
        recorded_at=now,
    )
    shown = f", {amount.text()}" if amount else ""
    append_record(
        batch, actor, f"{step.strip()}: {text.strip()}{shown}", {"step": step.strip()}, now
    )
    return record.pk


@operation
def use_ingredient(
    *,
    actor: Actor,
    license_id: int,
    batch_id: int,
    material: str,
    quantity_value: Decimal,
    unit: str,
    label: str = "",
    supplier_lot: str = "",
    now: datetime,
) -> int:
    """Record that a package, or a supplier's lot METRC does not know, went into a batch.

    :raises InvalidInput: if not exactly one of label and lot is given, or METRC never showed
        that much in the package
    :raises GoodsAreStopped: if the package is held, failed or uncertain
    """
    access.require(actor, Permission.BATCH_RECORD, license_id=license_id)
    batch = writable_batch(actor, license_id, batch_id, now)
    require_text("material", material)
    amount = positive_amount(quantity_value, unit)
    if bool(label) == bool(supplier_lot.strip()):
        raise InvalidInput(
            field="label",
            value=label or "neither",
            way_out="Give either the tag of a package or the lot of a supplier.",
        )
    if label:
        _require_usable(batch, label, amount)
    use = IngredientUse.objects.create(
        **tenant_of(batch),
        batch=batch,
        label=label,
        supplier_lot=supplier_lot.strip(),
        material=material.strip(),
        quantity=amount.value,
        unit=amount.unit.name,
        recorded_by_id=person_id(actor),
        recorded_at=now,
    )
    source = label or f"lot {supplier_lot.strip()}"
    body = {"used": source, "quantity": str(amount.value), "unit": amount.unit.name}
    append_record(
        batch, actor, f"{amount.text()} of {material.strip()} used from {source}", body, now
    )
    return use.pk


def _require_usable(batch: Batch, label: str, amount: Quantity) -> None:
    (facts,) = package_facts(batch.license_id, [label])
    if facts.local_hold_reason or facts.local_state in STOPPED or facts.held_ancestors:
        raise GoodsAreStopped(f"{label} may not be used: it is held or uncertain.")
    # The send that used it may be in METRC already, so the most that was ever there counts.
    most = PackageSnapshot.objects.filter(
        license_id=batch.license_id, package__label=label, unit=amount.unit.name
    ).aggregate(most=Max("quantity"))["most"]
    earlier = IngredientUse.objects.filter(license_id=batch.license_id, label=label)
    used = sum((row.quantity for row in earlier), Decimal(0))
    if most is None or used + amount.value > most:
        there = "nothing" if most is None else quantity(most - used, amount.unit).text()
        raise InvalidInput(
            field="quantity_value",
            value=amount.text(),
            way_out=f"METRC showed {there} of {label} for use.",
        )


@operation
def record_output(
    *,
    actor: Actor,
    license_id: int,
    batch_id: int,
    label: str,
    item_name: str,
    quantity_value: Decimal,
    unit: str,
    net_content: Decimal | None = None,
    now: datetime,
) -> int:
    """Record that a batch made a package; counted units say what one of them holds.

    `net_content` is in the unit of the batch's inputs, for example 1.000 (g) per cartridge.

    :raises InvalidInput: if units are counted and nobody says what one holds, or the tag is
        the output of a batch already
    """
    access.require(actor, Permission.BATCH_RECORD, license_id=license_id)
    batch = writable_batch(actor, license_id, batch_id, now)
    require_text("item_name", item_name)
    amount = positive_amount(quantity_value, unit)
    if amount.unit.is_count and (net_content is None or net_content <= 0):
        raise InvalidInput(
            field="net_content", value=net_content, way_out="Say what one unit holds, such as 1.0."
        )
    if BatchOutput.objects.filter(license_id=license_id, label=label).exists():
        raise InvalidInput(field="label", value=label, way_out="A batch made it already.")
    output = BatchOutput.objects.create(
        **tenant_of(batch),
        batch=batch,
        label=label,
        item_name=item_name.strip(),
        quantity=amount.value,
        unit=amount.unit.name,
        net_content=net_content if amount.unit.is_count else None,
        recorded_by_id=person_id(actor),
        recorded_at=now,
    )
    body = {"made": label, "quantity": str(amount.value), "unit": amount.unit.name}
    append_record(
        batch, actor, f"{amount.text()} of {item_name.strip()} made as {label}", body, now
    )
    return output.pk
