"""What somebody outside has said of our logs: kept, compared with the rows, and shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import psycopg

from glassbox.audit.notes import Head
from glassbox.audit.tiles import TileMissing, database_nodes


class AnchorKind(StrEnum):
    """By whom a head is held outside."""

    MIRROR = "mirror"
    WITNESS = "witness"
    TIMESTAMP = "timestamp"


@dataclass(frozen=True, kw_only=True)
class Anchor:
    """A head that somebody outside holds: who, when they say it was, and their own words."""

    kind: AnchorKind
    name: str
    log_id: int
    head: Head
    said_at: datetime
    evidence: bytes


@dataclass(frozen=True, kw_only=True)
class Place:
    """One place outside: the last head it holds, the last try, and what was wrong with that."""

    kind: AnchorKind
    name: str
    origin: str
    size: int
    root: bytes
    said_at: datetime | None
    tried_at: datetime
    problem: str


def keep_anchor(connection: psycopg.Connection, anchor: Anchor) -> None:
    """Keep what somebody outside has said; a head that is kept already is not kept twice."""
    connection.execute(
        "INSERT INTO audit_anchors (kind, name, log_id, size, root, said_at, evidence)"
        " SELECT %(kind)s, %(name)s, %(log)s, %(size)s, %(root)s, %(at)s, %(evidence)s"
        " WHERE %(kind)s = 'timestamp' OR NOT EXISTS (SELECT 1 FROM audit_anchors WHERE"
        " kind = %(kind)s AND name = %(name)s AND log_id = %(log)s AND size = %(size)s)",
        {
            "kind": anchor.kind.value,
            "name": anchor.name,
            "log": anchor.log_id,
            "size": anchor.head.size,
            "root": anchor.head.root,
            "at": anchor.said_at,
            "evidence": anchor.evidence,
        },
    )


def keep_try(
    connection: psycopg.Connection, kind: AnchorKind, name: str, *, now: datetime, problem: str
) -> None:
    """Remember that a place outside was asked, and what was wrong, or nothing."""
    connection.execute(
        "INSERT INTO audit_anchor_tries VALUES (%s, %s, %s, %s) ON CONFLICT (kind, name)"
        " DO UPDATE SET tried_at = excluded.tried_at, problem = excluded.problem",
        [kind.value, name, now, problem[:1000]],
    )


def last_size(connection: psycopg.Connection, kind: AnchorKind, name: str, log_id: int) -> int:
    """Return how much of a log a place outside held when it was asked last; 0 if it never was."""
    row = connection.execute(
        "SELECT size FROM audit_anchors WHERE kind = %s AND name = %s AND log_id = %s"
        " ORDER BY id DESC LIMIT 1",
        [kind.value, name, log_id],
    ).fetchone()
    return int(row[0]) if row else 0


def last_try(connection: psycopg.Connection) -> datetime | None:
    """Return when any place outside was asked last."""
    row = connection.execute("SELECT max(tried_at) FROM audit_anchor_tries").fetchone()
    return row[0] if row else None


def last_success(connection: psycopg.Connection, kind: AnchorKind) -> datetime | None:
    """Return when a place of this kind gave an answer that held, if that was the last one it gave."""
    row = connection.execute(
        "SELECT max(tried_at) FROM audit_anchor_tries WHERE kind = %s AND problem = ''",
        [kind.value],
    ).fetchone()
    return row[0] if row else None


def places_outside(connection: psycopg.Connection) -> tuple[Place, ...]:
    """Return every place outside that was ever asked, with the last head that it holds."""
    return tuple(
        Place(
            kind=AnchorKind(kind),
            name=name,
            origin=origin or "",
            size=size or 0,
            root=bytes(root or b""),
            said_at=said_at,
            tried_at=tried_at,
            problem=problem,
        )
        for kind, name, tried_at, problem, origin, size, root, said_at in connection.execute(
            "SELECT t.kind, t.name, t.tried_at, t.problem, g.origin, a.size, a.root, a.said_at"
            " FROM audit_anchor_tries t LEFT JOIN LATERAL (SELECT * FROM audit_anchors a"
            "  WHERE a.kind = t.kind AND a.name = t.name ORDER BY a.id DESC LIMIT 1) a ON true"
            " LEFT JOIN audit_logs g ON g.log_id = a.log_id ORDER BY t.kind, t.name"
        )
    )


def contradiction(connection: psycopg.Connection, held: Iterable[tuple[str, Head]]) -> str:
    """Compare the rows with heads that are held outside, each with who holds it.

    Returns what is wrong in one sentence, or nothing. So a database that was set back to an older
    state shows before anything is numbered on top of it.
    """
    for who, head in held:
        row = connection.execute(
            "SELECT log_id, size FROM audit_logs WHERE origin = %s", [head.origin]
        ).fetchone()
        if row is None or row[1] < head.size:
            return (
                f"{who} holds {head.size} entries of {head.origin}, and the database has"
                f" {row[1] if row else 'none'}. The database was set back to an older state."
            )
        try:
            root = database_nodes(connection, row[0], head.size).frontier(head.size).root()
        except TileMissing as missing:
            return f"{head.origin} cannot be compared with what {who} holds: {missing}"
        if root != head.root:
            return (
                f"{who} holds another history of {head.origin}: its first {head.size} entries have"
                " another root there."
            )
    return ""
