"""What a database that was set back has lost of the ledger, brought back from a mirror.

Entry by entry, out of signed trees alone: numbers, records and the newest heads. The texts that
records commit to never lay in a mirror; an event has to tell that they are gone.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import psycopg

from glassbox.audit.chain import EMPTY_CHAIN, chain_hash, leaf_hash
from glassbox.audit.mirror import CHECKPOINT
from glassbox.audit.notes import Head, open_checkpoint
from glassbox.audit.standing import open_stop
from glassbox.audit.tile_files import read_bundle
from glassbox.audit.tiles import TILE_WIDTH, TileMissing, directory_nodes, width_of
from glassbox.audit.tree import EMPTY_ROOT

KINDS_WITHOUT_LICENSE = ("anchor", "house")
RECORD_BEGINS = b"{"

STORE_EVENTS = """
    INSERT INTO compliance_events SELECT (r->>'event_id')::uuid, (r->>'company')::bigint,
        (r->>'license')::bigint, r->>'type', r->>'subject', (r->'actor'->>'id')::bigint,
        (r->>'occurred_at')::timestamptz, (r->>'ts')::timestamptz, b,
        sha256('\\x00'::bytea || b), r
    FROM (SELECT b, convert_from(b, 'UTF8')::jsonb AS r FROM unnest(%s::bytea[]) AS b) AS read
    ON CONFLICT (event_id) DO NOTHING
"""
STORE_LEAVES = """
    INSERT INTO audit_leaves (log_id, index, event_id, leaf, chain, body)
    SELECT %s, * FROM unnest(%s::bigint[], %s::uuid[], %s::bytea[], %s::bytea[], %s::bytea[])
"""


class WillNotReimport(Exception):
    """The mirror and the database do not fit together; nothing was brought back."""


@dataclass(frozen=True, kw_only=True)
class BroughtBack:
    """The entries of one log that came back: from `first` on, up to the mirror's head."""

    origin: str
    license_id: int | None
    first: int
    size: int


def bring_back(connection: psycopg.Connection, mirror: Path, public: bytes) -> list[BroughtBack]:
    """Write what a mirror holds beyond the database into the ledger, all of it or nothing.

    `connection` is the owner's. The ledger has to stand still; it does where the sequencer found
    that the database was set back.

    :raises WillNotReimport: if it does not stand still, or the mirror does not continue a log
    :raises NoteWrong: if a checkpoint of the mirror is not signed with this key
    :raises TileMissing: if files of the mirror are gone or damaged
    """
    with connection.transaction():
        connection.execute("SET LOCAL ROLE glassbox_ledger")
        if not open_stop(connection):
            raise WillNotReimport(
                "The ledger is not stopped, so nothing of it is missing. Start the sequencer once:"
                " it compares the database with what is held outside."
            )
        found = [
            _bring_back_log(connection, path.parent, public)
            for path in sorted(mirror.rglob(CHECKPOINT))
        ]
    return [one for one in found if one is not None]


def _bring_back_log(
    connection: psycopg.Connection, place: Path, public: bytes
) -> BroughtBack | None:
    note = (place / CHECKPOINT).read_text("utf-8")
    head = open_checkpoint(note, public)
    row = connection.execute(
        "SELECT log_id, license_id, size, root, chain FROM audit_logs WHERE origin = %s FOR UPDATE",
        [head.origin],
    ).fetchone()
    log_id, license_id, size, root, chain = row or _open_log(connection, place, head)
    if size >= head.size:
        return None
    frontier = directory_nodes(place, head.size).frontier(size)
    if frontier.root() != bytes(root):
        raise WillNotReimport(
            f"The database holds another history of {head.origin} than the mirror: its first {size}"
            " entries have another root there."
        )
    chain, tiles = bytes(chain), []
    for start in range(size - size % TILE_WIDTH, head.size, TILE_WIDTH):
        bundle = read_bundle(place, start // TILE_WIDTH, _width(head.size, start))
        entries = bundle[max(0, size - start) :]
        leaves, chains = [leaf_hash(entry) for entry in entries], []
        for leaf in leaves:
            chain = chain_hash(chain, leaf)
            chains.append(chain)
        first = frontier.size
        for leaf in leaves:
            tiles += frontier.append(leaf)
        _store(connection, log_id, first, entries, leaves, chains)
    if frontier.root() != head.root:
        raise TileMissing(f"The entries in {place} do not come to the root of its checkpoint.")
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO audit_tiles (log_id, level, index, root) VALUES (%s, %s, %s, %s)",
            [(log_id, *tile) for tile in tiles],
        )
    connection.execute(
        "UPDATE audit_logs SET size = %s, root = %s, chain = %s, anchored_at = clock_timestamp()"
        " WHERE log_id = %s",
        [head.size, head.root, chain, log_id],
    )
    connection.execute(
        "INSERT INTO audit_checkpoints (log_id, number, size, root, note) SELECT %(log)s,"
        " coalesce(max(number), 0) + 1, %(size)s, %(root)s, %(note)s FROM audit_checkpoints"
        " WHERE log_id = %(log)s",
        {"log": log_id, "size": head.size, "root": head.root, "note": note},
    )
    return BroughtBack(origin=head.origin, license_id=license_id, first=size, size=head.size)


def _open_log(
    connection: psycopg.Connection, place: Path, head: Head
) -> tuple[int, int | None, int, bytes, bytes]:
    *_, kind, year = head.origin.split("/")
    license_id = None
    if kind not in KINDS_WITHOUT_LICENSE:
        # The origin tells nobody whose log it is; its records do.
        entries = read_bundle(place, 0, _width(head.size, 0))
        record = next(entry for entry in entries if entry.startswith(RECORD_BEGINS))
        kind, license_id = "license", int(json.loads(record)["license"])
    row = connection.execute(
        "INSERT INTO audit_logs (kind, license_id, year, origin, root, chain)"
        " VALUES (%s, %s, %s, %s, %s, %s) RETURNING log_id",
        [kind, license_id, int(year), head.origin, EMPTY_ROOT, EMPTY_CHAIN],
    ).fetchone()
    assert row is not None, "an insert returns its row"
    return row[0], license_id, 0, EMPTY_ROOT, EMPTY_CHAIN


def _store(
    connection: psycopg.Connection,
    log_id: int,
    first: int,
    entries: list[bytes],
    leaves: list[bytes],
    chains: list[bytes],
) -> None:
    records = [entry for entry in entries if entry.startswith(RECORD_BEGINS)]
    ids = [
        json.loads(entry)["event_id"] if entry.startswith(RECORD_BEGINS) else None
        for entry in entries
    ]
    connection.execute(STORE_EVENTS, [records])
    # An event that was committed, and not numbered, when the backup was made, waits no longer.
    connection.execute("DELETE FROM audit_pending WHERE event_id = ANY(%s::uuid[])", [ids])
    differs = connection.execute(
        "SELECT e.event_id FROM compliance_events e JOIN unnest(%s::uuid[], %s::bytea[])"
        " AS m(event_id, leaf) USING (event_id) WHERE e.leaf <> m.leaf LIMIT 1",
        [ids, leaves],
    ).fetchone()
    if differs:
        raise WillNotReimport(f"Event {differs[0]} is not the same here and in the mirror.")
    connection.execute(
        STORE_LEAVES,
        [
            log_id,
            list(range(first, first + len(entries))),
            ids,
            leaves,
            chains,
            [None if event_id else entry for event_id, entry in zip(ids, entries, strict=True)],
        ],
    )


def _width(size: int, start: int) -> int:
    return width_of(size, 0, start // TILE_WIDTH)
