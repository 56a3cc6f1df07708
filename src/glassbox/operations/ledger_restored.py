"""After a restore: tell the ledger which of its entries came back from a mirror."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.audit.reimport import BroughtBack
from glassbox.models.companies import License
from glassbox.operations.transaction import operation
from glassbox.rules.actor import Actor
from glassbox.rules.permissions import Permission


def tell_of_what_came_back(
    *, actor: Actor, back: Sequence[BroughtBack], because: str, now: datetime
) -> None:
    """Write one event in each licence whose log came back, with the numbers that did.

    The logs that belong to no licence are told of with each.
    """
    shared = [one for one in back if one.license_id is None]
    told_in = sorted({one.license_id for one in back if one.license_id is not None})
    if back and not told_in:
        told_in = list(License.objects.order_by("id").values_list("id", flat=True)[:1])
    for license_id in told_in:
        own = [one for one in back if one.license_id == license_id]
        tell_brought_back(
            actor=actor,
            license_id=license_id,
            logs=[*own, *shared],
            because=because,
            now=now,
        )


@operation
def tell_brought_back(
    *, actor: Actor, license_id: int, logs: Sequence[BroughtBack], because: str, now: datetime
) -> None:
    """Tell in one licence which numbers came back from a mirror, and that their texts did not."""
    access.require(actor, Permission.SYNC_RUN, license_id=license_id)
    ledger.append(
        type=EventType.LEDGER_BROUGHT_BACK,
        subject="ledger",
        actor=actor,
        reason=because,
        body={"logs": {one.origin: [one.first, one.size - 1] for one in logs}},
        now=now,
    )
