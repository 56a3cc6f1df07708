"""Whether the ledger moves: who of its processes is silent, and what stopped it."""

from __future__ import annotations

from django.db import connection

from glassbox import access
from glassbox.rules.actor import Actor

# Each process says every five seconds that it lives.
SILENT_AFTER_SECONDS = 30


def ledger_problem(*, actor: Actor) -> str:
    """Return why nothing regulated can be sent for the ledger's sake, or nothing.

    Meanwhile approvals wait; everything that is not sent to METRC goes on.
    """
    with access.reading(actor), connection.cursor() as cursor:
        cursor.execute(
            "SELECT sentence FROM audit_stops WHERE ended_at IS NULL ORDER BY id LIMIT 1"
        )
        if stop := cursor.fetchone():
            return f"The ledger stands still until a person has looked. {stop[0]}"
        cursor.execute(
            "SELECT process FROM audit_beats WHERE beat_at < clock_timestamp() -"
            " %s * interval '1 second' ORDER BY process",
            [SILENT_AFTER_SECONDS],
        )
        silent = [row[0] for row in cursor.fetchall()]
    if not silent:
        return ""
    return (
        f"The {' and the '.join(silent)} of the ledger has not been heard for"
        f" {SILENT_AFTER_SECONDS} s. What is approved is sent when it is back."
    )
