"""Take promised goods back: one allocation, or all of a package that may not be sold any more."""

from __future__ import annotations

from datetime import datetime

from django.db import connection
from django.db.models import Q

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.lab import QaReview, QaVerdict
from glassbox.models.packages import Package
from glassbox.models.transfers import Allocation
from glassbox.operations.transaction import operation
from glassbox.rules.actor import Actor
from glassbox.rules.package_state import GONE, LocalState
from glassbox.rules.permissions import Permission
from glassbox.rules.verdicts import InvalidInput, NotFound


@operation
def withdraw_allocation(
    *, actor: Actor, license_id: int, allocation_id: int, because: str, now: datetime
) -> None:
    """Take one allocation back, with a reason.

    :raises NotFound: if there is no such live allocation here
    :raises InvalidInput: if its goods left; then a return brings them back
    """
    access.require(actor, Permission.ORDER_DRAFT, license_id=license_id)
    if not because.strip():
        raise InvalidInput(field="reason", value=because, way_out="Say why it is withdrawn.")
    allocation = (
        Allocation.objects.select_for_update(of=("self",))
        .select_related("package", "order_line")
        .filter(license_id=license_id, id=allocation_id, withdrawn_at__isnull=True)
        .first()
    )
    if allocation is None:
        raise NotFound("There is no such allocation here.")
    if _has_left(license_id, allocation.split_label or allocation.package.label):
        raise InvalidInput(
            field="allocation",
            value=allocation.split_label or allocation.package.label,
            way_out="The goods left for the buyer. Only a return or a recall brings them back.",
        )
    withdraw_in_transaction(actor=actor, allocation=allocation, because=because.strip(), now=now)


def withdraw_allocations_of_package_in_transaction(
    *, actor: Actor, package: Package, because: str, now: datetime
) -> int:
    """Take back everything promised of a package, or of what was split from it for an order.

    What left for its buyer is no promise any more, and stays sold.
    """
    if package.local_state in GONE:
        return 0
    allocations = (
        Allocation.objects.select_for_update(of=("self",))
        .select_related("package", "order_line")
        .filter(license_id=package.license_id, withdrawn_at__isnull=True)
        .filter(Q(package=package, split_label="") | Q(split_label=package.label))
    )
    for allocation in allocations:
        withdraw_in_transaction(actor=actor, allocation=allocation, because=because, now=now)
    return len(allocations)


def _has_left(license_id: int, label: str) -> bool:
    return Package.objects.filter(license_id=license_id, label=label, local_state__in=GONE).exists()


def withdraw_in_transaction(
    *, actor: Actor, allocation: Allocation, because: str, now: datetime
) -> None:
    """End a locked allocation; its package is sellable again if its release still stands."""
    assert connection.in_atomic_block, "an allocation ends with what ended it"
    allocation.withdrawn_at, allocation.withdrawn_because = now, because
    allocation.save(update_fields=["withdrawn_at", "withdrawn_because"])
    package = allocation.package
    is_promised = Allocation.objects.filter(package=package, withdrawn_at__isnull=True).exists()
    is_released = QaReview.objects.filter(
        package=package, verdict=QaVerdict.RELEASED, revoked_at__isnull=True
    ).exists()
    if package.local_state == LocalState.ALLOCATED and is_released and not is_promised:
        package.local_state = LocalState.QA_RELEASED
        package.save(update_fields=["local_state"])
    ledger.append(
        type=EventType.ALLOCATION_WITHDRAWN,
        subject=f"order:{allocation.order_line.order_id}",
        actor=actor,
        reason=because,
        body={
            "allocation": allocation.pk,
            "label": allocation.split_label or package.label,
            "quantity": str(allocation.quantity),
        },
        now=now,
    )
