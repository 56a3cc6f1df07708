"""Whether the ledger moves: the heartbeats of its processes, and the stops they declare."""

from __future__ import annotations

import time
from collections.abc import Callable

import psycopg

BEAT_SECONDS = 5.0
# Who says the stop that is restore mode.
RESTORE = "restore"


def beat(connection: psycopg.Connection, process: str) -> Callable[[], None]:
    """Return a function that says "alive" for a process when its last word is 5 s old."""
    said_at = -BEAT_SECONDS

    def say() -> None:
        nonlocal said_at
        if time.monotonic() - said_at < BEAT_SECONDS:
            return
        connection.execute(
            "INSERT INTO audit_beats VALUES (%s, clock_timestamp())"
            " ON CONFLICT (process) DO UPDATE SET beat_at = excluded.beat_at",
            [process],
        )
        said_at = time.monotonic()

    return say


def read_by_index(connection: psycopg.Connection) -> None:
    """Keep the plans of a young log from reading the whole of an old one at every head.

    A plan is made once for a connection, while the tables are small and a scan of them is cheap.
    """
    for way in ("seqscan", "hashjoin", "mergejoin"):
        connection.execute(f"SET enable_{way} = off")


def stop_ledger(connection: psycopg.Connection, *, said_by: str, sentence: str) -> None:
    """Stop numbering and signing until a person has looked; said once for each sentence."""
    connection.execute(
        "INSERT INTO audit_stops (said_by, sentence) SELECT %(by)s, %(said)s WHERE NOT EXISTS ("
        "SELECT 1 FROM audit_stops WHERE ended_at IS NULL AND sentence = %(said)s)",
        {"by": said_by, "said": sentence},
    )


def open_stop(connection: psycopg.Connection) -> str:
    """Return why the ledger stands still, or nothing."""
    row = connection.execute(
        "SELECT sentence FROM audit_stops WHERE ended_at IS NULL ORDER BY id LIMIT 1"
    ).fetchone()
    return row[0] if row else ""


def end_stop(connection: psycopg.Connection, *, because: str) -> int:
    """End every open stop, as the owner of the ledger; return how many there were."""
    with connection.transaction():
        connection.execute("SET LOCAL ROLE glassbox_ledger")
        return connection.execute(
            "UPDATE audit_stops SET ended_at = clock_timestamp(), ended_because = %s"
            " WHERE ended_at IS NULL",
            [because],
        ).rowcount
