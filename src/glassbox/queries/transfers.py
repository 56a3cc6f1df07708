"""Incoming and outgoing transfers: the list, and one transfer with its packages and gate checks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, F, Q, QuerySet, Sum

from glassbox import access
from glassbox.models.actions import GateCheck, RegulatedAction
from glassbox.models.transfers import Transfer, TransferPackage, TransferState
from glassbox.queries.cursors import Chapter, chapter_ids, in_order
from glassbox.rules.actor import Actor
from glassbox.rules.verdicts import NotFound

ROWS_AT_MOST = 200
# What has no time to leave yet is still to be planned: it stands first.
NEWEST_FIRST = (F("departs_at").desc(nulls_first=True), F("opened_at").desc())

UNDER_WAY = (TransferState.REGISTERED, TransferState.DEPARTED)
OPEN_STATES = (
    TransferState.PLANNED,
    TransferState.RELEASED,
    TransferState.TEMPLATE_STORED,
    TransferState.REGISTERED,
    TransferState.DEPARTED,
)


@dataclass(frozen=True, kw_only=True)
class TransferRow:
    """One delivery in a list."""

    id: int
    license_id: int
    license_number: str
    direction: str
    state: str
    transfer_type: str
    manifest_number: str
    template_name: str
    shipper: str
    shipper_license_number: str
    receiver: str
    receiver_license_number: str
    package_count: int
    rejected_count: int
    wholesale_total: Decimal | None
    departs_at: datetime | None
    arrives_at: datetime | None
    departed_at: datetime | None
    received_at: datetime | None
    opened_at: datetime
    seen_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class TransferPackageRow:
    """One package of a delivery: shipped, found by us, received according to METRC."""

    id: int
    label: str
    item_name: str
    shipped_quantity: Decimal | None
    found_quantity: Decimal | None
    received_quantity: Decimal | None
    unit: str
    wholesale_price: Decimal | None
    shipment_state: str
    verdict: str
    verdict_reason: str
    found_by: str


@dataclass(frozen=True, kw_only=True)
class GateCheckRow:
    """What the gates said of a transfer at one moment."""

    checked_at: datetime
    checked_by: str
    is_blocked: bool
    findings: tuple[dict[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class TransferActionRow:
    """One regulated action that belongs to a transfer."""

    id: int
    kind: str
    state: str
    effect_sentence: str


@dataclass(frozen=True, kw_only=True)
class TransferPage:
    """All that the page of one transfer shows."""

    row: TransferRow
    packages: tuple[TransferPackageRow, ...]
    gate_checks: tuple[GateCheckRow, ...]
    actions: tuple[TransferActionRow, ...]
    driver: str
    vehicle: str
    planned_route: str
    invoice_number: str
    order_id: int | None
    order_number: str
    planned_by: str


def is_late(now: datetime) -> Q:
    """Return the condition on a delivery that it is past the time it was to arrive."""
    return Q(state__in=UNDER_WAY, received_at__isnull=True, arrives_at__lt=now)


def transfer_rows(
    *,
    actor: Actor,
    license_ids: tuple[int, ...],
    direction: str,
    open_only: bool,
    late_at: datetime | None = None,
) -> tuple[TransferRow, ...]:
    """Return the newest 200 deliveries of one direction; with `late_at` those late at that time."""
    with access.reading(actor):
        rows = _rows(license_ids).filter(direction=direction)
        if late_at is not None:
            rows = rows.filter(is_late(late_at))
        elif open_only:
            rows = rows.filter(state__in=OPEN_STATES)
        return tuple(_row(transfer) for transfer in rows.order_by(*NEWEST_FIRST)[:ROWS_AT_MOST])


def transfer_chapter(
    *, actor: Actor, license_id: int, direction: str, open_only: bool, cursor: str
) -> Chapter[TransferRow]:
    """Return the next 100 deliveries of a licence, the one we knew of last first.

    :raises InvalidInput: if `cursor` is no place in a list
    """
    with access.reading(actor, license_id=license_id):
        found = Transfer.objects.filter(license_id=license_id)
        if direction:
            found = found.filter(direction=direction)
        if open_only:
            found = found.filter(state__in=OPEN_STATES)
        part = chapter_ids(found, cursor)
        return Chapter(rows=in_order(part.rows, rows_of(part.rows)), next=part.next)


def rows_of(transfer_ids: tuple[int, ...]) -> tuple[TransferRow, ...]:
    """Return some deliveries, the newest first, inside a read transaction that sees them."""
    rows = _counted(Transfer.objects.filter(id__in=transfer_ids))
    return tuple(_row(transfer) for transfer in rows.order_by(*NEWEST_FIRST))


def transfer_page(*, actor: Actor, license_ids: tuple[int, ...], transfer_id: int) -> TransferPage:
    """Return one transfer.

    :raises NotFound: if none of these licences has it
    """
    with access.reading(actor):
        transfer = (
            _rows(license_ids)
            .select_related("driver", "vehicle", "order", "planned_by")
            .filter(id=transfer_id)
            .first()
        )
        if transfer is None:
            raise NotFound("There is no such transfer here.")
        packages = TransferPackage.objects.filter(transfer=transfer).select_related("found_by")
        checks = GateCheck.objects.filter(transfer=transfer).select_related("checked_by")
        actions = RegulatedAction.objects.filter(transfer=transfer)
        return TransferPage(
            row=_row(transfer),
            packages=tuple(_package_row(package) for package in packages.order_by("label")),
            gate_checks=tuple(_check_row(check) for check in checks.order_by("-checked_at")[:20]),
            actions=tuple(_action_row(action) for action in actions.order_by("drafted_at")),
            driver=transfer.driver.name if transfer.driver else "",
            vehicle=str(transfer.vehicle.plate) if transfer.vehicle else "",
            planned_route=transfer.planned_route,
            invoice_number=transfer.invoice_number,
            order_id=transfer.order_id,
            order_number=transfer.order.number if transfer.order else "",
            planned_by=transfer.planned_by.name if transfer.planned_by else "",
        )


def _rows(license_ids: tuple[int, ...]) -> QuerySet[Transfer]:
    return _counted(Transfer.objects.filter(license_id__in=license_ids))


def _counted(transfers: QuerySet[Transfer]) -> QuerySet[Transfer]:
    return transfers.select_related("license").annotate(
        package_count=Count("packages"),
        rejected_count=Count(
            "packages", filter=Q(packages__shipment_state__in=["Rejected", "Returned"])
        ),
        wholesale_total=Sum("packages__wholesale_price"),
    )


def _row(transfer: Transfer) -> TransferRow:
    counted = transfer.__dict__
    return TransferRow(
        id=transfer.pk,
        license_id=transfer.license_id,
        license_number=transfer.license.number,
        direction=transfer.direction,
        state=transfer.state,
        transfer_type=transfer.transfer_type,
        manifest_number=transfer.manifest_number,
        template_name=transfer.template_name,
        shipper=transfer.shipper_name,
        shipper_license_number=transfer.shipper_license_number,
        receiver=transfer.receiver_name,
        receiver_license_number=transfer.receiver_license_number,
        package_count=counted["package_count"],
        rejected_count=counted["rejected_count"],
        wholesale_total=counted["wholesale_total"],
        departs_at=transfer.departs_at,
        arrives_at=transfer.arrives_at,
        departed_at=transfer.departed_at,
        received_at=transfer.received_at,
        opened_at=transfer.opened_at,
        seen_at=transfer.seen_at,
    )


def _package_row(package: TransferPackage) -> TransferPackageRow:
    return TransferPackageRow(
        id=package.pk,
        label=package.label,
        item_name=package.item_name,
        shipped_quantity=package.shipped_quantity,
        found_quantity=package.found_quantity,
        received_quantity=package.received_quantity,
        unit=package.unit,
        wholesale_price=package.wholesale_price,
        shipment_state=package.shipment_state,
        verdict=package.verdict,
        verdict_reason=package.verdict_reason,
        found_by=package.found_by.name if package.found_by else "",
    )


def _check_row(check: GateCheck) -> GateCheckRow:
    return GateCheckRow(
        checked_at=check.checked_at,
        checked_by=check.checked_by.name if check.checked_by else "Glassbox",
        is_blocked=check.is_blocked,
        findings=tuple(check.findings),
    )


def _action_row(action: RegulatedAction) -> TransferActionRow:
    return TransferActionRow(
        id=action.pk,
        kind=action.kind,
        state=action.state,
        effect_sentence=action.effect_sentence,
    )
