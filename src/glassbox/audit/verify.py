"""verify(): walks the rows and recomputes. Shares the hashing with the writer, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from uuid import UUID

import msgspec
import psycopg
from psycopg import sql

from glassbox.audit.chain import EMPTY_CHAIN, chain_hash, commitment, leaf_hash
from glassbox.audit.notes import Head, NoteWrong, open_checkpoint, parse_checkpoint
from glassbox.audit.tree import Frontier

# An event that has waited longer than this for its number was kept back.
PENDING_SECONDS_AT_MOST = 60
# Few enough that they stay near the processor while the database makes the next ones ready.
ROWS_AT_ONCE = 500
TELL_EVERY_EVENTS = 5000

Tell = Callable[[int], None]
_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder(order="sorted").encode


@dataclass(frozen=True, kw_only=True)
class Verification:
    """What the walk found: how many events, and the first thing that is wrong, or nothing."""

    events: int
    problem: str

    @property
    def is_verified(self) -> bool:
        return not self.problem


@dataclass(frozen=True, kw_only=True)
class _Log:
    log_id: int
    license_id: int | None
    kind: str
    origin: str
    size: int
    root: bytes
    chain: bytes


@dataclass(kw_only=True)
class _Claims:
    """What is claimed elsewhere of each log: the root it had at a size, and who says so."""

    by_log: dict[int, dict[int, tuple[bytes, str]]] = field(default_factory=dict)
    problem: str = ""

    def add(self, log_id: int, size: int, root: bytes, who: str) -> None:
        known = self.by_log.setdefault(log_id, {}).setdefault(size, (root, who))
        if known[0] != root and not self.problem:
            self.problem = f"{who} and {known[1]} name different roots for the same {size} entries."


def verify(url: str, *, public_key: bytes | None = None, tell: Tell | None = None) -> Verification:
    """Recompute the ledger of a database as it is at this moment; see `recompute`."""
    with psycopg.connect(url) as connection, psycopg.connect(url) as beside:
        # One snapshot: what is appended meanwhile is the next walk's.
        for each in (connection, beside):
            each.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        row = connection.execute("SELECT pg_export_snapshot()").fetchone()
        assert row is not None, "a transaction has a snapshot"
        beside.execute(sql.SQL("SET TRANSACTION SNAPSHOT {}").format(row[0]))
        with ThreadPoolExecutor(1) as thread:
            strays = thread.submit(_stray, beside, None)
            found = _recompute(connection, None, public_key, tell)
            return found if found.problem else replace(found, problem=strays.result())


def recompute(
    connection: psycopg.Connection,
    *,
    license_id: int | None = None,
    public_key: bytes | None = None,
    tell: Tell | None = None,
) -> Verification:
    """Recompute every leaf, link, root, checkpoint and opening; name the first that is wrong.

    With `license_id` only that licence's logs, and the anchor that holds their heads. Signatures
    are checked with `public_key`, which must come from outside the database. Events
    pass through one cursor; what stays in memory is a root for each checkpoint. `tell` is called
    with the number of events done.
    """
    found = _recompute(connection, license_id, public_key, tell)
    return found if found.problem else replace(found, problem=_stray(connection, license_id))


def _recompute(
    connection: psycopg.Connection,
    license_id: int | None,
    public_key: bytes | None,
    tell: Tell | None,
) -> Verification:
    logs = _logs(connection, license_id)
    claims = _Claims()
    problem = _bad_checkpoint(connection, logs, public_key, claims)
    _add_outside(connection, logs, claims)
    problem = problem or _bad_anchor(connection, logs, claims)
    events = 0
    if not problem:
        events, problem = _walk(connection, logs, claims, tell or (lambda _: None))
    return Verification(events=events, problem=problem)


def _stray(connection: psycopg.Connection, license_id: int | None) -> str:
    """Return what is wrong beside the logs: an event without a number, a text that does not fit."""
    return _unnumbered(connection, license_id) or _bad_opening(connection, license_id)


def _logs(connection: psycopg.Connection, license_id: int | None) -> dict[int, _Log]:
    rows = connection.execute(
        "SELECT log_id, license_id, kind, origin, size, root, chain FROM audit_logs"
        " WHERE %(license)s::bigint IS NULL OR license_id = %(license)s OR kind = 'anchor'"
        " ORDER BY log_id",
        {"license": license_id},
    )
    return {
        row[0]: _Log(
            log_id=row[0],
            license_id=row[1],
            kind=row[2],
            origin=row[3],
            size=row[4],
            root=bytes(row[5]),
            chain=bytes(row[6]),
        )
        for row in rows
    }


def _bad_checkpoint(
    connection: psycopg.Connection,
    logs: dict[int, _Log],
    public_key: bytes | None,
    claims: _Claims,
) -> str:
    expected: dict[int, int] = {}
    with connection.cursor(name="checkpoints") as cursor:
        cursor.execute(
            "SELECT log_id, number, size, root, note FROM audit_checkpoints"
            " WHERE log_id = ANY(%s) ORDER BY log_id, number",
            [list(logs)],
        )
        for log_id, number, size, root, note in cursor:
            log = logs[log_id]
            where = f"Checkpoint {number} of {log.origin}"
            expected[log_id] = expected.get(log_id, 0) + 1
            if number != expected[log_id]:
                return f"{where}: checkpoint {expected[log_id]} is missing."
            try:
                head = (
                    open_checkpoint(note, public_key) if public_key else parse_checkpoint(note)[0]
                )
            except NoteWrong as wrong:
                return f"{where}: {wrong}"
            if head != Head(origin=log.origin, size=size, root=bytes(root)):
                return f"{where}: its columns say something else than what was signed."
            claims.add(log_id, size, head.root, where)
    return ""


def _add_outside(connection: psycopg.Connection, logs: dict[int, _Log], claims: _Claims) -> None:
    """Hold the logs to what mirrors, witnesses and authorities were seen to hold of them."""
    for kind, name, log_id, size, root in connection.execute(
        "SELECT kind, name, log_id, size, root FROM audit_anchors WHERE log_id = ANY(%s)"
        " ORDER BY id",
        [list(logs)],
    ):
        claims.add(log_id, size, bytes(root), f"The {kind} {name}")


def _bad_anchor(connection: psycopg.Connection, logs: dict[int, _Log], claims: _Claims) -> str:
    by_origin = {log.origin: log for log in logs.values()}
    known = {origin for (origin,) in connection.execute("SELECT origin FROM audit_logs")}
    with connection.cursor(name="anchored") as cursor:
        cursor.execute(
            "SELECT log_id, index, body FROM audit_leaves WHERE body IS NOT NULL"
            " AND log_id = ANY(%s) ORDER BY log_id, index",
            [list(logs)],
        )
        for log_id, index, body in cursor:
            where = f"Entry {index} of {logs[log_id].origin}"
            try:
                head, _ = parse_checkpoint(bytes(body).decode() + "\n— none AAAA\n")
            except (NoteWrong, UnicodeDecodeError):
                return f"{where} is no head of a log."
            if head.origin not in known:
                return f"{where} names {head.origin}, and there is no such log."
            if head.origin in by_origin:
                claims.add(by_origin[head.origin].log_id, head.size, head.root, where)
    for log in logs.values():
        claims.add(log.log_id, log.size, log.root, f"The head of {log.origin}")
    return claims.problem


WALK = """
SELECT l.index, l.leaf, l.chain, coalesce(e.body, l.body), CASE
    WHEN e.leaf IS DISTINCT FROM l.leaf THEN 'leaf'
    WHEN e.license_id IS DISTINCT FROM %(license)s::bigint THEN 'license'
    WHEN e.event_id::text = e.record->>'event_id' AND e.type = e.record->>'type'
        AND e.subject = e.record->>'subject'
        AND e.company_id IS NOT DISTINCT FROM (e.record->>'company')::bigint
        AND e.license_id IS NOT DISTINCT FROM (e.record->>'license')::bigint
        AND e.actor_id IS NOT DISTINCT FROM (e.record->'actor'->>'id')::bigint
        AND e.ts = (e.record->>'ts')::timestamptz
        AND e.occurred_at = (e.record->>'occurred_at')::timestamptz THEN ''
    ELSE 'column' END, e.record::text, uuid_send(l.event_id)
