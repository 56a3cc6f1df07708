"""What the gates of an order look at, and how much of a package is promised already."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Q, Sum

from glassbox.models.companies import License
from glassbox.models.lab import QaReview, QaVerdict
from glassbox.models.packages import Package, PackageSnapshot
from glassbox.models.transfers import Allocation, Order
from glassbox.queries.gate_facts import counterparty_facts, license_facts, package_facts
from glassbox.queries.packages.rows import parse_metrc_date
from glassbox.queries.rule_packs import rules_for
from glassbox.rules.gates.orders import AllocationFacts, OrderFacts
from glassbox.rules.quantities import Quantity, quantity, sum_of


@dataclass(frozen=True, kw_only=True)
class Wish:
    """Part of one package wanted for a line of an order."""

    label: str
    wanted: Quantity
    unit_price: Decimal


def order_facts(
    *, license: License, order: Order, wishes: Iterable[Wish], now: datetime
) -> OrderFacts:
    """Return what the gates look at before goods are promised, inside the transaction."""
    wanted = tuple(wishes)
    return OrderFacts(
        acting=license_facts(license),
        packages=package_facts(license.pk, [wish.label for wish in wanted]),
        checked_at=now,
        rules=rules_for(license),
        order_number=order.number,
        buyer=counterparty_facts(license, order.buyer.license_number),
        delivery_date=order.delivery_date,
        allocations=tuple(_allocation_facts(license.pk, wish) for wish in wanted),
    )


def _allocation_facts(license_id: int, wish: Wish) -> AllocationFacts:
    release = (
        QaReview.objects.filter(
            license_id=license_id,
            package__label=wish.label,
            verdict=QaVerdict.RELEASED,
            revoked_at__isnull=True,
        )
        .select_related("certificate")
        .first()
    )
    newest = PackageSnapshot.objects.filter(
        license_id=license_id, package__label=wish.label, is_newest=True
    ).first()
    raw = newest.raw if newest else {}
    certificate = release.certificate if release else None
    return AllocationFacts(
        label=wish.label,
        wanted=wish.wanted,
        allocated_elsewhere=promised(license_id, wish.label, wish.wanted),
        is_released=release is not None,
        certificate_issued_on=certificate.issued_date if certificate else None,
        metrc_result_expires_on=parse_metrc_date(raw.get("LabTestResultExpirationDateTime")),
        expires_on=parse_metrc_date(raw.get("ExpirationDate")),
        unit_price=wish.unit_price,
    )


def promised(license_id: int, label: str, like: Quantity) -> Quantity:
    """Return how much of what lies in a package now is promised to orders.

    A promise counts against the package it was made of until its split is there; from then on
    METRC has taken it off that package, and it counts against the split.
    """
    live = Allocation.objects.filter(license_id=license_id, withdrawn_at__isnull=True)
    split = Package.objects.filter(license_id=license_id).values("label")
    rows = live.filter(
        Q(package__label=label) & ~Q(split_label__in=split) | Q(split_label=label)
    ).distinct()
    return sum_of((quantity(row.quantity, row.unit) for row in rows), unit=like.unit)


def allocated_on_line(order_line_id: int) -> Decimal:
    """Return how much of an order line is promised already."""
    live = Allocation.objects.filter(order_line_id=order_line_id, withdrawn_at__isnull=True)
    total: Decimal | None = live.aggregate(total=Sum("quantity"))["total"]
    return total or Decimal(0)
