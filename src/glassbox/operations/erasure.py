"""Erasing a text that an event only committed to: the right to be forgotten, with proofs intact."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.audit.models import AuditOpening
from glassbox.operations.transaction import operation
from glassbox.rules.actor import Actor
from glassbox.rules.permissions import Permission
from glassbox.rules.verdicts import NotFound


@operation
def erase_text(
    *, actor: Actor, license_id: int, event_id: UUID, field: str, reason: str, now: datetime
) -> None:
    """Erase the reason or the name that one event committed to; the event itself stays.

    :raises NotFound: if this licence has no such event, or its text is gone already
    """
    access.require(actor, Permission.AUDIT_ERASE, license_id=license_id)
    found = AuditOpening.objects.filter(
        event_id=event_id, field=field, event__license_id=license_id
    ).exists()
    if not found:
        raise NotFound(f"Event {event_id} of this licence has no text {field!r} to erase.")
    ledger.append(
        type=EventType.OPENING_ERASED,
        subject=f"event:{event_id}",
        actor=actor,
        reason=reason,
        body={"field": field},
        now=now,
    )
    ledger.erase_opening(event_id, field)
