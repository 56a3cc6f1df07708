"""Forms of wholesale orders: draft, allocate, split off, cancel, take a promise back."""

from __future__ import annotations

from typing import Any

from glassbox.operations.actions.draft import draft_many
from glassbox.operations.orders.allocate import allocate
from glassbox.operations.orders.draft import cancel_order, draft_order
from glassbox.operations.orders.withdrawal import withdraw_allocation
from glassbox.queries.choices import ListOf, Option
from glassbox.queries.manifest_facts import split_facts
from glassbox.queries.orders.pages import OrderPage, order_page
from glassbox.rules.permissions import Permission
from glassbox.rules.quantities import quantity
from glassbox.web.forms.field import Field, FieldKind
from glassbox.web.forms.work_form import (
    Opened,
    Sheet,
    WorkForm,
    choice_field,
    done_about,
    number_field,
    reason_field,
    scan_field,
)

LINES_SHOWN = 4


def _new(opened: Opened) -> Sheet:
    lists = opened.choices(ListOf.BUYERS, ListOf.ITEMS, ListOf.UNITS)
    return Sheet(
        title="Draft an order",
        sentence="Nothing is promised by this: the order is confirmed by somebody else first.",
        fields=(
            Field(name="number", label="Order number"),
            choice_field("buyer_license_number", "Buyer", lists[ListOf.BUYERS]),
            Field(name="delivery_date", label="Delivery day", kind=FieldKind.DATE),
            Field(
                name="lines",
                label="Lines",
                kind=FieldKind.ROWS,
                blank_rows=LINES_SHOWN,
                columns=(
                    choice_field("item", "Item", lists[ListOf.ITEMS]),
                    number_field("quantity", "Quantity"),
                    choice_field("unit", "Unit", lists[ListOf.UNITS], value="Each"),
                    number_field("unit_price", "Price of one", "US$"),
                ),
            ),
        ),
    )


def _draft(opened: Opened, said: dict[str, Any]) -> str:
    said["lines"] = [{name: str(value) for name, value in line.items()} for line in said["lines"]]
    return f"orders/{draft_order(**opened.who(), **said)}/"


def _order(opened: Opened) -> OrderPage:
    return order_page(**opened.seen(), order_id=opened.number, now=opened.now)


def _facts(order: OrderPage) -> tuple[tuple[str, str], ...]:
    return (
        ("Order", order.row.number),
        ("Buyer", f"{order.row.buyer}, {order.row.buyer_license_number}"),
        ("Delivery", order.row.delivery_date.isoformat()),
        ("State", order.row.state.capitalize()),
    )


def _allocation(opened: Opened) -> Sheet:
    order = _order(opened)
    tags = opened.choices(ListOf.TAGS)[ListOf.TAGS]
    return Sheet(
        title=f"Promise goods to order {order.row.number}",
        sentence="Only released goods can be promised. The tag is that of the package which will "
        "be split off; without one the package is promised whole.",
        facts=_facts(order),
        why_not="" if order.row.state == "CONFIRMED" else "The order is not confirmed.",
        fields=(
            choice_field(
                "order_line_id",
                "Line",
                tuple(
                    Option(
                        value=str(line.id),
                        words=f"{line.item_name}, open: "
                        f"{quantity(line.open_quantity, line.unit).text()}",
                    )
                    for line in order.lines
                ),
                value=str(order.lines[0].id) if order.lines else "",
            ),
            choice_field(
                "label",
                "From package",
                tuple(
                    Option(
                        value=goods.label,
                        words=f"…{goods.label[-8:]} {goods.item_name}, free: "
                        f"{quantity(goods.free, goods.unit).text()}",
                    )
                    for goods in order.free_goods
                ),
                hint="Released packages of the order's items, oldest certificate first.",
            ),
            number_field("allocated_quantity", "How much"),
            scan_field("split_label", "Tag of the split", tags, is_optional=True),
        ),
    )


