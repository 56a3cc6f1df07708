"""The sequencer: gives every committed event one number, and grows the Merkle trees over them.

One log for each licence and year, one for what belongs to no licence, and one anchor log that takes
the head of every log that moved. One process does it; a second one waits for its lock.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

import psycopg

from glassbox.audit.chain import EMPTY_CHAIN, chain_hash, leaf_hash
from glassbox.audit.notes import Head
from glassbox.audit.standing import beat, read_by_index
from glassbox.audit.tiles import database_nodes
from glassbox.audit.tree import EMPTY_ROOT, Frontier

EVENTS_PER_BATCH = 8192
POLL_SECONDS = 0.02
# Any number, the same for every sequencer of one database.
ADVISORY_LOCK = 7_260_104
HEADS_CHANNEL = "audit_heads"
OPAQUE_BYTES = 8
IDLE_LOOK_SECONDS = 30.0

TAKE = """
    WITH taken AS (
        DELETE FROM audit_pending WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM audit_pending
            WHERE NOT EXISTS (SELECT 1 FROM audit_stops WHERE ended_at IS NULL)
            ORDER BY event_id LIMIT %s FOR UPDATE SKIP LOCKED
        )) RETURNING event_id, license_id, ts, leaf
    ) SELECT event_id, license_id, ts, leaf FROM taken ORDER BY ts, event_id
