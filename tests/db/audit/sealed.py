"""A ledger with many events, numbered and signed: what the tests of proofs and tampering look at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.db import connection, transaction

from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.rules.actor import system_actor
from glassbox.runtime.postgres import ClusterUrls

ANA = system_actor("Ana")


@dataclass(frozen=True, kw_only=True)
class Sealed:
    """The addresses of the database, and the events that were written, oldest first."""

    urls: ClusterUrls
    event_ids: tuple[UUID, ...]


def write_events(
    count: int, *, license_id: int = 7, body: dict[str, object] | None = None
) -> list[UUID]:
    """Write events of one licence in one transaction; return their ids."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('app.license', %s, true), set_config('app.company', '1', true),"
                " set_config('app.licenses', %s, true), set_config('app.facility', 'X', true)",
                [str(license_id), str(license_id)],
            )
        return [
            ledger.append(
                type=EventType.CASE_OPENED,
                subject=f"case:{number}",
                actor=ANA,
                reason=f"Blue Dream counted short, naïve “{number}” <b>\u2028 & more",
                now=datetime.now(UTC),
                body=body or {"number": number},
            )
            for number in range(count)
        ]