FROM audit_leaves l LEFT JOIN LATERAL (
    SELECT * FROM compliance_events c WHERE c.event_id = l.event_id OFFSET 0
) e ON true
WHERE l.log_id = %(log)s ORDER BY l.index
"""
# One look-up for each leaf in its order: a join of the planner's would sort all of it first.
# Index, leaf, chain, bytes, what of the event's own columns disagrees, the record that they were held
# against, which here is held against the bytes, and the event.
Row = tuple[int, bytes, bytes, bytes | None, str, str | None, bytes | None]


def _walk(
    connection: psycopg.Connection, logs: dict[int, _Log], claims: _Claims, tell: Tell
) -> tuple[int, str]:
    events = 0
    for log in logs.values():
        tiles = iter(
            connection.execute(
                "SELECT level, index, root FROM audit_tiles WHERE log_id = %s"
                " ORDER BY (index + 1) << (8 * (level + 1)), level",
                [log.log_id],
            ).fetchall()
        )
        # A stream, not a cursor: the database makes rows ready while those before are hashed here.
        with connection.cursor() as cursor:
            place = {"license": log.license_id, "log": log.log_id}
            rows = cursor.stream(WALK, place, binary=True, size=ROWS_AT_ONCE)
            found, problem = _walk_log(log, rows, tiles, claims, events, tell)
        events += found
        if problem:
            return events, problem
    tell(events)
    return events, ""


def _walk_log(
    log: _Log,
    rows: Iterator[Row],
    tiles: Iterator[tuple[int, int, bytes]],
    claims: _Claims,
    before: int,
    tell: Tell,
) -> tuple[int, str]:
    frontier, chain, events = Frontier(), EMPTY_CHAIN, 0
    claimed = claims.by_log.get(log.log_id, {})
    for row in rows:
        leaf = row[1]
        chain = chain_hash(chain, leaf)
        problem = _bad_entry(row, frontier.size, chain)
        for tile in frontier.append(leaf):
            if next(tiles, None) != tile:
                problem = problem or "the tile it completes is not the one that is stored."
        if frontier.size in claimed and not problem:
            root, who = claimed[frontier.size]
            problem = "" if root == frontier.root() else f"{who} names another root."
        if problem:
            event_id = UUID(bytes=row[6]) if row[6] else None
            return events, f"{log.origin}, entry {row[0]} ({event_id}): {problem}"
        if row[6] is not None:
            events += 1
            if events % TELL_EVERY_EVENTS == 0:
                tell(before + events)
    beyond = max((size for size in claimed), default=0)
    if beyond > frontier.size:
        return events, (
            f"{claimed[beyond][1]}: {beyond} entries were there, and {frontier.size} are left."
        )
    if chain != log.chain or frontier.size != log.size or next(tiles, None) is not None:
        return events, f"{log.origin}: its head is not that of its entries."
    return events, ""


def _bad_entry(row: Row, expected: int, chain: bytes) -> str:
    index, leaf, link, body, differs, record, event_id = row
    if index != expected:
        return f"number {expected} is missing."
    if body is None:
        return "the event itself is gone."
    if event_id is None:
        differs = ""
    if leaf_hash(body) != leaf or differs == "leaf":
        return "its bytes are not those that were numbered."
    if differs == "license":
        return "it belongs to another licence."
    if chain != link:
        return "the chain breaks here."
    if record is not None:
        # A body is canonical: what the record says, in its one form, is these bytes.
        said = _decode(record)
        if differs or (_encode(said) != body and said != _decode(body)):
            return "a column says something else than the hashed bytes."
    return ""


def _unnumbered(connection: psycopg.Connection, license_id: int | None) -> str:
    row = connection.execute(
        # The few without a number first, and only then what each of them waits for.
        "SELECT u.event_id FROM (SELECT e.event_id, e.ts, e.license_id FROM compliance_events e"
        " LEFT JOIN audit_leaves l USING (event_id) WHERE l.event_id IS NULL OFFSET 0) u"
        # While the ledger is stopped, as after a restore, everything waits, and nothing is kept back.
        " WHERE ((u.ts < clock_timestamp() - %(wait)s * interval '1 second'"
        " AND NOT EXISTS (SELECT 1 FROM audit_stops WHERE ended_at IS NULL))"
        " OR NOT EXISTS (SELECT 1 FROM audit_pending p WHERE p.event_id = u.event_id))"
        " AND (%(license)s::bigint IS NULL OR u.license_id = %(license)s)"
        " ORDER BY u.ts LIMIT 1",
        {"wait": PENDING_SECONDS_AT_MOST, "license": license_id},
    ).fetchone()
    return (
        f"Event {row[0]} has no number: it was kept back, or written past the ledger."
        if row
        else ""
    )


def _bad_opening(connection: psycopg.Connection, license_id: int | None) -> str:
    """Check each opening against its commitment; one that is gone was erased, and that is told.

    They are judged where they lie; whatever does not fit there is judged once more here.
    """
    with connection.cursor(name="openings") as cursor:
        cursor.execute(
            "SELECT o.event_id, o.field, o.salt, o.value, e.record->>(o.field || '_commit')"
            " FROM audit_openings o LEFT JOIN compliance_events e USING (event_id)"
            " WHERE (%(license)s::bigint IS NULL OR e.license_id = %(license)s)"
            " AND encode(sha256('\\x02'::bytea || o.salt || convert_to(to_json(o.value)::text,"
            " 'UTF8')), 'hex') IS DISTINCT FROM e.record->>(o.field || '_commit')",
            {"license": license_id},
        )
        for event_id, name, salt, value, committed in cursor:
            if committed is None:
                return f"The {name} of event {event_id} is there, and the event is not."
            if commitment(salt, value) != committed:
                return f"Event {event_id}: its {name} is not the one that was committed to."
    row = connection.execute(
        "SELECT e.event_id, n.field FROM compliance_events e,"
        " LATERAL (VALUES ('reason'), ('actor_name')) n(field)"
        " WHERE NOT EXISTS (SELECT 1 FROM audit_openings o"
        "  WHERE o.event_id = e.event_id AND o.field = n.field)"
        " AND NOT EXISTS (SELECT 1 FROM compliance_events r WHERE r.type = 'opening.erased'"
        "  AND r.subject = 'event:' || e.event_id AND r.record->'body'->>'field' = n.field)"
        # What came back from a mirror came without its texts, and an event names the numbers.
        " AND NOT EXISTS (SELECT 1 FROM compliance_events r, audit_leaves l JOIN audit_logs g"
        "  USING (log_id) WHERE r.type = 'ledger.brought_back' AND l.event_id = e.event_id"
        "  AND l.index BETWEEN (r.record->'body'->'logs'->g.origin->>0)::bigint"
        "  AND (r.record->'body'->'logs'->g.origin->>1)::bigint)"
        " AND (%(license)s::bigint IS NULL OR e.license_id = %(license)s) LIMIT 1",
        {"license": license_id},
    ).fetchone()
    return (
        f"Event {row[0]}: its {row[1]} is gone, and no event tells of its erasure." if row else ""
    )
