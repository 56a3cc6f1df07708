"""The sequencer: gives every committed event one number per log, and chains the hashes."""

from __future__ import annotations

import threading
from collections import defaultdict

import psycopg

from glassbox.audit.chain import EMPTY_CHAIN, chain_hash

EVENTS_PER_BATCH = 8192
POLL_SECONDS = 0.02
# Any number, the same for every sequencer of one database.
ADVISORY_LOCK = 7_260_104


def run_sequencer(stop: threading.Event, *, url: str, poll_seconds: float = POLL_SECONDS) -> None:
    """Number events until told to stop. Of two sequencers on one database the second waits.

    The lock is for order only: two that both hold it still cannot give one number twice, for
    (log, index) is the primary key.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        while not stop.is_set():
            locked = connection.execute("SELECT pg_try_advisory_lock(%s)", [ADVISORY_LOCK])
            row = locked.fetchone()
            if row and row[0]:
                break
            stop.wait(0.5)
        while not stop.is_set():
            if not _sequence_batch(connection):
                stop.wait(poll_seconds)


def sequence_once(url: str) -> int:
    """Number everything that is committed now; return how many events that were."""
    total = 0
    with psycopg.connect(url, autocommit=True) as connection:
        while numbered := _sequence_batch(connection):
            total += numbered
    return total


def _sequence_batch(connection: psycopg.Connection) -> int:
    with connection.transaction():
        # From the pending rows, never "newer than the last seen": a transaction that commits late
        # would be skipped for ever.
        pending = connection.execute(
            "SELECT p.event_id, coalesce(e.license_id, 0), e.leaf FROM audit_pending p"
            " JOIN compliance_events e USING (event_id)"
            " ORDER BY e.ts, p.event_id LIMIT %s FOR UPDATE OF p SKIP LOCKED",
            [EVENTS_PER_BATCH],
        ).fetchall()
        if not pending:
            return 0
        by_log = defaultdict(list)
        for event_id, log_id, leaf in pending:
            by_log[log_id].append((event_id, leaf))
        rows = []
        for log_id, events in by_log.items():
            index, chain = _head(connection, log_id)
            for event_id, leaf in events:
                index, chain = index + 1, chain_hash(chain, leaf)
                rows.append((log_id, index, event_id, leaf, chain))
        connection.execute(
            "INSERT INTO audit_leaves (log_id, index, event_id, leaf, chain) SELECT * FROM"
            " unnest(%s::bigint[], %s::bigint[], %s::uuid[], %s::bytea[], %s::bytea[])",
            [list(column) for column in zip(*rows, strict=True)],
        )
        connection.execute(
            "DELETE FROM audit_pending WHERE event_id = ANY(%s)",
            [[event_id for event_id, _, _ in pending]],
        )
    return len(pending)


def _head(connection: psycopg.Connection, log_id: int) -> tuple[int, bytes]:
    row = connection.execute(
        "SELECT index, chain FROM audit_leaves WHERE log_id = %s ORDER BY index DESC LIMIT 1",
        [log_id],
    ).fetchone()
    return (row[0], bytes(row[1])) if row else (-1, EMPTY_CHAIN)
