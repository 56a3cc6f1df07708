"""Counting what each person asks for in the running minute, over every process that serves pages."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection

from glassbox.operations.transaction import unscoped_operation
from glassbox.rules.actor import Actor

WINDOW = timedelta(minutes=1)
# One row's update counts, so two processes never count one request for two. A clock that went
# back begins a new minute, as one that went on does.
COUNT = """
    INSERT INTO request_counts AS had (user_id, kind, began_at, asked) VALUES (%s, %s, %s, 1)
    ON CONFLICT (user_id, kind) DO UPDATE SET
        began_at = CASE WHEN had.began_at > %s AND had.began_at <= excluded.began_at
            THEN had.began_at ELSE excluded.began_at END,
        asked = CASE WHEN had.began_at > %s AND had.began_at <= excluded.began_at
            THEN had.asked + 1 ELSE 1 END
    RETURNING began_at, asked
"""


@unscoped_operation
def count_request(*, actor: Actor, kind: str, at_most: int, now: datetime) -> int:
    """Count one request of a kind, and return the seconds to wait: none up to `at_most` a minute."""
    over = now - WINDOW
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [actor.user_id or 0, kind, now, over, over])
        began_at, asked = cursor.fetchone()
    if asked <= at_most:
        return 0
    left: timedelta = began_at + WINDOW - now
    return max(1, round(left.total_seconds()))
