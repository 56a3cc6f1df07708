"""What a superuser of the database does to the ledger; the strongest is a fork with the real key."""

from __future__ import annotations

import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from glassbox.audit.notes import Head, sign_head
from glassbox.audit.signing_keys import read_public_key
from glassbox.audit.tree import Frontier
from tests.db.audit.sealed import Sealed
from tests.ledger import signer_folder

LICENSE_LOG = "(SELECT log_id FROM audit_logs WHERE license_id = 7)"
REHASH = (
    # Everything inside the database made to fit again: leaf, and the chain from there on.
    "UPDATE compliance_events SET leaf = sha256('\\x00'::bytea || body),"
    " record = convert_from(body, 'UTF8')::jsonb;"
    " UPDATE audit_leaves l SET leaf = e.leaf FROM compliance_events e"
    " WHERE e.event_id = l.event_id;"
    " DO $$ DECLARE r record; c bytea; g bigint := -1; BEGIN"
    " FOR r IN SELECT log_id, index, leaf FROM audit_leaves ORDER BY log_id, index LOOP"
    " IF r.log_id <> g THEN c := decode(repeat('00', 32), 'hex'); g := r.log_id; END IF;"
    " c := sha256(c || r.leaf);"
    " UPDATE audit_leaves SET chain = c WHERE log_id = r.log_id AND index = r.index;"
    " UPDATE audit_logs SET chain = c WHERE log_id = r.log_id;"
    " END LOOP; END $$"
)
EDIT = (
    "UPDATE compliance_events SET body = convert_to(replace(convert_from(body, 'UTF8'),"
    " '\"case:5\"', '\"case:6\"'), 'UTF8'), subject = 'case:6'"
    " WHERE subject = 'case:5' AND license_id = 7"
)
CUT = (
    f"DELETE FROM audit_leaves WHERE log_id = {LICENSE_LOG} AND index >= 260;"
    " DELETE FROM audit_openings o WHERE NOT EXISTS"
    " (SELECT 1 FROM audit_leaves l WHERE l.event_id = o.event_id);"
    " DELETE FROM compliance_events e WHERE NOT EXISTS"
    " (SELECT 1 FROM audit_leaves l WHERE l.event_id = e.event_id)"
)
PLACE = "log_id = " + LICENSE_LOG


def public_key(sealed: Sealed) -> bytes:
    return read_public_key(signer_folder(sealed.urls) / "ledger.vkey")


def unique_off(attacker: psycopg.Connection) -> None:
    # Checks and keys are no obstacle to whoever owns the database.
    attacker.execute("ALTER TABLE audit_leaves DROP CONSTRAINT audit_leaves_index_check")
    attacker.execute("ALTER TABLE audit_openings DROP CONSTRAINT audit_openings_pkey")


def fork(attacker: psycopg.Connection, key: Ed25519PrivateKey) -> None:
    """Rewrite history from one event on, everywhere, and sign it with the real key."""
    unique_off(attacker)
    attacker.execute(f"{EDIT}; {REHASH}")  # type: ignore[arg-type]
    logs = attacker.execute(
        "SELECT log_id, origin FROM audit_logs ORDER BY kind = 'anchor', log_id"
    ).fetchall()
    new_texts: dict[str, str] = {}
    for log_id, origin in logs:
        frontier = Frontier()
        notes = dict(
            attacker.execute(
                "SELECT size, number FROM audit_checkpoints WHERE log_id = %s", [log_id]
            ).fetchall()
        )
        rows = attacker.execute(
            "SELECT index, leaf, body FROM audit_leaves WHERE log_id = %s ORDER BY index", [log_id]
        ).fetchall()
        for index, leaf, body in rows:
            if body is not None:
                place = "\n".join(bytes(body).decode().split("\n")[:2])
                body = new_texts[place].encode()
                leaf_sql = "sha256('\\x00'::bytea || %s)"
                attacker.execute(
                    f"UPDATE audit_leaves SET body = %s, leaf = {leaf_sql}"  # type: ignore[arg-type]
                    " WHERE log_id = %s AND index = %s",
                    [body, body, log_id, index],
                )
                row = attacker.execute("SELECT sha256('\\x00'::bytea || %s)", [body]).fetchone()
                assert row is not None
                leaf = row[0]
            for level, tile, root in frontier.append(bytes(leaf)):
                attacker.execute(
                    "UPDATE audit_tiles SET root = %s WHERE log_id = %s AND level = %s"
                    " AND index = %s",
                    [root, log_id, level, tile],
                )
            head = Head(origin=origin, size=frontier.size, root=frontier.root())
            if frontier.size in notes:
                new_texts[f"{origin}\n{frontier.size}"] = head.text()
                attacker.execute(
                    "UPDATE audit_checkpoints SET root = %s, note = %s"
                    " WHERE log_id = %s AND number = %s",
                    [head.root, sign_head(head, key), log_id, notes[frontier.size]],
                )
        attacker.execute(
            "UPDATE audit_logs SET root = %s WHERE log_id = %s", [frontier.root(), log_id]
        )
    attacker.execute(REHASH)  # type: ignore[arg-type]
