"""A copy of every log outside, that takes only what continues what it holds.

A folder, or anything that is written and read like one; what is full is never written again. The
mirror believes hashes and the ledger's signature, and neither the database nor whoever runs it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg

from glassbox.audit.chain import leaf_hash
from glassbox.audit.notes import Head, NoteWrong, open_checkpoint, public_of
from glassbox.audit.tile_files import TileWriter, write_file
from glassbox.audit.tiles import TileMissing, directory_nodes
from glassbox.audit.tree import Frontier

ROWS_AT_ONCE = 5000
KEY_FILE, CHECKPOINT = "ledger.vkey", "checkpoint"


class MirrorRefuses(Exception):
    """The ledger shows another history than the mirror holds; nothing was taken over."""


@dataclass(frozen=True, kw_only=True)
class Mirrored:
    """What the mirror holds now of one log, and how many of its entries came just now."""

    log_id: int
    head: Head
    new_entries: int


def update_mirror(
    connection: psycopg.Connection, folder: Path, public_key_line: str
) -> tuple[Mirrored, ...]:
    """Take every log over into `folder` up to its newest signed head, as of one snapshot.

    The public key is kept at the first time, and another one is refused from then on.

    :raises MirrorRefuses: if a log is shorter than the mirror's, does not continue it, is gone, or
        is not signed with the mirror's key
    :raises TileMissing: if files of the mirror itself are gone or damaged
    """
    public = public_of(public_key_line)[2]
    _pin(folder, public_key_line)
    rows = connection.execute(
        "SELECT g.log_id, g.origin, c.note FROM audit_logs g JOIN LATERAL (SELECT note FROM"
        " audit_checkpoints c WHERE c.log_id = g.log_id ORDER BY number DESC LIMIT 1) c ON true"
        " ORDER BY g.log_id"
    ).fetchall()
    held = {head.origin: head for head in held_heads(folder, public)}
    for origin in held.keys() - {origin for _, origin, _ in rows}:
        raise MirrorRefuses(f"The mirror holds {origin}, and the ledger shows no such log.")
    return tuple(
        _update(connection, folder, log_id, origin, note, public, held.get(origin))
        for log_id, origin, note in rows
    )


def held_heads(folder: Path, public: bytes) -> tuple[Head, ...]:
    """Return the head of every log that a mirror holds.

    :raises NoteWrong: if a checkpoint is damaged or not signed with this key
    """
    return tuple(
        open_checkpoint(path.read_text("utf-8"), public)
        for path in sorted(folder.rglob(CHECKPOINT))
    )


def place_of(folder: Path, origin: str) -> Path:
    """Return where a mirror keeps a log: below the folder, by its origin.

    :raises MirrorRefuses: if the origin leads out of the folder
    """
    if not all(part.strip(".") for part in origin.split("/")):
        raise MirrorRefuses(f"{origin!r} is no origin that a folder can bear.")
    return folder / origin


def _pin(folder: Path, line: str) -> None:
    pinned = folder / KEY_FILE
    if not pinned.exists():
        write_file(pinned, line.strip().encode() + b"\n")
    elif public_of(pinned.read_text())[2] != public_of(line)[2]:
        raise MirrorRefuses(f"The ledger's key is another one than the mirror's, {pinned}.")


def _update(
    connection: psycopg.Connection,
    folder: Path,
    log_id: int,
    origin: str,
    note: str,
    public: bytes,
    held: Head | None,
) -> Mirrored:
    try:
        head = open_checkpoint(note, public)
    except NoteWrong as wrong:
        raise MirrorRefuses(str(wrong)) from wrong
    if head.origin != origin:
        raise MirrorRefuses(f"{origin} is shown with a checkpoint of {head.origin}.")
    size = held.size if held else 0
    if head.size < size:
        raise MirrorRefuses(
            f"{origin} has {head.size} entries in the ledger and {size} in the mirror: the ledger"
            " was set back to an older state."
        )
    if held != head:
        place = place_of(folder, origin)
        _check_growth(connection, log_id, place, held, head)
        writer = TileWriter(place, size)
        for leaf, entry in _entries(connection, log_id, size, head):
            writer.append(leaf, entry)
        writer.finish()
        # The checkpoint last: until then the mirror stands where it stood.
        write_file(place / CHECKPOINT, note.encode())
        writer.forget_old_edge()
    return Mirrored(log_id=log_id, head=head, new_entries=head.size - size)


def _check_growth(
    connection: psycopg.Connection, log_id: int, place: Path, held: Head | None, head: Head
) -> None:
    """Compute the new root from the mirror's own right edge and the leaves that came since."""
    frontier = Frontier()
    if held:
        frontier = directory_nodes(place, held.size).frontier(held.size)
        if frontier.root() != held.root:
            raise TileMissing(f"The tiles in {place} do not come to the root of its checkpoint.")
    with connection.cursor(name="leaves", binary=True) as cursor:
        cursor.itersize = ROWS_AT_ONCE
        cursor.execute(
            "SELECT leaf FROM audit_leaves WHERE log_id = %s AND index >= %s AND index < %s"
            " ORDER BY index",
            [log_id, frontier.size, head.size],
        )
        for (leaf,) in cursor:
            frontier.append(bytes(leaf))
    if frontier.size != head.size or frontier.root() != head.root:
        raise MirrorRefuses(
            f"{head.origin} with {head.size} entries does not continue the"
            f" {held.size if held else 0} that the mirror holds."
        )


def _entries(
    connection: psycopg.Connection, log_id: int, size: int, head: Head
) -> Iterator[tuple[bytes, bytes]]:
    with connection.cursor(name="entries", binary=True) as cursor:
        cursor.itersize = ROWS_AT_ONCE
        cursor.execute(
            "SELECT l.index, l.leaf, coalesce(e.body, l.body) FROM audit_leaves l"
            " LEFT JOIN compliance_events e USING (event_id)"
            " WHERE l.log_id = %s AND l.index >= %s AND l.index < %s ORDER BY l.index",
            [log_id, size, head.size],
        )
        for index, leaf, entry in cursor:
            if entry is None or leaf_hash(entry) != leaf:
                raise MirrorRefuses(
                    f"Entry {index} of {head.origin}: its bytes are not those that were signed."
                )
            yield leaf, entry
