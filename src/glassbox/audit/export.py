"""A log as files: C2SP tlog-tiles that anybody's tools read, with what verify.py needs beside them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import psycopg

from glassbox.audit.notes import Head, public_of, verifier_key
from glassbox.audit.offline import verify as offline_verifier
from glassbox.audit.proofs import NotProvable, anchor_text, prove_anchored, prove_entry
from glassbox.audit.tile_files import TileWriter

ROWS_AT_ONCE = 5000
READ_ME = """This folder holds an audit trail, to be checked without the people who wrote it.

    python3 verify.py --key KEY .

KEY is the public key of the ledger, one line. Ask the licensee for it by another way than this
folder; ledger.vkey is a copy. verify.py needs Python 3.9 or newer and nothing else; read it first,
it is short. Each folder with a `checkpoint` is one log in the form of c2sp.org/tlog-tiles, which
tools written by others read as well; `vkey` is the key under the log's own name, as those want it.
openings.jsonl holds the texts that events only commit to: reasons and names. A text that was erased
is missing there, and nothing else changes.
"""


def log_names(
    connection: psycopg.Connection, numbers: Mapping[int, str], *, with_shared: bool
) -> dict[int, str]:
    """Return a folder name for each log of these licences, by id and number.

    `with_shared` adds the log of what belongs to no licence, and the anchor: they tell of all.
    """
    rows = connection.execute(
        "SELECT log_id, kind, license_id, year FROM audit_logs WHERE license_id = ANY(%s)"
        " OR (%s AND license_id IS NULL) ORDER BY log_id",
        [list(numbers), with_shared],
    )
    return {
        log_id: f"{numbers[license_id].replace('/', '-') if license_id else kind}-{year}"
        for log_id, kind, license_id, year in rows
    }


def export_logs(
    connection: psycopg.Connection, folder: Path, names: Mapping[int, str], public_key_line: str
) -> int:
    """Write each log, by its name, below `folder`, up to its newest signed head.

    Returns how many entries were written.

    :raises NotProvable: if a log was never signed, or `folder` has other content
    """
    if folder.exists() and any(folder.iterdir()):
        raise NotProvable(f"{folder} is not empty. Name a folder that is new or empty.")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "README.txt").write_text(READ_ME)
    (folder / "ledger.vkey").write_text(public_key_line.strip() + "\n")
    (folder / "verify.py").write_text(Path(offline_verifier.__file__).read_text())
    public = public_of(public_key_line)[2]
    return sum(
        _export_log(connection, log_id, folder / name, public) for log_id, name in names.items()
    )


def _export_log(connection: psycopg.Connection, log_id: int, folder: Path, public: bytes) -> int:
    row = connection.execute(
        "SELECT g.origin, c.size, c.root, c.note FROM audit_logs g LEFT JOIN LATERAL (SELECT * FROM"
        " audit_checkpoints c WHERE c.log_id = g.log_id ORDER BY number DESC LIMIT 1) c ON true"
        " WHERE g.log_id = %s",
        [log_id],
    ).fetchone()
    if row is None or row[1] is None:
        raise NotProvable(f"Log {log_id} has no signed head yet; is the signer running?")
    origin, size, root, note = row
    folder.mkdir(parents=True)
    with connection.cursor(name="entries", binary=True) as cursor:
        cursor.itersize = ROWS_AT_ONCE
        cursor.execute(
            "SELECT l.leaf, coalesce(e.body, l.body) FROM audit_leaves l"
            " LEFT JOIN compliance_events e USING (event_id)"
            " WHERE l.log_id = %s AND l.index < %s ORDER BY l.index",
            [log_id, size],
        )
        # A copy to give away: it can be made again, so no file of it waits for the disk.
        writer = TileWriter(folder, is_lasting=False)
        for leaf, body in cursor:
            writer.append(leaf, body)
        writer.finish()
    _write_openings(connection, log_id, size, folder)
    (folder / "vkey").write_text(verifier_key(origin, public) + "\n")
    in_log = prove_entry(connection, log_id, size - 1)
    in_anchor = prove_anchored(connection, Head(origin=origin, size=size, root=bytes(root)))
    if in_log is not None and in_anchor is not None:
        (folder / "anchor.tlog-proof").write_text(anchor_text(in_log, in_anchor))
    (folder / "checkpoint").write_text(note)
    return int(size)


def _write_openings(connection: psycopg.Connection, log_id: int, size: int, folder: Path) -> None:
    with (
        connection.cursor(name="openings") as cursor,
        (folder / "openings.jsonl").open("w", encoding="utf-8", newline="\n") as file,
    ):
        cursor.itersize = ROWS_AT_ONCE
        cursor.execute(
            "SELECT (jsonb_object_agg(o.field, jsonb_build_object('salt', encode(o.salt, 'hex'),"
            " 'value', o.value)) || jsonb_build_object('event_id', l.event_id))::text"
            " FROM audit_leaves l JOIN audit_openings o USING (event_id)"
            " WHERE l.log_id = %s AND l.index < %s GROUP BY l.index, l.event_id ORDER BY l.index",
            [log_id, size],
        )
        for (line,) in cursor:
            file.write(line + "\n")
