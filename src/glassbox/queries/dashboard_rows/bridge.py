"""Between our two licences: sent by one, not yet taken in by the other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Sum

from glassbox.models.transfers import Transfer, TransferDirection, TransferPackage
from glassbox.queries.frame import Scope
from glassbox.queries.transfers import OPEN_STATES, TransferRow, rows_of


@dataclass(frozen=True, kw_only=True)
class Bridge:
    """The deliveries between our licences, what they hold by unit, and the oldest of them."""

    rows: tuple[TransferRow, ...]
    package_count: int
    amounts: tuple[tuple[Decimal, str], ...]
    oldest_at: datetime | None


def bridge(*, scope: Scope) -> Bridge:
    """Return what is on its way between our licences, inside a read transaction.

    One delivery stands in both licences' lists; the sender's row speaks for it.
    """
    ours = [badge.number for badge in scope.switch]
    between = Transfer.objects.filter(
        license_id__in=[badge.id for badge in scope.switch],
        direction=TransferDirection.OUTGOING,
        shipper_license_number__in=ours,
        receiver_license_number__in=ours,
        state__in=OPEN_STATES,
    )
    ids = tuple(between.values_list("id", flat=True))
    if not ids:
        return Bridge(rows=(), package_count=0, amounts=(), oldest_at=None)
    rows = rows_of(ids)
    amounts = (
        TransferPackage.objects.filter(transfer_id__in=ids, shipped_quantity__isnull=False)
        .values_list("unit")
        .annotate(total=Sum("shipped_quantity"))
        .order_by("unit")
    )
    return Bridge(
        rows=rows,
        package_count=sum(row.package_count for row in rows),
        amounts=tuple((total, unit) for unit, total in amounts),
        oldest_at=min(row.departed_at or row.opened_at for row in rows),
    )
