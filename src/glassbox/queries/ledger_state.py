"""Whether the ledger moves: who of its processes is silent, and what stopped it."""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from glassbox import access
from glassbox.audit.standing import RESTORE
from glassbox.rules.actor import Actor

# Each process says every five seconds that it lives.
SILENT_AFTER_SECONDS = 30


def stopped_because() -> str:
    """Return why the ledger stands still, or nothing; while it does, nothing is sent."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sentence FROM audit_stops WHERE ended_at IS NULL ORDER BY id LIMIT 1"
        )
        row = cursor.fetchone()
    return row[0] if row else ""


def restored_at() -> datetime | None:
    """Return since when the database is in restore mode, or None if it is not."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT max(began_at) FROM audit_stops WHERE ended_at IS NULL AND said_by = %s",
            [RESTORE],
        )
        found: datetime | None = cursor.fetchone()[0]
    return found


def ledger_problem(*, actor: Actor) -> str:
    """Return why nothing regulated can be sent for the ledger's sake, or nothing.

    Meanwhile approvals wait; everything that is not sent to METRC goes on.
    """
    with access.reading(actor), connection.cursor() as cursor:
        if stopped := stopped_because():
            return f"The ledger stands still until a person has looked. {stopped}"
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
