"""Follow deliveries by what METRC shows: events, orders on their way, returns that are pending."""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.audit.models import ComplianceEvent
from glassbox.models.companies import License
from glassbox.models.transfers import (
    Order,
    OrderState,
    Transfer,
    TransferDirection,
    TransferPackage,
    TransferState,
)
from glassbox.operations.exception_cases import (
    close_cases_in_transaction,
    open_case_in_transaction,
)
from glassbox.rules.actor import Actor
from glassbox.rules.exception_policy import CaseClass, case_for

SEEN_IN_METRC = (
    TransferState.REGISTERED,
    TransferState.DEPARTED,
    TransferState.RECEIVED,
    TransferState.PARTLY_REJECTED,
    TransferState.VOIDED,
)
ARRIVED = (TransferState.RECEIVED, TransferState.PARTLY_REJECTED)
ON_THE_WAY = (TransferState.DEPARTED, *ARRIVED)


def follow_transfers_in_transaction(*, actor: Actor, license: License, now: datetime) -> None:
    """Write down every change of a delivery that METRC showed since the last time."""
    assert connection.in_atomic_block, "deliveries are followed with what the sync stored"
    transfers = list(Transfer.objects.filter(license=license, state__in=SEEN_IN_METRC))
    known = _followed_states(license.pk)
    for transfer in sorted(transfers, key=lambda one: one.pk):
        before = known.get(f"transfer:{transfer.pk}", "")
        if before == transfer.state:
            continue
        ledger.append(
            type=EventType.TRANSFER_FOLLOWED,
            subject=f"transfer:{transfer.pk}",
            actor=actor,
            reason=f"METRC shows manifest {transfer.manifest_number} as "
            f"{transfer.state.replace('_', ' ').lower()}",
            body={"manifest": transfer.manifest_number},
            state_before=before,
            state_after=transfer.state,
            now=now,
        )
    _follow_orders(actor, license, now)
    _follow_returns(actor, license, now)


def _followed_states(license_id: int) -> dict[str, str]:
    events = ComplianceEvent.objects.filter(
        license_id=license_id, type=EventType.TRANSFER_FOLLOWED
    ).order_by("ts", "event_id")
    return {
        subject: record["new_state"] for subject, record in events.values_list("subject", "record")
    }


def _follow_orders(actor: Actor, license: License, now: datetime) -> None:
    """An order has left with its first manifest, and is delivered when all have arrived."""
    open_orders = Order.objects.select_for_update().filter(
        license=license, state__in=[OrderState.CONFIRMED, OrderState.DISPATCHED]
    )
    for order in open_orders.order_by("id"):
        states = set(
            order.transfers.exclude(
                state__in=[TransferState.CANCELLED, TransferState.VOIDED]
            ).values_list("state", flat=True)
        )
        reached = None
        if states and states <= set(ARRIVED):
            reached = OrderState.DELIVERED
        elif states & set(ON_THE_WAY):
            reached = OrderState.DISPATCHED
        if reached is None or reached == order.state:
            continue
        before, order.state = order.state, reached
        order.save(update_fields=["state"])
        ledger.append(
            type=EventType.ORDER_FOLLOWED,
            subject=f"order:{order.pk}",
            actor=actor,
            reason=f"METRC shows order {order.number} as {reached.lower()}",
            state_before=before,
            state_after=order.state,
            now=now,
        )


def _follow_returns(actor: Actor, license: License, now: datetime) -> None:
    """Rejected goods are a case until the shipper has received them back (CA-MF-08)."""
    rejected = TransferPackage.objects.filter(
        license=license, shipment_state="Rejected"
    ).select_related("transfer")
    for package in rejected.order_by("id"):
        transfer = package.transfer
        theirs = transfer.direction == TransferDirection.INCOMING
        who = transfer.shipper_license_number if theirs else "we"
        advice = case_for(
            CaseClass.RETURN_PENDING,
            fact_key=_return_key(package),
            title=f"{package.label}: rejected, return pending",
            what_happened=f"On manifest {transfer.manifest_number} the package was rejected whole"
            f"{f' ({package.verdict_reason})' if package.verdict_reason else ''}; "
            f"{who} did not take it back in METRC yet.",
            found_at=now,
        )
        open_case_in_transaction(
            actor=actor, license=license, advice=advice, transfer_id=transfer.pk, now=now
        )
    returned = TransferPackage.objects.filter(license=license, shipment_state="Returned")
    close_cases_in_transaction(
        actor=actor,
        license=license,
        fact_keys={_return_key(package) for package in returned},
        because="METRC shows the package received back by its shipper",
        now=now,
    )


def _return_key(package: TransferPackage) -> str:
    return f"return-pending:{package.transfer_id}:{package.label}"
