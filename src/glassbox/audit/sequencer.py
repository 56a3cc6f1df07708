"""The sequencer: gives every committed event one number, and grows the Merkle trees over them.

One log for each licence and year, one for what belongs to no licence, and one anchor log that takes
the head of every log that moved. One process does it; a second one waits for its lock.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Sequence
from contextlib import nullcontext
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

WAITING = """
    SELECT event_id, license_id, ts, leaf FROM (
        SELECT event_id, license_id, ts, leaf FROM audit_pending
        WHERE NOT EXISTS (SELECT 1 FROM audit_stops WHERE ended_at IS NULL)
        ORDER BY event_id LIMIT %s
    ) AS waiting ORDER BY ts, event_id
"""
# All of a batch, or nothing, in one way there and back; heads after numbers, so that of two
# sequencers the slower one fails at a number that is taken. Its entries come as two long values for
# the hashes instead of thousands of short ones; `begins` says where in them each log's entries are.
STORE = """
    WITH numbered AS (
        INSERT INTO audit_leaves (log_id, index, event_id, leaf, chain, body)
        SELECT (%(logs)b::bigint[])[of], (%(firsts)b::bigint[])[of] + n - (%(begins)b::bigint[])[of],
            id, substr(%(leaves)b, (32 * n - 31)::int, 32),
            substr(%(chains)b, (32 * n - 31)::int, 32), body
        FROM unnest(%(ids)b::uuid[], %(bodies)b::bytea[]) WITH ORDINALITY AS r(id, body, n),
            width_bucket(n, %(begins)b::bigint[]) AS of
        RETURNING log_id
    ), tiled AS (
        INSERT INTO audit_tiles (log_id, level, index, root) SELECT * FROM
        unnest(%(tiled)b::bigint[], %(levels)b::int[], %(tiles)b::bigint[], %(tile_roots)b::bytea[])
    ), done AS (
        DELETE FROM audit_pending WHERE event_id = ANY (%(ids)b::uuid[])
    ), grown AS (
        UPDATE audit_logs g SET size = h.size, root = h.root, chain = h.chain, anchored_at =
            CASE WHEN h.is_anchored THEN clock_timestamp() ELSE g.anchored_at END
        FROM unnest(%(logs)b::bigint[], %(sizes)b::bigint[], %(roots)b::bytea[], %(heads)b::bytea[],
            %(anchored)b::bool[]) AS h(log_id, size, root, chain, is_anchored)
        WHERE g.log_id = h.log_id AND (SELECT count(*) FROM numbered) > 0
    ) SELECT pg_notify(%(channel)s, '')
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
    # Of each entry that is not stored yet: its event or its own bytes, and both its hashes.
    ids: list[UUID | None] = field(default_factory=list)
    bodies: list[bytes | None] = field(default_factory=list)
    leaves: bytearray = field(default_factory=bytearray)
    chains: bytearray = field(default_factory=bytearray)
    tiles: list[tuple[int, int, bytes]] = field(default_factory=list)

    def append(self, event_id: UUID | None, leaf: bytes, body: bytes | None = None) -> None:
        self.chain = chain_hash(self.chain, leaf)
        self.tiles += self.frontier.append(leaf)
        self.ids.append(event_id)
        self.bodies.append(body)
        self.leaves += leaf
        self.chains += self.chain

    def head(self) -> Head:
        return Head(origin=self.origin, size=self.frontier.size, root=self.frontier.root())


# Whose log an entry belongs to: the kind of log, and the licence where there is one.
ANCHOR = ("anchor", None)
Pending = tuple[UUID, int | None, datetime, bytes]


def _key_of(license_id: int | None) -> tuple[str, int | None]:
    return ("house" if license_id is None else "license", license_id)


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
            pending = self.connection.execute(WAITING, [EVENTS_PER_BATCH], binary=True).fetchall()
            if not pending:
                return 0
            year = max(ts for _, _, ts, _ in pending).astimezone(UTC).year
            # A log that is opened, or closed with its year, is so only together with its entries.
            with nullcontext() if self._holds(pending, year) else self.connection.transaction():
                self._grow(pending, year)
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

    def _holds(self, pending: Sequence[Pending], year: int) -> bool:
        """Return whether every log that a batch touches is in memory, and of this year."""
        wanted = {_key_of(license_id) for _, license_id, _, _ in pending} | {ANCHOR}
        return all(key in self._logs and self._logs[key].year >= year for key in wanted)

    def _grow(self, pending: Sequence[Pending], year: int) -> None:
        moved: dict[int, _Log] = {}
        for event_id, license_id, _, leaf in pending:
            key = _key_of(license_id)
            log = self._logs.get(key)
            if log is None or log.year < year:
                log = self._log(*key, year)
            log.append(event_id, leaf)
            moved[log.log_id] = log
        heads = list(moved.values())
        self._store([*heads, self._anchor(heads, year)], heads)

    def _anchor(self, logs: Sequence[_Log], year: int) -> _Log:
        anchor = self._log(*ANCHOR, year)
        for log in logs:
            text = log.head().text().encode()
            anchor.append(None, leaf_hash(text), text)
        return anchor

    def _store(self, logs: Sequence[_Log], anchored: Sequence[_Log]) -> None:
        begins, entries = [], 1
        for log in logs:
            begins.append(entries)
            entries += len(log.ids)
        heads, anchored_ids = [log.head() for log in logs], {log.log_id for log in anchored}
        tiles = [(log.log_id, *tile) for log in logs for tile in log.tiles]
        values = {
            "logs": [log.log_id for log in logs],
            "firsts": [log.frontier.size - len(log.ids) for log in logs],
            "begins": begins,
            "ids": [event_id for log in logs for event_id in log.ids],
            "bodies": [body for log in logs for body in log.bodies],
            "leaves": b"".join(log.leaves for log in logs),
            "chains": b"".join(log.chains for log in logs),
            "sizes": [head.size for head in heads],
            "roots": [head.root for head in heads],
            "heads": [log.chain for log in logs],
            "anchored": [log.log_id in anchored_ids for log in logs],
            "channel": HEADS_CHANNEL,
        }
        columns = ("tiled", "levels", "tiles", "tile_roots")
        values |= zip(
            columns, map(list, zip(*tiles, strict=True)) if tiles else 4 * [[]], strict=True
        )
        # The signer waits for what it notifies of; one process notifies, so no commit queues behind it.
        self.connection.execute(STORE, values)
        for log in logs:
            for stored in (log.ids, log.bodies, log.leaves, log.chains, log.tiles):
                stored.clear()

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
        successor.append(None, leaf_hash(last), last)
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
            except (psycopg.errors.UniqueViolation, psycopg.errors.DeadlockDetected):
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
