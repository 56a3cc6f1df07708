"""The last events of the ledger, with who did what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from glassbox.models.companies import License
from glassbox.queries.audit_trail.events import event_rows, events_of
from glassbox.queries.frame import Scope

EVENTS_SHOWN = 10


@dataclass(frozen=True, kw_only=True)
class LastEvent:
    """One event: what happened to what, by whom, and the first digits of its hash."""

    event_id: UUID
    type: str
    subject: str
    page: str
    actor_name: str
    license_number: str
    occurred_at: datetime
    leaf_sha256: str


def last_events(*, scope: Scope) -> tuple[LastEvent, ...]:
    """Return the last ten events of the licences in sight, inside a read transaction."""
    licenses = {one.pk: one for one in License.objects.filter(id__in=scope.license_ids)}
    newest = [
        event
        for license_id in licenses
        for event in events_of([license_id]).order_by("-occurred_at", "-event_id")[:EVENTS_SHOWN]
    ]
    newest.sort(key=lambda event: (event.occurred_at, event.event_id), reverse=True)
    return tuple(
        LastEvent(
            event_id=row.event_id,
            type=row.type,
            subject=row.subject,
            page=row.page,
            actor_name=row.actor_name,
            license_number=row.license_number,
            occurred_at=row.occurred_at,
            leaf_sha256=row.leaf_sha256,
        )
        for row in event_rows(newest[:EVENTS_SHOWN], licenses)
    )
