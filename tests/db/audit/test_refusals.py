"""The ledger's walls, tried as each role."""

from __future__ import annotations

import json
from datetime import datetime

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.audit.verify import verify
from glassbox.rules.actor import system_actor
from glassbox.runtime.postgres import ClusterUrls
from tests.db.audit.raw_append import RawWriter
from tests.db.audit.sealed import write_events
from tests.ledger import make_durable

TABLES = (
    "compliance_events",
    "audit_leaves",
    "audit_tiles",
    "audit_checkpoints",
    "audit_blobs",
    "audit_openings",
    "audit_logs",
)
# The sequencer's own column; whether it may go down is the trigger's to say.
SETTABLE = {
    "audit_openings": "value = ''",
    "audit_logs": "origin = 'x'",
    "audit_blobs": "sha256 = ''",
}
CHANGES = (
    "UPDATE {} SET {}",
    "DELETE FROM {}",
    "TRUNCATE {} CASCADE",
    "DROP TABLE {}",
    "ALTER TABLE {} DISABLE TRIGGER ALL",
)
ROLES = ("application", "sequencer", "signer", "verifier", "backup")


def changed(change: str, table: str) -> str:
    column = "note = ''" if table == "audit_checkpoints" else "leaf = ''"
    column = "root = ''" if table == "audit_tiles" else SETTABLE.get(table, column)
    return change.format(table, column)


def write_event(now: datetime, *, license_id: int = 7, reason: str = "A test of the ledger") -> str:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('app.license', %s, true), set_config('app.company', '1', true),"
                " set_config('app.licenses', %s, true)",
                [str(license_id), str(license_id)],
            )
        return str(
            ledger.append(
                type=EventType.CASE_OPENED,
                subject="case:1",
                actor=system_actor("test"),
                reason=reason,
                now=now,
            )
        )


def fill_every_table(database: ClusterUrls) -> None:
    write_events(257, body={"labels": ["1A4060300000001000000455"] * 4000})
    make_durable(database)


def test_no_role_that_serves_can_change_the_ledger(database: ClusterUrls) -> None:
    fill_every_table(database)
    for role in ROLES:
        with psycopg.connect(getattr(database, role), autocommit=True) as attacker:
            for table in TABLES:
                for change in CHANGES:
                    with pytest.raises(psycopg.errors.InsufficientPrivilege):
                        attacker.execute(changed(change, table))  # type: ignore[call-overload]


FURTHER = (
    "SET ROLE glassbox_ledger",
    "SET ROLE glassbox_owner",
    "SET session_replication_role = replica",
    "INSERT INTO compliance_events SELECT * FROM compliance_events",
    "INSERT INTO audit_openings (event_id, field, salt, value)"
    " SELECT event_id, 'other', '', '' FROM compliance_events",
    "UPDATE audit_stops SET ended_at = now(), ended_because = 'x'",
    "DELETE FROM audit_stops",
    "CREATE OR REPLACE FUNCTION audit.deny() RETURNS trigger LANGUAGE sql AS 'SELECT 1'",
    "DROP TRIGGER deny_change ON compliance_events",
    "ALTER TABLE compliance_events DISABLE ROW LEVEL SECURITY",
)
# What only one role may write, tried by every other.
ONLY = {
    "INSERT INTO audit_checkpoints SELECT log_id, 9, 9, '', '', now() FROM audit_logs": "signer",
    "INSERT INTO audit_leaves (log_id, index, leaf, chain, body) VALUES (1, 9, '', '', '')": (
        "sequencer"
    ),
    "INSERT INTO audit_tiles VALUES (1, 9, 9, '')": "sequencer",
    "UPDATE audit_logs SET size = 99": "sequencer",
    "DELETE FROM audit_pending": "sequencer",
}


def test_no_role_gets_around_its_walls(database: ClusterUrls) -> None:
    fill_every_table(database)
    for role in ROLES:
        with psycopg.connect(getattr(database, role), autocommit=True) as attacker:
            for attempt in (*FURTHER, *(sql for sql, owner in ONLY.items() if owner != role)):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    attacker.execute(attempt)  # type: ignore[call-overload]


def test_even_a_superuser_who_plays_the_replica_is_refused(
    database: ClusterUrls, superuser: psycopg.Connection
) -> None:
    fill_every_table(database)
    superuser.execute("SET session_replication_role = replica")
    for table in TABLES:
        for change in CHANGES[:3]:
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
                superuser.execute(changed(change, table))  # type: ignore[call-overload]


def test_a_log_never_shrinks_even_by_its_own_sequencer(database: ClusterUrls) -> None:
    fill_every_table(database)
    with (
        psycopg.connect(database.sequencer, autocommit=True) as sequencer,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="only grows"),
    ):
        sequencer.execute("UPDATE audit_logs SET size = size - 1")


def test_another_licence_sees_no_row_and_no_entry_of_the_anchor(database: ClusterUrls) -> None:
    fill_every_table(database)
    with psycopg.connect(database.application) as reader:
        reader.execute("SELECT set_config('app.licenses', '8', true)")
        for table in ("compliance_events", "audit_openings", "audit_blobs"):
            row = reader.execute(f"SELECT count(*) FROM {table}").fetchone()  # type: ignore[call-overload]
            assert row == (0,), table
        rows = reader.execute("SELECT kind FROM audit_logs").fetchall()
        assert rows == [("anchor",)]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            reader.execute("SELECT body FROM audit_leaves")


def test_the_application_cannot_insert_past_the_function(database: ClusterUrls) -> None:
    with (
        psycopg.connect(database.application, autocommit=True) as attacker,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        attacker.execute("INSERT INTO compliance_events DEFAULT VALUES")


def test_an_event_without_a_reason_is_refused(database: ClusterUrls, frozen_now: datetime) -> None:
    with pytest.raises(DatabaseError, match="human-readable reason"):
        write_event(frozen_now, reason="  ")


def test_a_text_that_no_event_commits_to_is_refused(database: ClusterUrls) -> None:
    with RawWriter(database.application, license_id=7) as writer:
        _, body, openings = writer.record()
        more = {**json.loads(openings), "other": {"salt": "00" * 32, "value": "Unseen"}}
        with pytest.raises(psycopg.errors.InvalidParameterValue, match="no other text"):
            writer.connection.execute(
                "SELECT audit.append(%b, %s::jsonb)", [body, json.dumps(more)]
            )


def test_an_event_of_no_licence_is_refused(database: ClusterUrls, frozen_now: datetime) -> None:
    with pytest.raises(DatabaseError, match="belongs to a licence"), transaction.atomic():
        ledger.append(
            type=EventType.CASE_OPENED,
            subject="case:1",
            actor=system_actor("test"),
            reason="Nobody's case",
            now=frozen_now,
        )


def test_what_is_written_is_numbered_and_verifies(
    database: ClusterUrls, frozen_now: datetime
) -> None:
    for license_id in (7, 8, 7):
        write_event(frozen_now, license_id=license_id)

    assert make_durable(database) == 3
    found = verify(database.verifier)
    assert (found.events, found.problem) == (3, "")
