"""What stood in METRC and with us when an action was approved, to tell what people did since."""

from __future__ import annotations

from django.db.models import QuerySet

from glassbox.models.actions import RegulatedAction
from glassbox.models.packages import PackageSnapshot
from glassbox.queries.action_labels import naming
from glassbox.rules.action_kinds.kind import Booking
from glassbox.rules.action_kinds.reading import PackageSeen, Reading
from glassbox.rules.action_kinds.registry import kind_named
from glassbox.rules.action_lifecycle import ActionState
from glassbox.rules.by_hand import AsApproved
from glassbox.rules.quantities import quantity


def as_approved(action: RegulatedAction) -> AsApproved:
    """Return what stood when an action was approved, inside the caller's transaction."""
    approved_at = action.approved_at or action.drafted_at
    snapshots = (
        PackageSnapshot.objects.filter(
            license_id=action.license_id,
            package__label__in=action.labels,
            seen_at__lte=approved_at,
        )
        .select_related("package")
        .order_by("package_id", "-seen_at", "-id")
        .distinct("package_id")
    )
    reading = Reading(
        read_at=approved_at,
        packages={snapshot.package.label: _seen(snapshot) for snapshot in snapshots},
    )
    since = RegulatedAction.objects.filter(
        license_id=action.license_id, state=ActionState.ACCEPTED, settled_at__gte=approved_at
    ).exclude(id=action.pk)
    return AsApproved(
        approved_at=approved_at,
        reading=reading,
        changed_by_us=_share_a_lane(action, since),
        taken=_taken(action, since),
    )


def _seen(snapshot: PackageSnapshot) -> PackageSeen:
    return PackageSeen(
        label=snapshot.package.label,
        quantity=quantity(snapshot.quantity, snapshot.unit),
        item_name=snapshot.item_name,
        location_name=snapshot.location_name,
        lab_testing_state=snapshot.lab_state,
        is_finished=snapshot.is_finished,
        last_modified_at=snapshot.last_modified_at,
    )


def _share_a_lane(action: RegulatedAction, others: QuerySet[RegulatedAction]) -> bool:
    lanes = kind_named(action.kind).lanes(action.facts)
    return others.filter(lanes__key__in=lanes).exists()


def _taken(action: RegulatedAction, others: QuerySet[RegulatedAction]) -> tuple[Booking, ...]:
    """Return the adjustments by hand that other actions of this kind were accepted for."""
    by_hand = others.filter(
        naming([action.license_id], action.labels),
        kind=action.kind,
        evidence__by_hand__isnull=False,
    )
    kind = kind_named(action.kind)
    return tuple(
        booking for other in by_hand for booking in kind.expect(other.facts, None).bookings
    )
