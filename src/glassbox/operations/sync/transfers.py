"""Transfers with their deliveries and packages, both directions, and stored templates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from glassbox.models.companies import License
from glassbox.models.transfers import (
    Transfer,
    TransferDirection,
    TransferPackage,
    TransferState,
)
from glassbox.operations.metrc_mapping import plain, transfer_state
from glassbox.operations.metrc_session import Session
from glassbox.operations.sync.batch import ReadRow
from glassbox.operations.transaction import short_transaction
from metrc_client import endpoints, shapes

BEFORE_REGISTRATION = (
    TransferState.PLANNED,
    TransferState.RELEASED,
    TransferState.TEMPLATE_STORED,
)


@dataclass(frozen=True, kw_only=True)
class SeenDelivery:
    """One delivery with its packages and prices, read whole."""

    transfer: shapes.Transfer
    delivery: shapes.Delivery
    packages: tuple[shapes.DeliveryPackage, ...]
    prices: dict[str, Decimal | None]


def read_deliveries(session: Session, row: ReadRow) -> tuple[SeenDelivery, ...]:
    """Read the deliveries of one transfer and the packages of each (1 + N + N calls).

    :raises BadRow: if METRC sent a row that makes no sense
    :raises MetrcError: if a read failed; nothing is stored then
    """
    transfer = shapes.transfer(row.raw)
    found = []
    for raw in session.client.rows(endpoints.TRANSFER_DELIVERIES, path={"id": transfer.id}):
        delivery = shapes.delivery(raw)
        path = {"id": delivery.delivery_id}
        packages = session.client.rows(endpoints.DELIVERY_PACKAGES, path=path)
        wholesale = session.client.rows(endpoints.DELIVERY_PACKAGES_WHOLESALE, path=path)
        found.append(
            SeenDelivery(
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


def store_delivery(
    license: License, seen: SeenDelivery, direction: TransferDirection, now: datetime
) -> int:
    """Store one delivery as this licence sees it; our own counts and verdicts stay."""
    transfer = _find(license, seen, direction) or Transfer(
        company_id=license.company_id,
        license=license,
        direction=direction,
        opened_at=now,
    )
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
    transfer.departs_at = seen.delivery.departs_at
    transfer.arrives_at = seen.delivery.arrives_at
    transfer.departed_at = seen.delivery.departed_at
    transfer.received_at = seen.delivery.received_at
    transfer.seen_at = now
    transfer.raw = {"transfer": plain(seen.transfer.raw), "delivery": plain(seen.delivery.raw)}
    transfer.save()
    for package in seen.packages:
        TransferPackage.objects.update_or_create(
            transfer=transfer,
            label=package.label,
            defaults={
                "company_id": license.company_id,
                "license": license,
                "item_name": package.item_name,
                "shipped_quantity": package.shipped_quantity,
                "received_quantity": package.received_quantity,
                "unit": package.unit,
                "wholesale_price": seen.prices.get(package.label),
                "shipment_state": package.shipment_state,
                "raw": plain(package.raw),
                "seen_at": now,
            },
        )
    return transfer.pk


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


def follow_templates(license_id: int, rows: tuple[ReadRow, ...]) -> int:
    """Note METRC's id of templates that we asked for by name."""
    with short_transaction(license_id) as license:
        for row in rows:
            seen = shapes.named(row.raw, "template")
            Transfer.objects.filter(
                license=license, template_name=seen.name, state__in=BEFORE_REGISTRATION
            ).update(template_metrc_id=seen.id, state=TransferState.TEMPLATE_STORED)
    return len(rows)
