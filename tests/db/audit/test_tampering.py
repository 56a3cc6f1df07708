"""What a superuser of the database could do to the ledger, each with the detector that finds it."""

from __future__ import annotations

import shutil
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from glassbox.audit.notes import Head, sign_head
from glassbox.audit.signed_heads import SignedHeads
from glassbox.audit.signer import Signer, WillNotSign
from glassbox.audit.signing_keys import STATE_FILE, read_key
from glassbox.audit.verify import recompute
from tests.db.audit.attacks import (
    CUT,
    EDIT,
    LICENSE_LOG,
    PLACE,
    REHASH,
    fork,
    public_key,
    unique_off,
)
from tests.db.audit.sealed import Sealed
from tests.ledger import signer_folder

# What is done, the SQL of it, and a part of the sentence that finds it.
TAMPERS = (
    ("a byte is edited", "UPDATE compliance_events SET body = body || ' '::bytea", "its bytes"),
    ("an event is edited and all hashes with it", f"{EDIT}; {REHASH}", "the tile it"),
    ("a column is edited", "UPDATE compliance_events SET subject = 'x'", "a column says"),
    (
        "the readable copy of a record is edited",
        "UPDATE compliance_events SET record = jsonb_set(record, '{reason_code}', '\"x\"')",
        "a column says",
    ),
    (
        "JSON is written anew with the same meaning",
        "UPDATE compliance_events SET body = convert_to(record::text, 'UTF8')",
        "its bytes",
    ),
    ("a leaf is deleted", f"DELETE FROM audit_leaves WHERE {PLACE} AND index = 3", "3 is missing"),
    (
        "an event is deleted with its leaf, and the rest renumbered",
        f"DELETE FROM audit_leaves WHERE {PLACE} AND index = 3;"
        f" UPDATE audit_leaves SET index = index + 10000 WHERE {PLACE} AND index > 3;"
        f" UPDATE audit_leaves SET index = index - 10001 WHERE {PLACE} AND index > 3; {REHASH}",
        "the tile it",
    ),
    (
        "an event is inserted back-dated",
        "INSERT INTO compliance_events SELECT gen_random_uuid(), company_id, license_id, type,"
        " subject, actor_id, occurred_at - interval '1 day', ts - interval '1 day', body, leaf,"
        " record FROM compliance_events LIMIT 1",
        "has no number",
    ),
    (
        "two events change places",
        f"UPDATE audit_leaves SET index = -index WHERE {PLACE} AND index IN (3, 4);"
        f" UPDATE audit_leaves SET index = CASE index WHEN -3 THEN 4 ELSE 3 END"
        f" WHERE {PLACE} AND index < 0; {REHASH}",
        "the tile it",
    ),
    ("the tail is cut off", CUT, "are left"),
    (
        "the tail is cut off, and checkpoints and head with it",
        f"{CUT}; DELETE FROM audit_checkpoints WHERE {PLACE} AND number = 2;"
        f" UPDATE audit_logs SET size = 260 WHERE {PLACE}",
        "another root",
    ),
    ("a checkpoint is dropped", "DELETE FROM audit_checkpoints WHERE number = 1", "1 is missing"),
    (
        "a checkpoint is doubled",
        "INSERT INTO audit_checkpoints (log_id, number, size, root, note)"
        " SELECT log_id, number + 5, size + 1000, root, note FROM audit_checkpoints",
        "is missing",
    ),
    ("a root is edited", f"UPDATE audit_logs SET root = sha256(root) WHERE {PLACE}", "different"),
    ("a tile is edited", "UPDATE audit_tiles SET root = sha256(root)", "the tile it completes"),
    ("a tile is dropped", "DELETE FROM audit_tiles", "the tile it completes"),
    (
        "an anchored head is edited",
        "UPDATE audit_leaves SET body = convert_to(replace(convert_from(body, 'UTF8'), '258',"
        " '257'), 'UTF8') WHERE event_id IS NULL",
        "",
    ),
    (
        "two openings change places",
        "UPDATE audit_openings SET field = CASE field WHEN 'reason' THEN 'actor_name'"
        " ELSE 'reason' END",
        "not the one that was committed to",
    ),
    (
        "an opening is added for no event",
        "INSERT INTO audit_openings (event_id, field, salt, value)"
        " VALUES (gen_random_uuid(), 'reason', sha256('x'), 'x')",
        "the event is not",
    ),
    ("an opening vanishes", "DELETE FROM audit_openings WHERE field = 'reason'", "no event tells"),
    (
        "an event moves to another licence",
        "UPDATE compliance_events SET license_id = 8 WHERE subject = 'case:200'",
        "another licence",
    ),
)


