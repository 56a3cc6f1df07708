"""Transfers with their deliveries and packages, both directions, and stored templates."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.companies import License
from glassbox.models.transfers import (
    Transfer,
    TransferDirection,
    TransferPackage,
    TransferState,
)
from glassbox.operations.metrc_mapping import facility_moment, plain, transfer_state
from glassbox.operations.metrc_session import Session
from glassbox.operations.sync.batch import (
    UNREADABLE,
    Batch,
    ReadRow,
    check_length,
    row_of,
    sentence_of,
)
from glassbox.operations.sync.walk import Walk, finish_cursor, read_rows
from glassbox.operations.sync.windowed import WindowRead, read_in_windows
from glassbox.operations.transaction import short_transaction
from metrc_client import endpoints, shapes
from metrc_client.endpoint import Endpoint
from metrc_client.errors import NotThere, Unauthorized
from metrc_client.windows import Window

BEFORE_REGISTRATION = (
    TransferState.PLANNED,
    TransferState.RELEASED,
    TransferState.TEMPLATE_STORED,
)

FROM_METRC = (
    "item_name",
    "shipped_quantity",
    "received_quantity",
    "unit",
    "wholesale_price",
    "shipment_state",
    "raw",
    "seen_at",
    "api_request",
)


@dataclass(frozen=True, kw_only=True)
class SeenDelivery:
    """One delivery with its packages and prices, read whole, and the exchanges they came in."""

    api_request_id: int | None
    packages_request_id: int | None
    transfer: shapes.Transfer
    delivery: shapes.Delivery
    packages: tuple[shapes.DeliveryPackage, ...]
    prices: dict[str, Decimal | None]


@dataclass(frozen=True, kw_only=True)
class SeenTransfer:
    """One transfer row with its deliveries, or why they cannot be read."""

    row: ReadRow
    deliveries: tuple[SeenDelivery, ...] = ()
    problem: str = ""


def read_transfers(walk: Walk, name: str, endpoint: Endpoint, direction: TransferDirection) -> int:
    """Read the transfers that changed, with deliveries and packages; return how many deliveries."""
    read = 0

    def look(window: Window | None) -> tuple[SeenTransfer, ...]:
        rows = read_rows(walk, endpoint, window)
        return tuple(_read_transfer(walk, row) for row in _changed(walk, rows, direction))

    def keep(license: License, seen: tuple[SeenTransfer, ...], window: Window | None) -> int:
        nonlocal read
        read += len(seen)
        batch = walk.batch(license, name, tuple(one.row for one in seen if not one.problem))
        deliveries = {id(one.row): one.deliveries for one in seen}
        batch.store_each(lambda row: _store_transfer(batch, deliveries[id(row)], direction))
        for one in seen:
            if one.problem:
                batch.report_bad_row(one.row, one.problem)
        return batch.stored

    stored = read_in_windows(walk, WindowRead(feed=name, endpoint=endpoint, read=look, keep=keep))
    finish_cursor(walk, name, read)
    return stored


def _changed(
    walk: Walk, rows: tuple[ReadRow, ...], direction: TransferDirection
) -> tuple[ReadRow, ...]:
    """Leave out what we hold already: METRC moves a transfer's LastModified with every change.

    Each transfer left out saves one read, and two more for each of its deliveries.
    """
    ids = [row.raw.get("Id") for row in rows if isinstance(row.raw, dict)]
    with short_transaction(walk.license_id):
        known: dict[int, list[object]] = {}
        for metrc_id, raw in Transfer.objects.filter(
            license_id=walk.license_id,
            direction=direction,
            metrc_transfer_id__in=[one for one in ids if isinstance(one, int)],
        ).values_list("metrc_transfer_id", "raw__transfer"):
            known.setdefault(metrc_id or 0, []).append(raw)
    return tuple(
        row
        for row in rows
        if not isinstance(row.raw, dict)
        or row.raw.get("Id") not in known
        or any(raw != plain(row.raw) for raw in known[row.raw["Id"]])
    )


def _read_transfer(walk: Walk, row: ReadRow) -> SeenTransfer:
    try:
        row_of(row, "transfer")
        return SeenTransfer(row=row, deliveries=read_deliveries(walk.session, row))
    except UNREADABLE as problem:
        return SeenTransfer(row=row, problem=sentence_of(problem, row.raw))
    except Unauthorized as refusal:
        if not walk.session.key_is_alive():
            raise
        return SeenTransfer(row=row, problem=refusal.sentence)
    except NotThere as refusal:
        return SeenTransfer(row=row, problem=refusal.sentence)


def read_deliveries(session: Session, row: ReadRow) -> tuple[SeenDelivery, ...]:
    """Read the deliveries of one transfer and the packages of each (1 + N + N calls).

    :raises BadRow: if METRC sent a row that makes no sense
    :raises MetrcError: if a read failed; nothing is stored then
    """
    transfer = shapes.transfer(row.raw)
    found = []
    for raw in session.client.rows(endpoints.TRANSFER_DELIVERIES, path={"id": transfer.id}):
        delivery = shapes.delivery(raw)
        path: dict[str, object] = {"id": delivery.delivery_id}
        packages = session.client.rows(endpoints.DELIVERY_PACKAGES, path=path)
        packages_request_id = session.last_request_id
        wholesale = session.client.rows(endpoints.DELIVERY_PACKAGES_WHOLESALE, path=path)
        found.append(
            SeenDelivery(
                api_request_id=row.api_request_id,
                packages_request_id=packages_request_id,
                transfer=transfer,
                delivery=delivery,
                packages=tuple(shapes.delivery_package(package) for package in packages),
                prices={
                    price.label: price.wholesale_price
                    for price in (shapes.delivery_package(raw) for raw in wholesale)
                },
            )
        )
    return tuple(found)


def _store_transfer(
    batch: Batch, deliveries: tuple[SeenDelivery, ...], direction: TransferDirection
) -> None:
    for seen in deliveries:
        store_delivery(batch, seen, direction)
    batch.stored += len(deliveries)


def store_delivery(batch: Batch, seen: SeenDelivery, direction: TransferDirection) -> int:
    """Store one delivery as this licence sees it; our own counts and verdicts stay."""
    license, now = batch.license, batch.now
    transfer = _find(license, seen, direction) or Transfer(
        **batch.tenant,
        direction=direction,
        opened_at=now,
    )
    before = transfer.state
    transfer.state = transfer_state(
        is_voided=seen.transfer.is_voided, delivery=seen.delivery, packages=seen.packages
    )
    transfer.transfer_type = seen.delivery.shipment_type
    transfer.shipper_license_number = seen.transfer.shipper_license_number
    transfer.shipper_name = seen.transfer.shipper_name
    transfer.receiver_license_number = seen.delivery.recipient_license_number
    transfer.receiver_name = seen.delivery.recipient_name
    transfer.metrc_transfer_id = seen.transfer.id
    transfer.metrc_delivery_id = seen.delivery.delivery_id
    transfer.manifest_number = seen.transfer.manifest_number
    raw, zone = seen.delivery.raw, license.time_zone
    transfer.departs_at = facility_moment(raw.get("EstimatedDepartureDateTime"), zone)
    transfer.arrives_at = facility_moment(raw.get("EstimatedArrivalDateTime"), zone)
    transfer.departed_at = seen.delivery.departed_at
    transfer.received_at = seen.delivery.received_at
    transfer.seen_at = now
    transfer.api_request_id = seen.api_request_id
    transfer.raw = {"transfer": plain(seen.transfer.raw), "delivery": plain(seen.delivery.raw)}
    transfer.save()
    _store_delivery_packages(batch, transfer, seen)
    if transfer.state != before:
        _say_followed(batch, transfer, before)
    return transfer.pk


def _store_delivery_packages(batch: Batch, transfer: Transfer, seen: SeenDelivery) -> None:
    """Write what METRC says of each package of a delivery; what our people found stays."""
    rows = {}
    for package in seen.packages:
        check_length(f"Transfer {seen.transfer.id}", "PackageLabel", package.label, 40)
        rows[package.label] = TransferPackage(
            **batch.tenant,
            transfer=transfer,
            label=package.label,
            item_name=package.item_name,
            shipped_quantity=package.shipped_quantity,
            received_quantity=package.received_quantity,
            unit=package.unit,
            wholesale_price=seen.prices.get(package.label),
            shipment_state=package.shipment_state,
            raw=plain(package.raw),
            seen_at=batch.now,
            api_request_id=seen.packages_request_id,
        )
    TransferPackage.objects.bulk_create(
        rows.values(),
        update_conflicts=True,
        unique_fields=["transfer", "label"],
        update_fields=FROM_METRC,
    )


def _say_followed(batch: Batch, transfer: Transfer, before: str) -> None:
    ledger.append(
        type=EventType.TRANSFER_FOLLOWED,
        subject=f"transfer:{transfer.pk}",
        actor=batch.actor,
        reason=f"METRC shows manifest {transfer.manifest_number} as {transfer.state}",
        body={"manifest": transfer.manifest_number, "delivery": transfer.metrc_delivery_id},
        state_before=before,
        state_after=transfer.state,
        now=batch.now,
    )


def _find(license: License, seen: SeenDelivery, direction: TransferDirection) -> Transfer | None:
    known = Transfer.objects.filter(license=license, direction=direction)
    found = known.filter(metrc_delivery_id=seen.delivery.delivery_id).first()
    if found is not None or direction is TransferDirection.INCOMING:
        return found
    planned = known.filter(state__in=BEFORE_REGISTRATION, metrc_delivery_id__isnull=True)
    if seen.transfer.template_id:
        by_template = planned.filter(template_metrc_id=seen.transfer.template_id).first()
        if by_template is not None:
            return by_template
    # Somebody may have registered it without our template: the same goods to the same receiver.
    labels = {package.label for package in seen.packages}
    for candidate in planned.filter(receiver_license_number=seen.delivery.recipient_license_number):
        if set(candidate.packages.values_list("label", flat=True)) == labels:
            return candidate
    return None


def read_templates(walk: Walk, name: str) -> int:
    """Read stored templates, and note METRC's id of those that we asked for by name."""
    endpoint = endpoints.TEMPLATES_OUTGOING
    read = 0

    def keep(license: License, rows: tuple[ReadRow, ...], window: Window | None) -> int:
        nonlocal read
        read += len(rows)
        batch = walk.batch(license, name, rows)
        batch.store_each(lambda row: _follow_template(batch, row))
        return batch.stored

    stored = read_in_windows(
        walk,
        WindowRead(
            feed=name,
            endpoint=endpoint,
            read=lambda window: read_rows(walk, endpoint, window),
            keep=keep,
        ),
    )
    finish_cursor(walk, name, read)
    return stored


def _follow_template(batch: Batch, row: ReadRow) -> None:
    seen = shapes.named(row_of(row, "template"), "template")
    followed = Transfer.objects.filter(
        license=batch.license, template_name=seen.name, state__in=BEFORE_REGISTRATION
    ).exclude(template_metrc_id=seen.id, state=TransferState.TEMPLATE_STORED)
    for transfer in followed:
        before = transfer.state
        transfer.template_metrc_id, transfer.state = seen.id, TransferState.TEMPLATE_STORED
        transfer.save(update_fields=["template_metrc_id", "state"])
        if before != transfer.state:
            _say_followed(batch, transfer, before)
        batch.stored += 1
