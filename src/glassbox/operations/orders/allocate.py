"""Promise released goods to a line of an order, and name the split that carries the promise."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.packages import Package
from glassbox.models.transfers import Allocation, Order, OrderLine, OrderState
from glassbox.operations.orders.draft import OrderBlocked, locked_order, remember_blocked
from glassbox.operations.packages import locked_package
from glassbox.operations.person import person_id
from glassbox.operations.transaction import operation
from glassbox.queries.orders.facts import Wish, allocated_on_line, order_facts
from glassbox.rules.actor import Actor
from glassbox.rules.gates import is_blocked, run_gates
from glassbox.rules.gates.orders import ORDER_GATES
from glassbox.rules.package_state import LocalState
from glassbox.rules.permissions import Permission
from glassbox.rules.quantities import quantity
from glassbox.rules.verdicts import Finding, InvalidInput, NotFound


def allocate(
    *,
    actor: Actor,
    license_id: int,
    order_line_id: int,
    label: str,
    allocated_quantity: Decimal,
    split_label: str = "",
    now: datetime,
) -> int:
    """Promise part of a released package to an order line, and return the allocation's id.

    `split_label` is the tag the part will get; empty promises the package as it stands.

    :raises OrderBlocked: with every reason, if the goods are not released, held, promised
        elsewhere, or their certificate is too old on the day of delivery; remembered
    :raises InvalidInput: if the line is full, or the package holds another item
    """
    allocation_id, findings = _allocate(
        actor=actor,
        license_id=license_id,
        order_line_id=order_line_id,
        label=label,
        allocated_quantity=allocated_quantity,
        split_label=split_label.strip(),
        now=now,
    )
    if allocation_id is None:
        raise OrderBlocked(f"{label} cannot be allocated.", findings=findings)
    return allocation_id


@operation
def _allocate(
    *,
    actor: Actor,
    license_id: int,
    order_line_id: int,
    label: str,
    allocated_quantity: Decimal,
    split_label: str,
    now: datetime,
) -> tuple[int | None, tuple[Finding, ...]]:
    access.require(actor, Permission.ORDER_DRAFT, license_id=license_id)
    line = OrderLine.objects.filter(license_id=license_id, id=order_line_id).first()
    if line is None:
        raise NotFound("There is no such order line here.")
    order = locked_order(license_id, line.order_id, OrderState.CONFIRMED)
    package = locked_package(license_id, label)
    wish = Wish(
        label=label,
        wanted=quantity(allocated_quantity, line.unit),
        unit_price=line.unit_price,
    )
    _check_line(line, package, allocated_quantity, split_label)
    facts = order_facts(license=order.license, order=order, wishes=(wish,), now=now)
    findings = run_gates(ORDER_GATES, facts)
    if is_blocked(findings):
        remember_blocked(actor, order, findings, now)
        return None, findings
    allocation = Allocation.objects.create(
        company_id=order.company_id,
        license_id=license_id,
        order_line=line,
        package=package,
        quantity=allocated_quantity,
        unit=line.unit,
        split_label=split_label,
        allocated_by_id=person_id(actor),
        allocated_at=now,
    )
    if package.local_state == LocalState.QA_RELEASED:
        package.local_state = LocalState.ALLOCATED
        package.save(update_fields=["local_state"])
    _append_made(actor, allocation, order, now)
    return allocation.pk, findings


def _append_made(actor: Actor, allocation: Allocation, order: Order, now: datetime) -> None:
    amount = quantity(allocation.quantity, allocation.unit)
    label = allocation.package.label
    ledger.append(
        type=EventType.ALLOCATION_MADE,
        subject=f"order:{order.pk}",
        actor=actor,
        reason=f"{amount.text()} of {label} are promised to order {order.number}",
        body={
            "allocation": allocation.pk,
            "label": label,
            "split": allocation.split_label,
            "quantity": str(allocation.quantity),
        },
        now=now,
    )


@operation
def name_split(
    *, actor: Actor, license_id: int, allocation_id: int, split_label: str, now: datetime
) -> None:
    """Name the tag under which the promised part is packed, before or after the split is made.

    :raises NotFound: if there is no such live allocation here
    :raises InvalidInput: if another allocation has that tag
    """
    access.require(actor, Permission.ORDER_DRAFT, license_id=license_id)
    allocation = (
        Allocation.objects.select_for_update(of=("self",))
        .select_related("order_line", "package")
        .filter(license_id=license_id, id=allocation_id, withdrawn_at__isnull=True)
        .first()
    )
    if allocation is None:
        raise NotFound("There is no such allocation here.")
    _require_free_split(license_id, split_label, besides=allocation.pk)
    allocation.split_label = split_label
    allocation.save(update_fields=["split_label"])
    ledger.append(
        type=EventType.ALLOCATION_MADE,
        subject=f"order:{allocation.order_line.order_id}",
        actor=actor,
        reason=f"The promised part of {allocation.package.label} is packed as {split_label}",
        body={"allocation": allocation.pk, "split": split_label},
        now=now,
    )


def _check_line(line: OrderLine, package: Package, wanted: Decimal, split_label: str) -> None:
    if wanted <= 0:
        raise InvalidInput(
            field="allocated_quantity", value=wanted, way_out="Promise more than zero."
        )
    open_quantity = line.quantity - allocated_on_line(line.pk)
    if wanted > open_quantity:
        raise InvalidInput(
            field="allocated_quantity",
            value=wanted,
            way_out=f"{quantity(open_quantity, line.unit).text()} of the line are still open.",
        )
    if package.item_name != line.item_name or package.unit != line.unit:
        raise InvalidInput(
            field="label",
            value=package.label,
            way_out=f"The line asks for {line.item_name} in {line.unit}.",
        )
    if split_label:
        _require_free_split(line.license_id, split_label, besides=None)


def _require_free_split(license_id: int, split_label: str, *, besides: int | None) -> None:
    taken = Allocation.objects.filter(
        license_id=license_id, split_label=split_label, withdrawn_at__isnull=True
    ).exclude(id=besides or 0)
    if not split_label or taken.exists():
        raise InvalidInput(
            field="split_label", value=split_label, way_out="Name a tag no allocation has."
        )