@pytest.mark.parametrize(
    ("sql", "sentence"), [row[1:] for row in TAMPERS], ids=[r[0] for r in TAMPERS]
)
def test_recomputation_finds_it(
    sealed: Sealed, attacker: psycopg.Connection, sql: str, sentence: str
) -> None:
    assert recompute(attacker, public_key=public_key(sealed)).problem == ""
    unique_off(attacker)

    attacker.execute(sql)  # type: ignore[arg-type]

    found = recompute(attacker, public_key=public_key(sealed))
    assert sentence in found.problem and found.problem, found


def test_a_checkpoint_signed_with_another_key_is_found(
    sealed: Sealed, attacker: psycopg.Connection
) -> None:
    rows = attacker.execute(
        "SELECT c.log_id, c.number, g.origin, c.size, c.root FROM audit_checkpoints c"
        " JOIN audit_logs g USING (log_id)"
    ).fetchall()
    foreign = Ed25519PrivateKey.generate()
    for log_id, number, origin, size, root in rows:
        note = sign_head(Head(origin=origin, size=size, root=bytes(root)), foreign)
        attacker.execute(
            "UPDATE audit_checkpoints SET note = %s WHERE log_id = %s AND number = %s",
            [note, log_id, number],
        )

    found = recompute(attacker, public_key=public_key(sealed))

    assert "not signed with the trusted key" in found.problem


def signer_on(connection: psycopg.Connection, sealed: Sealed, tmp_path: Path) -> Signer:
    """The signer as it starts again, with a copy of its own memory."""
    state = tmp_path / uuid4().hex / STATE_FILE
    state.parent.mkdir()
    shutil.copy(signer_folder(sealed.urls) / STATE_FILE, state)
    return Signer(connection, key=read_key(signer_folder(sealed.urls)), heads=SignedHeads(state))


def test_a_fork_signed_with_the_real_key_fools_the_database_and_not_the_signer(
    sealed: Sealed, attacker: psycopg.Connection, tmp_path: Path
) -> None:
    signer_on(attacker, sealed, tmp_path).check_past()

    fork(attacker, read_key(signer_folder(sealed.urls)))

    # Inside the database everything fits again: this is why there is an outside.
    assert recompute(attacker, public_key=public_key(sealed)).problem == ""
    with pytest.raises(WillNotSign, match="checkpoint 2 was signed, and not this one"):
        signer_on(attacker, sealed, tmp_path).check_past()


def test_a_restored_old_backup_is_not_signed_on(
    sealed: Sealed, attacker: psycopg.Connection, tmp_path: Path
) -> None:
    attacker.execute(  # type: ignore[call-overload]
        f"{CUT}; DELETE FROM audit_checkpoints WHERE {PLACE} AND number = 2;"
        f" UPDATE audit_logs SET size = 258 WHERE {PLACE}"
    )

    with pytest.raises(WillNotSign, match="set back to an older state"):
        signer_on(attacker, sealed, tmp_path).check_past()


def test_a_head_that_does_not_continue_is_not_signed(
    sealed: Sealed, attacker: psycopg.Connection, tmp_path: Path
) -> None:
    attacker.execute(  # type: ignore[call-overload]
        "INSERT INTO audit_leaves (log_id, index, leaf, chain, body)"
        f" SELECT {LICENSE_LOG}, 264, sha256('x'), sha256('y'), 'x';"
        f" UPDATE audit_logs SET size = 265, root = sha256('anything') WHERE {PLACE}"
    )

    signer = signer_on(attacker, sealed, tmp_path)
    signer.check_past()
    with pytest.raises(WillNotSign, match="does not continue"):
        signer.sign_heads()
    # A gap is no continuation either.
    attacker.execute(f"UPDATE audit_leaves SET index = 270 WHERE {PLACE} AND index = 264")  # type: ignore[arg-type]
    with pytest.raises(WillNotSign, match="does not continue"):
        signer.sign_heads()
