"""Batches and deliveries that were under way when Glassbox came: what METRC knows of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from glassbox.models.packages import PackageSnapshot
from glassbox.models.production import Batch
from glassbox.models.transfers import Transfer, TransferState
from glassbox.rules.package_state import LocalState, PackageList

PROCESS = "taken over"
UNDER_WAY = (TransferState.REGISTERED, TransferState.DEPARTED)


@dataclass(frozen=True, kw_only=True)
class HalfDonePackage:
    """One open package of a batch, as METRC shows it."""

    label: str
    item_name: str
    quantity: Decimal
    unit: str
    snapshot_id: int


@dataclass(frozen=True, kw_only=True)
class HalfDoneBatch:
    """A batch with goods that are not yet in final form, and no record of ours."""

    number: str
    packages: tuple[HalfDonePackage, ...]


@dataclass(frozen=True, kw_only=True)
class OpenTransfer:
    """A delivery that METRC shows neither received nor voided."""

    id: int
    direction: str
    manifest_number: str
    other_name: str
    state: str
    arrives_at: datetime | None
    is_overdue: bool
    labels: tuple[str, ...]


def half_done_batches(license_id: int) -> tuple[HalfDoneBatch, ...]:
    """Return them inside the caller's transaction, by number; two statements."""
    ours = set(Batch.objects.filter(license_id=license_id).values_list("number", flat=True))
    rows = (
        PackageSnapshot.objects.filter(
            license_id=license_id,
            is_newest=True,
            is_finished=False,
            list_name__in=[PackageList.ACTIVE, PackageList.ON_HOLD],
            quantity__gt=0,
            package__local_state=LocalState.IN_PROCESS,
        )
        .exclude(package__production_batch_number="")
        .order_by("package__production_batch_number", "package__label")
        .values_list(
            "package__production_batch_number",
            "package__label",
            "item_name",
            "quantity",
            "unit",
            "id",
        )
    )
    found: dict[str, list[HalfDonePackage]] = {}
    for number, label, item_name, quantity, unit, snapshot_id in rows:
        if number not in ours:
            found.setdefault(number, []).append(
                HalfDonePackage(
                    label=label,
                    item_name=item_name,
                    quantity=quantity,
                    unit=unit,
                    snapshot_id=snapshot_id,
                )
            )
    return tuple(
        HalfDoneBatch(number=number, packages=tuple(packages)) for number, packages in found.items()
    )


def open_transfers(license_id: int, *, now: datetime) -> tuple[OpenTransfer, ...]:
    """Return them inside the caller's transaction, the most overdue first; two statements."""
    rows = (
        Transfer.objects.filter(license_id=license_id, state__in=UNDER_WAY)
        .prefetch_related("packages")
        .order_by("arrives_at", "id")
    )
    return tuple(
        OpenTransfer(
            id=row.pk,
            direction=row.direction,
            manifest_number=row.manifest_number,
            other_name=row.shipper_name if row.direction == "INCOMING" else row.receiver_name,
            state=row.state,
            arrives_at=row.arrives_at,
            is_overdue=row.arrives_at is not None and row.arrives_at < now,
            labels=tuple(sorted(package.label for package in row.packages.all())),
        )
        for row in rows
    )
