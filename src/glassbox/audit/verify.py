"""verify(): walks the rows and recomputes. Shares the hashing with the writer, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg

from glassbox.audit.chain import EMPTY_CHAIN, chain_hash, commitment, leaf_hash

# An event that has waited longer than this for its number was kept back.
PENDING_SECONDS_AT_MOST = 60


@dataclass(frozen=True, kw_only=True)
class Verification:
    """What the walk found: how many events, and the first thing that is wrong, or nothing."""

    events: int
    problem: str

    @property
    def is_verified(self) -> bool:
        return not self.problem


def verify(url: str) -> Verification:
    """Recompute every leaf, every link and every opening; name the first that is wrong.

    Walks in index order through one cursor: memory stays flat however long the logs are.
    """
    with psycopg.connect(url) as connection:
        connection.execute("SET TRANSACTION READ ONLY")
        events, problem = _walk(connection)
        problem = problem or _unnumbered(connection) or _bad_opening(connection)
    return Verification(events=events, problem=problem)


def _walk(connection: psycopg.Connection) -> tuple[int, str]:
    events, log, expected, chain = 0, None, 0, EMPTY_CHAIN
    with connection.cursor(name="leaves") as cursor:
        cursor.execute(
            "SELECT l.log_id, l.index, l.event_id, l.leaf, l.chain, e.body, e.leaf,"
            " coalesce(e.license_id, 0), e.record = convert_from(e.body, 'UTF8')::jsonb"
            " FROM audit_leaves l LEFT JOIN compliance_events e USING (event_id)"
            " ORDER BY l.log_id, l.index"
        )
        for log_id, index, event_id, leaf, link, body, stored, license_id, is_same in cursor:
            if log_id != log:
                log, expected, chain = log_id, 0, EMPTY_CHAIN
            where = f"Log {log_id}, event {index} ({event_id})"
            if index != expected:
                return events, f"{where}: number {expected} is missing."
            if body is None:
                return events, f"{where}: the event itself is gone."
            if leaf_hash(body) != leaf or stored != leaf:
                return events, f"{where}: its bytes are not those that were numbered."
            chain = chain_hash(chain, leaf)
            if chain != link:
                return events, f"{where}: the chain breaks here."
            if license_id != log_id or not is_same:
                return events, f"{where}: a column says something else than the hashed bytes."
            expected, events = expected + 1, events + 1
    return events, ""


def _unnumbered(connection: psycopg.Connection) -> str:
    row = connection.execute(
        "SELECT e.event_id FROM compliance_events e LEFT JOIN audit_leaves l USING (event_id)"
        " WHERE l.event_id IS NULL AND (e.ts < clock_timestamp() - %s * interval '1 second'"
        " OR NOT EXISTS (SELECT 1 FROM audit_pending p WHERE p.event_id = e.event_id))"
        " ORDER BY e.ts LIMIT 1",
        [PENDING_SECONDS_AT_MOST],
    ).fetchone()
    return (
        f"Event {row[0]} has no number: it was kept back, or written past the ledger."
        if row
        else ""
    )


def _bad_opening(connection: psycopg.Connection) -> str:
    with connection.cursor(name="openings") as cursor:
        cursor.execute(
            "SELECT o.event_id, o.field, o.salt, o.value, e.record->>(o.field || '_commit')"
            " FROM audit_openings o JOIN compliance_events e USING (event_id)"
        )
        for event_id, field, salt, value, committed in cursor:
            if commitment(salt, value) != committed:
                return f"Event {event_id}: its {field} is not the one that was committed to."
    return ""
