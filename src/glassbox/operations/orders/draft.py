"""Draft an order, confirm it, cancel it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.catalog import Counterparty
from glassbox.models.companies import License
from glassbox.models.transfers import Allocation, Order, OrderLine, OrderState
from glassbox.operations.orders.withdrawal import withdraw_in_transaction
from glassbox.operations.person import person_id
from glassbox.operations.transaction import operation
from glassbox.queries.orders.facts import order_facts
from glassbox.rules.action_kinds.facts import FactReader
from glassbox.rules.actor import Actor
from glassbox.rules.gates import is_blocked, run_gates
from glassbox.rules.gates.orders import buyer_may_buy
from glassbox.rules.permissions import Permission
from glassbox.rules.quantities import Quantity
from glassbox.rules.verdicts import Finding, InvalidInput, NotFound, Refused

LINES_AT_MOST = 100


class OrderBlocked(Refused):
    """A gate says no. The attempt stays in the ledger; every reason is in the findings."""

    code = "order.blocked"


class OrderIsElsewhere(Refused):
    """The order is past this step."""

    code = "order.wrong-state"


@operation
def draft_order(
    *,
    actor: Actor,
    license_id: int,
    number: str,
    buyer_license_number: str,
    delivery_date: date,
    lines: Sequence[Mapping[str, object]],
    now: datetime,
) -> int:
    """Draft a wholesale order and return its id; each line is `{item, quantity, unit, unit_price}`.

    :raises InvalidInput: naming the field of the line that cannot be used, or a number in use
    :raises NotFound: if the buyer is none of our counterparties
    """
    access.require(actor, Permission.ORDER_DRAFT, license_id=license_id)
    license = License.objects.get(id=license_id)
    buyer = Counterparty.objects.filter(
        license=license, license_number=buyer_license_number
    ).first()
    if buyer is None:
        raise NotFound(f"{buyer_license_number} is none of our counterparties; add it first.")
    if not number.strip() or Order.objects.filter(license=license, number=number.strip()).exists():
        raise InvalidInput(field="number", value=number, way_out="Give a number not in use.")
    read = _read_lines(lines)
    tenant = {"company_id": license.company_id, "license": license}
    order = Order.objects.create(
        **tenant,
        number=number.strip(),
        buyer=buyer,
        delivery_date=delivery_date,
        state=OrderState.DRAFT,
        drafted_by_id=person_id(actor),
        drafted_at=now,
    )
    for item, amount, unit_price in read:
        OrderLine.objects.create(
            **tenant,
            order=order,
            item_name=item,
            quantity=amount.value,
            unit=amount.unit.name,
            unit_price=unit_price,
        )
    _append_drafted(actor, order, read, now)
    return order.pk


def _append_drafted(
    actor: Actor, order: Order, lines: list[tuple[str, Quantity, Decimal]], now: datetime
) -> None:
    ledger.append(
        type=EventType.ORDER_DRAFTED,
        subject=f"order:{order.pk}",
        actor=actor,
        reason=f"Order {order.number} of {order.buyer.name}",
        body={
            "buyer": order.buyer.license_number,
            "delivery_date": order.delivery_date.isoformat(),
            "lines": [[item, str(amount.value), str(price)] for item, amount, price in lines],
        },
        state_after=order.state,
        now=now,
    )


def _read_lines(lines: Sequence[Mapping[str, object]]) -> list[tuple[str, Quantity, Decimal]]:
    read = []
    for row in FactReader({"lines": list(lines)}).rows("lines", at_most=LINES_AT_MOST):
        row.only("item", "quantity", "unit", "unit_price")
        price = row.decimal("unit_price")
        if price < 0 or price != price.quantize(Decimal("0.01")):
            raise InvalidInput(
                field=row.where("unit_price"), value=price, way_out="Give dollars and cents."
            )
        read.append((row.text("item"), row.positive_amount(), price))
    return read


def confirm_order(*, actor: Actor, license_id: int, order_id: int, now: datetime) -> None:
    """Confirm a drafted order, so that goods may be promised to it.

    :raises OrderBlocked: if the buyer may not buy now; the attempt stays in the ledger
    :raises OrderIsElsewhere: if it is no draft
    """
    findings = _confirm_order(actor=actor, license_id=license_id, order_id=order_id, now=now)
    if is_blocked(findings):
        raise OrderBlocked("The order cannot be confirmed.", findings=findings)


@operation
def _confirm_order(
    *, actor: Actor, license_id: int, order_id: int, now: datetime
) -> tuple[Finding, ...]:
    access.require(actor, Permission.ORDER_CONFIRM, license_id=license_id)
    order = locked_order(license_id, order_id, OrderState.DRAFT)
    facts = order_facts(license=order.license, order=order, wishes=(), now=now)
    findings = run_gates((buyer_may_buy,), facts)
    if is_blocked(findings):
        remember_blocked(actor, order, findings, now)
        return findings
    order.state, order.confirmed_at = OrderState.CONFIRMED, now
    order.confirmed_by_id = person_id(actor)
    order.save(update_fields=["state", "confirmed_at", "confirmed_by"])
    ledger.append(
        type=EventType.ORDER_CONFIRMED,
        subject=f"order:{order.pk}",
        actor=actor,
        reason=f"Order {order.number} is confirmed",
        state_before=OrderState.DRAFT,
        state_after=order.state,
        now=now,
    )
    return findings


@operation
def cancel_order(
    *, actor: Actor, license_id: int, order_id: int, because: str, now: datetime
) -> None:
    """Cancel an order that has not left, with a reason; what was promised to it is free again.

    :raises OrderIsElsewhere: if it left or is cancelled already
    """
    access.require(actor, Permission.ORDER_CONFIRM, license_id=license_id)
    if not because.strip():
        raise InvalidInput(field="reason", value=because, way_out="Say why it is cancelled.")
    order = locked_order(license_id, order_id, OrderState.DRAFT, OrderState.CONFIRMED)
    live = Allocation.objects.select_related("package", "order_line").filter(
        order_line__order=order, withdrawn_at__isnull=True
    )
    for allocation in live:
        withdraw_in_transaction(
            actor=actor, allocation=allocation, because=because.strip(), now=now
        )
    before, order.state = order.state, OrderState.CANCELLED
    order.save(update_fields=["state"])
    ledger.append(
        type=EventType.ORDER_CANCELLED,
        subject=f"order:{order.pk}",
        actor=actor,
        reason=because.strip(),
        state_before=before,
        state_after=order.state,
        now=now,
    )


def locked_order(license_id: int, order_id: int, *states: OrderState) -> Order:
    """Return an order of a licence in one of these states, locked.

    :raises NotFound: if this licence has no such order
    :raises OrderIsElsewhere: if it is in another state
    """
    order = (
        Order.objects.select_for_update(of=("self",))
        .select_related("license", "buyer")
        .filter(license_id=license_id, id=order_id)
        .first()
    )
    if order is None:
        raise NotFound("There is no such order here.")
    if order.state not in states:
        raise OrderIsElsewhere(f"Order {order.number} is {order.state.lower()}.")
    return order


def remember_blocked(
    actor: Actor, order: Order, findings: tuple[Finding, ...], now: datetime
) -> None:
    """Write into the ledger that the gates of an order said no."""
    ledger.append(
        type=EventType.ORDER_BLOCKED,
        subject=f"order:{order.pk}",
        actor=actor,
        reason=f"Order {order.number} was blocked",
        body={"codes": sorted({finding.code for finding in findings if finding.blocks})},
        now=now,
    )
