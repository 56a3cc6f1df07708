"""The ledger's walls, tried as each role."""

from __future__ import annotations

from datetime import datetime

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.audit.verify import verify
from glassbox.rules.actor import system_actor
from glassbox.runtime.postgres import ClusterUrls
from tests.ledger import make_durable

TABLES = ("compliance_events", "audit_leaves")
CHANGES = (
    "UPDATE {} SET leaf = ''",
    "DELETE FROM {}",
    "TRUNCATE {} CASCADE",
    "DROP TABLE {}",
    "ALTER TABLE {} DISABLE TRIGGER ALL",
)


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


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("role", ["application", "sequencer", "verifier", "backup"])
def test_no_role_that_serves_can_change_the_ledger(
    database: ClusterUrls, frozen_now: datetime, role: str, change: str, table: str
) -> None:
    write_event(frozen_now)
    make_durable(database)

    with (
        psycopg.connect(getattr(database, role), autocommit=True) as attacker,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        attacker.execute(change.format(table))


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("change", CHANGES[:3])
def test_even_a_superuser_who_plays_the_replica_is_refused(
    database: ClusterUrls,
    superuser: psycopg.Connection,
    frozen_now: datetime,
    change: str,
    table: str,
) -> None:
    write_event(frozen_now)
    make_durable(database)
    superuser.execute("SET session_replication_role = replica")

    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
        superuser.execute(change.format(table))


def test_the_application_cannot_insert_past_the_function(database: ClusterUrls) -> None:
    with (
        psycopg.connect(database.application, autocommit=True) as attacker,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        attacker.execute("INSERT INTO compliance_events DEFAULT VALUES")


def test_an_event_without_a_reason_is_refused(database: ClusterUrls, frozen_now: datetime) -> None:
    with pytest.raises(DatabaseError, match="human-readable reason"):
        write_event(frozen_now, reason="  ")


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


TAMPERS = (
    "UPDATE compliance_events SET body = body || ' '::bytea",
    "UPDATE compliance_events SET subject = 'case:2', record = record || '{\"subject\":\"case:2\"}'",
    "UPDATE audit_leaves SET chain = sha256(chain)",
    "DELETE FROM audit_leaves WHERE index = 0",
    "UPDATE audit_leaves SET index = index + 100",
    "UPDATE audit_openings SET value = 'Another reason' WHERE field = 'reason'",
    "DELETE FROM audit_pending; INSERT INTO compliance_events SELECT gen_random_uuid(), company_id,"
    " license_id, type, subject, actor_id, occurred_at, ts, body, leaf, record"
    " FROM compliance_events LIMIT 1",
)


@pytest.mark.parametrize("tamper", TAMPERS)
def test_whoever_disables_the_triggers_is_found_out(
    database: ClusterUrls, superuser: psycopg.Connection, frozen_now: datetime, tamper: str
) -> None:
    for _ in range(3):
        write_event(frozen_now)
    make_durable(database)
    assert verify(database.verifier).is_verified
    for table in (*TABLES, "audit_openings"):
        superuser.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")  # type: ignore[arg-type]

    superuser.execute(tamper)  # type: ignore[arg-type]

    assert not verify(database.verifier).is_verified
