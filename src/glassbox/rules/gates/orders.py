"""OrderFacts and every rule that can stop an allocation or the confirming of an order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from glassbox.rules.clocks import certificate_limit
from glassbox.rules.gates import Gate
from glassbox.rules.gates.facts import GateFacts, LicenseFacts
from glassbox.rules.gates.packages import (
    package_is_active,
    package_is_not_held_by_state,
    package_is_not_held_by_us,
    package_is_ours,
)
from glassbox.rules.quantities import Quantity
from glassbox.rules.rule_lines import threshold
from glassbox.rules.verdicts import Finding


@dataclass(frozen=True, kw_only=True)
class AllocationFacts:
    """Hold one wish for part of one package, beside its PackageFacts.

    `allocated_elsewhere` is what other live allocations already claim of the package.
    """

    label: str
    wanted: Quantity
    allocated_elsewhere: Quantity
    is_released: bool
    certificate_issued_on: date | None
    metrc_result_expires_on: date | None = None
    expires_on: date | None = None
    unit_price: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class OrderFacts(GateFacts):
    """Hold one order. `delivery_date` is the planned day at the buyer (scenario S10)."""

    order_number: str
    buyer: LicenseFacts
    delivery_date: date
    allocations: tuple[AllocationFacts, ...]


def buyer_may_buy(facts: OrderFacts) -> Iterator[Finding]:
    """Block a buyer who is not active or cannot sell on (G1)."""
    if not facts.buyer.is_active:
        yield from facts.broken(
            "CA-LIC-11",
            code="order.buyer-inactive",
            subject=facts.buyer.number,
            message=f"The buyer's licence {facts.buyer.number} is not active.",
            fix="Check the licence with DCC; do not sell until it is active.",
        )
    if facts.buyer.kind not in ("RETAIL", "MICROBUSINESS", "DISTRIBUTION"):
        yield from facts.broken(
            "G1",
            code="order.buyer-kind",
            subject=facts.buyer.number,
            message=f"{facts.buyer.number}, a {facts.buyer.kind.lower()} licence, cannot buy "
            "finished goods.",
            fix="Choose a retailer, microbusiness or distributor.",
        )


def only_released_goods(facts: OrderFacts) -> Iterator[Finding]:
    """Block allocating goods quality has not released; a reservation may name them."""
    for wish in facts.allocations:
        if not wish.is_released:
            yield from facts.broken(
                "QA-RELEASE",
                code="order.not-released",
                subject=wish.label,
                message=f"{wish.label} is not released by quality.",
                fix="Choose a released package, or only reserve this one.",
            )


def enough_is_free(facts: OrderFacts) -> Iterator[Finding]:
    """Block allocating more than METRC shows, net of other allocations."""
    by_label = {package.label: package.metrc for package in facts.packages}
    for wish in facts.allocations:
        metrc = by_label.get(wish.label)
        if metrc is None:
            continue
        free = metrc.quantity - wish.allocated_elsewhere
        if wish.wanted <= free:
            continue
        yield from facts.broken(
            "OR-FREE",
            code="order.not-enough",
            subject=wish.label,
            message=f"{wish.wanted.text()} of {wish.label} are wanted; {free.text()} are free "
            f"({metrc.quantity.text()} less {wish.allocated_elsewhere.text()} allocated).",
            fix="Allocate less, or add another package.",
        )


def certificate_lasts_until_delivery(facts: OrderFacts) -> Iterator[Finding]:
    """Block goods whose certificate is 12 months old on the delivery day (CA-BT-21)."""
    months = int(threshold(facts.rules, "CA-BT-21", "months"))
    for wish in facts.allocations:
        if wish.certificate_issued_on is None:
            message = f"{wish.label} has no certificate of analysis."
        else:
            limit = certificate_limit(
                wish.certificate_issued_on,
                metrc_expires_on=wish.metrc_result_expires_on,
                months=months,
            )
            if facts.delivery_date < limit:
                continue
            message = (
                f"The certificate of {wish.label} must be less than {months} months old on "
                f"delivery; it reaches its limit on {limit.isoformat()}, delivery is on "
                f"{facts.delivery_date.isoformat()}."
            )
        yield from facts.broken(
            "CA-BT-21",
            code="order.certificate-too-old",
            subject=wish.label,
            message=message,
            fix="Deliver earlier, choose another package, or test the batch again.",
        )


def goods_outlast_delivery(facts: OrderFacts) -> Iterator[Finding]:
    """Block goods whose printed date passes before the planned shelf days are over (CA-LB-11)."""
    shelf_days = int(threshold(facts.rules, "CA-LB-11", "shelf_days"))
    for wish in facts.allocations:
        if wish.expires_on is None:
            continue
        left = (wish.expires_on - facts.delivery_date).days
        if left < shelf_days:
            yield from facts.broken(
                "CA-LB-11",
                code="order.expires-too-soon",
                subject=wish.label,
                message=f"{wish.label} expires on {wish.expires_on.isoformat()}, {left} days after "
                f"delivery; {shelf_days} are asked for.",
                fix="Choose a package that keeps longer.",
            )


def prices_are_there(facts: OrderFacts) -> Iterator[Finding]:
    """Block confirming without a price: the manifest will need one for each package (CA-MF-10)."""
    for wish in facts.allocations:
        if wish.unit_price is None or wish.unit_price < 0:
            yield from facts.broken(
                "CA-MF-10",
                code="order.no-price",
                subject=wish.label,
                message=f"{wish.label} has no price.",
                fix="Give the price of one unit.",
            )


def package_price(units: Quantity, unit_price: Decimal) -> Decimal:
    """Return the price of a whole package in US dollars, to the cent (corrections 6)."""
    return (units.value * unit_price).quantize(Decimal("0.01"))


ORDER_GATES: tuple[Gate[OrderFacts], ...] = (
    buyer_may_buy,
    package_is_ours,
    package_is_active,
    package_is_not_held_by_state,
    package_is_not_held_by_us,
    only_released_goods,
    enough_is_free,
    certificate_lasts_until_delivery,
    goods_outlast_delivery,
    prices_are_there,
)
