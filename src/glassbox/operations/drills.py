"""Restore drills: each licence's ledger tells that one began, and how it ended."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.operations.transaction import operation
from glassbox.queries.drills import SUBJECT
from glassbox.rules.actor import Actor
from glassbox.rules.permissions import Permission


def begin_drill(*, actor: Actor, now: datetime) -> None:
    """Write into the ledger of each licence that a drill began: what was lost would be all of it."""
    for license_id in access.license_ids_of(actor):
        tell_drill(
            actor=actor,
            license_id=license_id,
            type=EventType.DRILL_BEGAN,
            reason="A backup is restored in scratch",
            body={},
            now=now,
        )


def end_drill(*, actor: Actor, reason: str, body: dict[str, Any], now: datetime) -> None:
    """Write into the ledger of each licence how a drill ended, with the seconds of each step."""
    for license_id in access.license_ids_of(actor):
        tell_drill(
            actor=actor,
            license_id=license_id,
            type=EventType.DRILL_ENDED,
            reason=reason,
            body=body,
            now=now,
        )


@operation
def tell_drill(
    *,
    actor: Actor,
    license_id: int,
    type: EventType,
    reason: str,
    body: dict[str, Any],
    now: datetime,
) -> None:
    """Write one event about a drill into the ledger of one licence."""
    access.require(actor, Permission.SYNC_RUN, license_id=license_id)
    ledger.append(type=type, subject=SUBJECT, actor=actor, reason=reason, body=body, now=now)