"""


@dataclass(kw_only=True)
class _Log:
    """One log as the sequencer holds it in memory, and what a batch adds to it."""

    log_id: int
    kind: str
    license_id: int | None
    year: int
    origin: str
    frontier: Frontier
    chain: bytes
    leaves: list[tuple[UUID | None, bytes, bytes | None]] = field(default_factory=list)

    def head(self) -> Head:
        return Head(origin=self.origin, size=self.frontier.size, root=self.frontier.root())


class Sequencer:
    """Numbers events over one connection, and remembers the right edge of every log."""

    def __init__(self, connection: psycopg.Connection, *, origin: str) -> None:
        self.connection = connection
        self.origin = origin
        self._logs: dict[tuple[str, int | None], _Log] = {}
        self._idle_looked_at = 0.0

    def number_batch(self) -> int:
        """Number what is committed now, at most 8192 events; return how many that were.

        :raises psycopg.Error: if another sequencer numbered meanwhile; the batch is undone, and
            the next one reads the heads anew
        """
        try:
            # One way there and back to take a batch, and one for all that it writes.
            with self.connection.pipeline(), self.connection.transaction():
                pending = self.connection.execute(TAKE, [EVENTS_PER_BATCH]).fetchall()
                if pending:
                    self._grow(pending)
        except BaseException:
            self._logs.clear()
            raise
        return len(pending)

    def anchor_idle(self) -> int:
        """Anchor the head of each log that the anchor has not seen today; return how many.

        So a log that somebody keeps back shows by its silence.
        """
        if time.monotonic() - self._idle_looked_at < IDLE_LOOK_SECONDS:
            return 0
        self._idle_looked_at = time.monotonic()
        try:
            with self.connection.transaction():
                rows = self.connection.execute(
                    "SELECT kind, license_id, max(year), date_part('year', clock_timestamp() AT TIME ZONE 'UTC')::int"
                    " FROM audit_logs WHERE kind <> 'anchor' AND size > 0"
                    " AND NOT EXISTS (SELECT 1 FROM audit_stops WHERE ended_at IS NULL)"
                    " GROUP BY kind, license_id"
                    " HAVING max(anchored_at) < date_trunc('day', clock_timestamp(), 'UTC')"
                ).fetchall()
                logs = [self._log(kind, license_id, year) for kind, license_id, year, _ in rows]
                if logs:
                    self._store([*logs, self._anchor(logs, rows[0][3])], logs)
        except BaseException:
            self._logs.clear()
            raise
        return len(logs)

    def _grow(self, pending: Sequence[tuple[UUID, int | None, datetime, bytes]]) -> None:
        moved: dict[int, _Log] = {}
        newest = max(ts for _, _, ts, _ in pending).astimezone(UTC).year
        for event_id, license_id, _, leaf in pending:
            kind = "house" if license_id is None else "license"
            log = self._logs.get((kind, license_id))
            if log is None or log.year < newest:
                log = self._log(kind, license_id, newest)
            log.leaves.append((event_id, leaf, None))
            moved[log.log_id] = log
        heads = list(moved.values())
        for log in heads:
            log.leaves, grown = [], log.leaves
            self._append(log, grown)
        self._store([*heads, self._anchor(heads, newest)], heads)

    def _append(self, log: _Log, leaves: Iterable[tuple[UUID | None, bytes, bytes | None]]) -> None:
        first, tiles, ids, bodies = log.frontier.size, [], [], []
        hashes, chains = bytearray(), bytearray()
        for event_id, leaf, body in leaves:
            log.chain = chain_hash(log.chain, leaf)
            tiles += log.frontier.append(leaf)
            ids.append(event_id)
            bodies.append(body)
            hashes += leaf
            chains += log.chain
        # Two long values instead of thousands of short ones; COPY is refused behind walls.
        with self.connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO audit_leaves (log_id, index, event_id, leaf, chain, body)"
                " SELECT %s, %s + n - 1, id, substr(%b, (32 * n - 31)::int, 32),"
                " substr(%b, (32 * n - 31)::int, 32), body"
                " FROM unnest(%b::uuid[], %b::bytea[]) WITH ORDINALITY AS r(id, body, n)",
                [log.log_id, first, hashes, chains, ids, bodies if any(bodies) else []],
            )
            if tiles:
                cursor.executemany(
                    "INSERT INTO audit_tiles (log_id, level, index, root) VALUES (%s, %s, %s, %s)",
                    [(log.log_id, *tile) for tile in tiles],
                )

    def _anchor(self, logs: Sequence[_Log], year: int) -> _Log:
        anchor = self._logs.get(("anchor", None))
        if anchor is None or anchor.year < year:
            anchor = self._log("anchor", None, year)
        texts = [log.head().text().encode() for log in logs]
        self._append(anchor, [(None, leaf_hash(text), text) for text in texts])
        return anchor

    def _store(self, logs: Sequence[_Log], anchored: Sequence[_Log]) -> None:
        anchored_ids = [log.log_id for log in anchored]
        for log in logs:
            head = log.head()
            self.connection.execute(
                "UPDATE audit_logs SET size = %s, root = %s, chain = %s,"
                " anchored_at = CASE WHEN log_id = ANY(%s) THEN clock_timestamp()"
                " ELSE anchored_at END WHERE log_id = %s",
                [head.size, head.root, log.chain, anchored_ids, log.log_id],
            )
        # The signer waits for this; one process notifies, so no commit queues behind it.
        self.connection.execute(f"NOTIFY {HEADS_CHANNEL}")

    def _log(self, kind: str, license_id: int | None, year: int) -> _Log:
        """Return the newest log of a licence, or of a kind; a new one when the year has turned."""
        known = self._logs.get((kind, license_id))
        if known is not None and known.year >= year:
            return known
        row = self.connection.execute(
            "SELECT log_id, year, origin, size, chain FROM audit_logs"
            " WHERE kind = %s AND license_id IS NOT DISTINCT FROM %s"
            " ORDER BY year DESC LIMIT 1 FOR UPDATE",
            [kind, license_id],
        ).fetchone()
        if row is None:
            return self._open(kind, license_id, year)
        log_id, found_year, origin, size, chain = row
        log = _Log(
            log_id=log_id,
            kind=kind,
            license_id=license_id,
            year=found_year,
            origin=origin,
            frontier=database_nodes(self.connection, log_id, size).frontier(size),
            chain=bytes(chain),
        )
        self._logs[kind, license_id] = log
        if found_year >= year:
            return log
        # The last word of the old year is the first of the new one, so neither can be cut off.
        last = log.head().text().encode()
        successor = self._open(kind, license_id, year)
        self._append(successor, [(None, leaf_hash(last), last)])
        return successor

    def _open(self, kind: str, license_id: int | None, year: int) -> _Log:
        # An outsider who sees a checkpoint learns neither whose log it is nor how many there are.
        opaque = kind if license_id is None else secrets.token_hex(OPAQUE_BYTES)
        origin = f"{self.origin}/{opaque}/{year}"
        row = self.connection.execute(
            "INSERT INTO audit_logs (kind, license_id, year, origin, root, chain)"
            " VALUES (%s, %s, %s, %s, %s, %s) RETURNING log_id",
            [kind, license_id, year, origin, EMPTY_ROOT, EMPTY_CHAIN],
        ).fetchone()
        assert row is not None, "an insert returns its row"
        self._logs[kind, license_id] = _Log(
            log_id=row[0],
            kind=kind,
            license_id=license_id,
            year=year,
            origin=origin,
            frontier=Frontier(),
            chain=EMPTY_CHAIN,
        )
        return self._logs[kind, license_id]


def run_sequencer(
    stop: threading.Event, *, url: str, origin: str, poll_seconds: float = POLL_SECONDS
) -> None:
    """Number events until told to stop. Of two sequencers on one database the second waits.

    The lock is for order only: two that both hold it still cannot give one number twice, for
    (log, index) is the primary key.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        read_by_index(connection)
        while not stop.is_set():
            locked = connection.execute("SELECT pg_try_advisory_lock(%s)", [ADVISORY_LOCK])
            row = locked.fetchone()
            if row and row[0]:
                break
            stop.wait(0.5)
        sequencer = Sequencer(connection, origin=origin)
        heart = beat(connection, "sequencer")
        while not stop.is_set():
            heart()
            began = time.monotonic()
            try:
                numbered = sequencer.number_batch() or sequencer.anchor_idle()
            except psycopg.errors.UniqueViolation:
                # Another sequencer was faster; what it numbered is read on the next turn.
                numbered = 0
            if numbered < EVENTS_PER_BATCH:
                # After a small batch too: a few larger ones cost less than many of a handful.
                stop.wait(poll_seconds - (time.monotonic() - began))


def sequence_once(url: str, origin: str) -> int:
    """Number everything that is committed now; return how many events that were."""
    total = 0
    with psycopg.connect(url, autocommit=True) as connection:
        sequencer = Sequencer(connection, origin=origin)
        while numbered := sequencer.number_batch():
            total += numbered
    return total
