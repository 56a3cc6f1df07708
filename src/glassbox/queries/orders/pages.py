"""The list of orders, one order with its promises, and the goods that can be promised."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Q, QuerySet

from glassbox import access
from glassbox.models.companies import License
from glassbox.models.lab import QaReview, QaVerdict
from glassbox.models.packages import Package
from glassbox.models.transfers import Allocation, Order, OrderLine, OrderState
from glassbox.queries.gate_facts import counterparty_facts
from glassbox.queries.orders.facts import order_facts, promised
from glassbox.queries.packages.rows import with_metrc
from glassbox.rules.actor import Actor
from glassbox.rules.gates import run_gates
from glassbox.rules.gates.orders import buyer_may_buy, package_price
from glassbox.rules.package_state import PackageList
from glassbox.rules.permissions import Permission
from glassbox.rules.quantities import quantity
from glassbox.rules.verdicts import Finding, NotFound

ROWS_AT_MOST = 200


@dataclass(frozen=True, kw_only=True)
class OrderRow:
    """One order in a list; the total is in US dollars."""

    id: int
    license_number: str
    number: str
    buyer: str
    buyer_license_number: str
    delivery_date: date
    state: str
    total: Decimal
    drafted_by: str
    drafted_at: datetime


@dataclass(frozen=True, kw_only=True)
class AllocationRow:
    """One promise; a withdrawn one stays in sight with its reason."""

    id: int
    label: str
    split_label: str
    quantity: Decimal
    unit: str
    price: Decimal
    is_split_made: bool
    allocated_by: str
    allocated_at: datetime
    withdrawn_at: datetime | None
    withdrawn_because: str


@dataclass(frozen=True, kw_only=True)
class OrderLineRow:
    """One line with what is promised to it and what is still open."""

    id: int
    item_name: str
    quantity: Decimal
    open_quantity: Decimal
    unit: str
    unit_price: Decimal
    total: Decimal
    allocations: tuple[AllocationRow, ...]


@dataclass(frozen=True, kw_only=True)
class FreeGoods:
    """One released package of an item that the order asks for, and how much of it is free."""

    label: str
    item_name: str
    free: Decimal
    unit: str
    batch_number: str
    certificate_issued_on: date | None


@dataclass(frozen=True, kw_only=True)
class OrderTransferRow:
    """One transfer that carries goods of the order."""

    id: int
    state: str
    manifest_number: str


@dataclass(frozen=True, kw_only=True)
class OrderPage:
    """All that the page of one order shows."""

    row: OrderRow
    lines: tuple[OrderLineRow, ...]
    free_goods: tuple[FreeGoods, ...]
    transfers: tuple[OrderTransferRow, ...]
    findings: tuple[Finding, ...]
    buyer_checked_at: datetime | None
    confirmed_by: str
    may_confirm: bool
    may_allocate: bool
    may_cancel: bool


def order_rows(*, actor: Actor, license_ids: tuple[int, ...]) -> tuple[OrderRow, ...]:
    """Return the newest 200 orders."""
    with access.reading(actor):
        rows = _rows().filter(license_id__in=license_ids)
        return tuple(_row(order) for order in rows.order_by("-drafted_at", "-id")[:ROWS_AT_MOST])


def order_page(*, actor: Actor, license_id: int, order_id: int, now: datetime) -> OrderPage:
    """Return one order with its lines, promises, transfers and the goods that are free.

    :raises NotFound: if this licence has no such order
    """
    with access.reading(actor, license_id=license_id):
        order = _rows().filter(license_id=license_id, id=order_id).first()
        if order is None:
            raise NotFound("There is no such order here.")
        may = access.permissions_at(actor, license_id)
        lines = list(order.lines.order_by("id"))
        facts = order_facts(license=order.license, order=order, wishes=(), now=now)
        buyer = counterparty_facts(order.license, order.buyer.license_number)
        is_open = order.state in (OrderState.DRAFT, OrderState.CONFIRMED)
        return OrderPage(
            row=_row(order),
            lines=tuple(_line(line) for line in lines),
            free_goods=_free_goods(order.license, {line.item_name for line in lines}),
            transfers=tuple(
                OrderTransferRow(
                    id=transfer.pk,
                    state=transfer.state,
                    manifest_number=transfer.manifest_number,
                )
                for transfer in order.transfers.order_by("id")
            ),
            findings=run_gates((buyer_may_buy,), facts),
            buyer_checked_at=buyer.checked_at,
            confirmed_by=order.confirmed_by.name if order.confirmed_by else "",
            may_confirm=order.state == OrderState.DRAFT and Permission.ORDER_CONFIRM in may,
            may_allocate=order.state == OrderState.CONFIRMED and Permission.ORDER_DRAFT in may,
            may_cancel=is_open and Permission.ORDER_CONFIRM in may,
        )


def _rows() -> QuerySet[Order]:
    return Order.objects.select_related(
        "license", "buyer", "drafted_by", "confirmed_by"
    ).prefetch_related("lines")


def _row(order: Order) -> OrderRow:
    return OrderRow(
        id=order.pk,
        license_number=order.license.number,
        number=order.number,
        buyer=order.buyer.name,
        buyer_license_number=order.buyer.license_number,
        delivery_date=order.delivery_date,
        state=order.state,
        total=sum((_total(line) for line in order.lines.all()), Decimal(0)),
        drafted_by=order.drafted_by.name,
        drafted_at=order.drafted_at,
    )


def _total(line: OrderLine) -> Decimal:
    return package_price(quantity(line.quantity, line.unit), line.unit_price)


def _line(line: OrderLine) -> OrderLineRow:
    rows = list(
        line.allocations.select_related("package", "allocated_by").order_by("allocated_at", "id")
    )
    made = set(
        Package.objects.filter(
            license_id=line.license_id, label__in=[row.split_label for row in rows]
        ).values_list("label", flat=True)
    )
    live = sum((row.quantity for row in rows if row.withdrawn_at is None), Decimal(0))
    return OrderLineRow(
        id=line.pk,
        item_name=line.item_name,
        quantity=line.quantity,
        open_quantity=line.quantity - live,
        unit=line.unit,
        unit_price=line.unit_price,
        total=_total(line),
        allocations=tuple(_allocation(row, line.unit_price, made) for row in rows),
    )


def _allocation(row: Allocation, unit_price: Decimal, made: set[str]) -> AllocationRow:
    return AllocationRow(
        id=row.pk,
        label=row.package.label,
        split_label=row.split_label,
        quantity=row.quantity,
        unit=row.unit,
        price=package_price(quantity(row.quantity, row.unit), unit_price),
        is_split_made=row.split_label in made,
        allocated_by=row.allocated_by.name,
        allocated_at=row.allocated_at,
        withdrawn_at=row.withdrawn_at,
        withdrawn_because=row.withdrawn_because,
    )


def _free_goods(license: License, item_names: set[str]) -> tuple[FreeGoods, ...]:
    """Return released packages of these items with something free, oldest certificate first."""
    reviews = {
        review.package_id: review
        for review in QaReview.objects.filter(
            license=license,
            verdict=QaVerdict.RELEASED,
            revoked_at__isnull=True,
            package__item_name__in=item_names,
        ).select_related("certificate")
    }
    packages = with_metrc(Package.objects.filter(id__in=reviews)).filter(
        Q(metrc_list=PackageList.ACTIVE)
    )
    goods = []
    for package in packages:
        there = quantity(package.__dict__["metrc_quantity"], package.unit)
        free = there - promised(license.pk, package.label, there)
        certificate = reviews[package.pk].certificate
        if free.value > 0:
            goods.append(
                FreeGoods(
                    label=package.label,
                    item_name=package.item_name,
                    free=free.value,
                    unit=package.unit,
                    batch_number=package.production_batch_number,
                    certificate_issued_on=certificate.issued_date if certificate else None,
                )
            )
    return tuple(sorted(goods, key=lambda one: (one.certificate_issued_on or date.max, one.label)))