def _allocate(opened: Opened, said: dict[str, Any]) -> str:
    allocate(**opened.who(), **said | {"order_line_id": int(said["order_line_id"])})
    return f"orders/{opened.subject}/"


def _split(opened: Opened) -> Sheet:
    order = _order(opened)
    open_ones = [
        allocation
        for line in order.lines
        for allocation in line.allocations
        if allocation.split_label and not allocation.is_split_made and not allocation.withdrawn_at
    ]
    return Sheet(
        title=f"Split off the goods of order {order.row.number}",
        sentence="Drafts the packages in METRC; somebody else approves before anything is sent.",
        facts=(
            *_facts(order),
            *(
                (
                    f"…{one.split_label[-8:]}",
                    f"{quantity(one.quantity, one.unit).text()} out of …{one.label[-8:]}",
                )
                for one in open_ones
            ),
        ),
        why_not="" if open_ones else "Every promised part is split off already, or names no tag.",
        fields=(reason_field(f"Splits for order {order.row.number}"),),
    )


def _draft_splits(opened: Opened, said: dict[str, Any]) -> str:
    ids = draft_many(
        **opened.who(),
        kind="package.create",
        facts=split_facts(**opened.seen(), order_id=opened.number, now=opened.now),
        reason=said["reason"],
        order_id=opened.number,
    )
    return f"actions/{ids[0]}/" if len(ids) == 1 else "actions/"


def _cancel_sheet(opened: Opened) -> Sheet:
    order = _order(opened)
    return Sheet(
        title=f"Cancel order {order.row.number}",
        sentence="Every promise of the order is taken back.",
        facts=_facts(order),
        fields=(Field(name="because", label="Why", kind=FieldKind.LONG),),
    )


def _withdrawal(opened: Opened) -> Sheet:
    order = _order(opened)
    live = [
        (line, one) for line in order.lines for one in line.allocations if one.withdrawn_at is None
    ]
    return Sheet(
        title=f"Take a promise back from order {order.row.number}",
        sentence="The goods are free again; the promise stays in the history with the reason.",
        facts=_facts(order),
        why_not="" if live else "Nothing is promised to this order.",
        fields=(
            choice_field(
                "allocation_id",
                "Promise",
                tuple(
                    Option(
                        value=str(one.id),
                        words=f"{quantity(one.quantity, one.unit).text()} of {line.item_name}, "
                        f"…{one.label[-8:]}",
                    )
                    for line, one in live
                ),
            ),
            Field(name="because", label="Why", kind=FieldKind.LONG),
        ),
    )


def _withdraw(opened: Opened, said: dict[str, Any]) -> str:
    withdraw_allocation(**opened.who(), **said | {"allocation_id": int(said["allocation_id"])})
    return f"orders/{opened.subject}/"


NEW_ORDER = WorkForm(
    button="Draft the order",
    done="The order is drafted.",
    nav="orders",
    permission=Permission.ORDER_DRAFT,
    sheet=_new,
    do=_draft,
)
ALLOCATION = WorkForm(
    button="Promise it",
    done="The goods are promised.",
    nav="orders",
    permission=Permission.ORDER_DRAFT,
    sheet=_allocation,
    do=_allocate,
)
ORDER_SPLIT = WorkForm(
    button="Draft the splits",
    done="The splits are drafted.",
    nav="orders",
    permission=Permission.ACTION_DRAFT,
    sheet=_split,
    do=_draft_splits,
)
ORDER_CANCELLATION = WorkForm(
    button="Cancel the order",
    done="The order is cancelled.",
    nav="orders",
    permission=Permission.ORDER_CONFIRM,
    sheet=_cancel_sheet,
    do=done_about(cancel_order, "order_id", "orders"),
)
WITHDRAWAL = WorkForm(
    button="Take it back",
    done="The promise is taken back.",
    nav="orders",
    permission=Permission.ORDER_DRAFT,
    sheet=_withdrawal,
    do=_withdraw,
)
