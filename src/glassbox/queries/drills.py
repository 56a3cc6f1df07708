"""The last restore drill of a licence, out of its ledger; inside the caller's transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from glassbox.audit.event_types import EventType
from glassbox.audit.models import ComplianceEvent

SUBJECT = "drill"


@dataclass(frozen=True, kw_only=True)
class LastDrill:
    """When a backup was last restored for practice, how long that took, and the step that failed."""

    at: datetime
    failed_at: str
    seconds: Decimal
    event_id: str


def last_drill(license_id: int) -> LastDrill | None:
    """Return the newest drill that ended, well or not; None if there never was one."""
    events = ComplianceEvent.objects.filter(
        license_id=license_id, subject=SUBJECT, type=EventType.DRILL_ENDED
    )
    newest = events.order_by("-occurred_at").first()
    if newest is None:
        return None
    body = newest.record["body"]
    return LastDrill(
        at=newest.occurred_at,
        failed_at=body["failed_at"],
        seconds=sum((Decimal(part) for part in body["seconds"].values()), Decimal(0)),
        event_id=str(newest.event_id),
    )


def last_good_drill_at(license_id: int) -> datetime | None:
    """Return when a drill last ended well."""
    events = ComplianceEvent.objects.filter(
        license_id=license_id,
        subject=SUBJECT,
        type=EventType.DRILL_ENDED,
        record__body__failed_at="",
    )
    return events.order_by("-occurred_at").values_list("occurred_at", flat=True).first()
