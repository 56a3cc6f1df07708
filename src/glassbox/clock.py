"""now(): the one clock of the doors, moved by an offset row for scenarios, true in production."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import connection


def now() -> datetime:
    """Return the time as our doors see it: aware, in UTC. Runs one statement outside production."""
    if settings.GLASSBOX_ENVIRONMENT == "production":
        return true_now()
    return true_now() + offset()


def true_now() -> datetime:
    """Return the machine's time, moved by nobody: for what is no part of the work, as backups."""
    return datetime.now(UTC)


def offset() -> timedelta:
    """Return by how much scenarios have moved our clock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_offset_seconds FROM installation WHERE id = 1")
        row = cursor.fetchone()
    return timedelta(seconds=row[0]) if row else timedelta(0)
