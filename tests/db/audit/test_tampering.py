"""What a superuser of the database could do to the ledger, each with the detector that finds it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import connections

from glassbox.audit.notes import Head, sign_head
from glassbox.audit.signed_heads import SignedHeads
from glassbox.audit.signer import Signer, WillNotSign
from glassbox.audit.signing_keys import STATE_FILE, read_key, read_public_key
from glassbox.audit.tree import Frontier
from glassbox.audit.verify import recompute
from glassbox.runtime.postgres import Cluster
from tests.conftest import TEMPLATE, _connect_django
from tests.db.audit.sealed import Sealed, write_events
from tests.ledger import make_durable, signer_folder

DATABASE = "sealed_for_tampering"
TABLES = (
    "compliance_events",
    "audit_leaves",
    "audit_tiles",
    "audit_openings",
    "audit_checkpoints",
    "audit_logs",
)
LICENSE_LOG = "(SELECT log_id FROM audit_logs WHERE license_id = 7)"


@pytest.fixture(scope="module")
def sealed(cluster: Cluster) -> Iterator[Sealed]:
    connections["default"].close()
    cluster.create_database(DATABASE, template=TEMPLATE)
    urls = cluster.urls(DATABASE)
    _connect_django(urls.application)
    event_ids = write_events(258)
    write_events(3, license_id=8)
    make_durable(urls)
    event_ids += write_events(6)
    make_durable(urls)
    yield Sealed(urls=urls, event_ids=tuple(event_ids))
    connections["default"].close()
    cluster.drop_database(DATABASE)


@pytest.fixture
def attacker(sealed: Sealed) -> Iterator[psycopg.Connection]:
    """A superuser with every trigger disabled, in a transaction that is rolled back after."""
    with psycopg.connect(sealed.urls.superuser) as connection:
        for table in TABLES:
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")  # type: ignore[arg-type]
        yield connection
        connection.rollback()


def public_key(sealed: Sealed) -> bytes:
    return read_public_key(signer_folder(sealed.urls) / "ledger.vkey")


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

# What is done, the SQL of it, and a part of the sentence that finds it.
TAMPERS = (
    ("a byte is edited", "UPDATE compliance_events SET body = body || ' '::bytea", "its bytes"),
    ("an event is edited and all hashes with it", f"{EDIT}; {REHASH}", "the tile it"),
    ("a column is edited", "UPDATE compliance_events SET subject = 'x'", "a column says"),
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
    _unique_off(attacker)

    attacker.execute(sql)  # type: ignore[arg-type]

    found = recompute(attacker, public_key=public_key(sealed))
    assert sentence in found.problem and found.problem, found


def _unique_off(attacker: psycopg.Connection) -> None:
    # Checks and keys are no obstacle to whoever owns the database.
    attacker.execute("ALTER TABLE audit_leaves DROP CONSTRAINT audit_leaves_index_check")
    attacker.execute("ALTER TABLE audit_openings DROP CONSTRAINT audit_openings_event_id_field_key")


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


def fork(attacker: psycopg.Connection, key: Ed25519PrivateKey) -> None:
    """Rewrite history from one event on, everywhere, and sign it with the real key."""
    _unique_off(attacker)
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
