"""The gates of a stored action, asked at one moment, and the reading its pre-image holds."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from glassbox.models.actions import RegulatedAction
from glassbox.models.packages import PackageSnapshot
from glassbox.queries.actions.facts import action_facts
from glassbox.rules.action_kinds.reading import PackageSeen, Reading, field_texts
from glassbox.rules.action_kinds.registry import kind_named
from glassbox.rules.gates import run_gates
from glassbox.rules.gates.actions import Moment
from glassbox.rules.quantities import quantity
from glassbox.rules.verdicts import Finding


def gates_of(
    action: RegulatedAction, moment: Moment, *, approver_id: int | None, now: datetime
) -> tuple[Finding, ...]:
    """Ask every gate of an action's kind, inside the caller's transaction."""
    kind = kind_named(action.kind)
    # At the approval the approver binds to the content as it is; later the stored hash counts.
    approved = action.payload_sha256
    if moment is Moment.CLAIM:
        review = action.reviews.filter(verdict="APPROVED").order_by("-id").first()
        approved = review.payload_sha256 if review else ""
    facts = action_facts(
        action,
        moment,
        approver_id=approver_id,
        approved_sha256=approved if moment is not Moment.DRAFT else "",
        now=now,
    )
    return run_gates(kind.gates, facts)


def reading_from_json(value: Any) -> Reading | None:
    """Return a stored reading, or None if there is none."""
    return None if value is None else msgspec.convert(value, Reading, strict=False)


def preimage_of(action: RegulatedAction, now: datetime) -> Reading:
    """Return what stood in METRC before the action: read at its claim, or else as last synced."""
    stored = reading_from_json(action.preimage)
    if stored is not None:
        return stored
    snapshots = PackageSnapshot.objects.filter(
        license_id=action.license_id, package__label__in=action.labels, is_newest=True
    ).select_related("package")
    return Reading(
        read_at=now,
        packages={
            snapshot.package.label: PackageSeen(
                label=snapshot.package.label,
                quantity=quantity(snapshot.quantity, snapshot.unit),
                item_name=snapshot.item_name,
                location_name=snapshot.location_name,
                lab_testing_state=snapshot.lab_state,
                is_finished=snapshot.is_finished,
                last_modified_at=snapshot.last_modified_at,
                values=field_texts(snapshot.raw),
            )
            for snapshot in snapshots
        },
    )
