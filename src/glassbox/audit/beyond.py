"""What a mirror knows and a restored database does not: the sends that were begun in between."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

from glassbox.audit.event_types import EventType
from glassbox.audit.mirror import held_heads, place_of
from glassbox.audit.notes import Head
from glassbox.audit.tile_files import LENGTH_BYTES
from glassbox.audit.tiles import TILE_WIDTH, TileMissing, tile_path


def sends_beyond(connection: psycopg.Connection, mirror: Path, public: bytes) -> tuple[str, ...]:
    """Return each send that a mirror tells of and the database has forgotten, as one sentence.

    METRC may have applied it. Its action may be unknown to the database, or stand in an earlier
    state; in both cases a look into METRC comes before anything is sent again.

    :raises NoteWrong: if a checkpoint of the mirror is damaged
    :raises TileMissing: if entries of the mirror are gone or damaged
    """
    found = []
    for head in held_heads(mirror, public):
        row = connection.execute(
            "SELECT size FROM audit_logs WHERE origin = %s", [head.origin]
        ).fetchone()
        for entry in entries_from(place_of(mirror, head.origin), head, row[0] if row else 0):
            if entry.get("type") == EventType.ACTION_CLAIMED:
                found.append(
                    f"{entry['subject']}, {entry.get('endpoint') or 'by hand'}, begun at"
                    f" {entry['occurred_at']} (event {entry['event_id']})"
                )
    return tuple(found)


def entries_from(folder: Path, head: Head, size: int) -> Iterator[dict[str, Any]]:
    """Return a log's entries from `size` on, as a mirror keeps them below `folder`.

    :raises TileMissing: if one is gone or damaged
    """
    for index in range(size // TILE_WIDTH, -(-head.size // TILE_WIDTH)):
        width = min(TILE_WIDTH, head.size - index * TILE_WIDTH)
        path = folder / tile_path("entries", index, width)
        try:
            content = path.read_bytes()
        except OSError as error:
            raise TileMissing(f"{path} cannot be read.") from error
        at, number = 0, index * TILE_WIDTH
        while at < len(content):
            end = at + LENGTH_BYTES + int.from_bytes(content[at : at + LENGTH_BYTES], "big")
            entry = content[at + LENGTH_BYTES : end]
            # The anchor log's entries are heads of other logs, and no events.
            if number >= size and entry.startswith(b"{"):
                yield json.loads(entry)
            at, number = end, number + 1
