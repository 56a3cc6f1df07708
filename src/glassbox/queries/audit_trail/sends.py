"""What the ledger tells of every send to METRC: its intent, and what became of each try."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from glassbox import access
from glassbox.audit.event_types import EventType
from glassbox.audit.models import ComplianceEvent
from glassbox.models.companies import License
from glassbox.rules.actor import Actor

# What may be said of a try after it was claimed.
OUTCOMES = (
    EventType.ACTION_ANSWERED,
    EventType.ACTION_ANSWER_LOST,
    EventType.ACTION_NOT_PROCESSED,
    EventType.ACTION_LOOKED_UP,
    EventType.ACTION_REQUEUED,
    EventType.ACTION_BLOCKED,
    EventType.ACTION_ACCEPTED,
    EventType.ACTION_REJECTED,
    EventType.ACTION_WITHDRAWN,
)


@dataclass(kw_only=True)
class ToldSend:
    """One try to send as the ledger tells it: where, which bytes, and every outcome in order.

    An outcome is its event type and the status of the answer it rests on, if one came.
    """

    license_number: str
    action_id: int
    attempt: int
    endpoint: str
    request_sha256: str
    outcomes: list[tuple[str, int | None]] = field(default_factory=list)


def told_sends(*, actor: Actor) -> tuple[ToldSend, ...]:
    """Return every send that the ledger of the readable licences tells of, oldest first."""
    with access.reading(actor):
        found: list[ToldSend] = []
        for license in License.objects.order_by("id"):
            events = ComplianceEvent.objects.filter(
                license_id=license.pk, type__in=[EventType.ACTION_CLAIMED, *OUTCOMES]
            ).order_by("ts", "event_id")
            found += _sends_of(license.number, events.iterator())
        return tuple(found)


def _sends_of(number: str, events: Iterable[ComplianceEvent]) -> list[ToldSend]:
    sends: list[ToldSend] = []
    open_sends: dict[int, ToldSend] = {}
    for event in events:
        record = event.record
        action_id = record["intent_id"]
        if event.type == EventType.ACTION_CLAIMED:
            open_sends[action_id] = ToldSend(
                license_number=number,
                action_id=action_id,
                attempt=record["body"]["attempt"],
                endpoint=record["endpoint"],
                request_sha256=record["req_sha256"],
            )
            sends.append(open_sends[action_id])
        elif action_id in open_sends:
            open_sends[action_id].outcomes.append((event.type, record["resp_status"]))
    return sends
