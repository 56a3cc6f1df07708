"""The walls by introspection: every row of a licence or company is walled, or listed with its reason."""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg
from django.db import connection

from glassbox.cli.demo_brand import Brand
from tests.cast import MFG
from tests.db.actions.story import draft, put_oil
from tests.db.api.calling import token_of

# Tables with a licence or a company that no wall stands around, and why.
WITHOUT_WALL = {
    "licenses": "which licences there are is asked before any is entered; holds no goods",
    "roles": "who may look into which licence decides the walls themselves",
    "users": "read when somebody signs in, before any licence is known",
}
OF_SOMEBODY = """
    SELECT c.relname, CASE WHEN c.relowner = 'glassbox_ledger'::regrole
        -- Nobody signs in as the ledger's owner: its policies hold for every role there is.
        THEN c.relrowsecurity OR NOT has_table_privilege('glassbox_app', c.oid, 'SELECT')
        ELSE c.relrowsecurity AND c.relforcerowsecurity END
    FROM pg_class c
    WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace AND EXISTS (
        SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND NOT a.attisdropped
        AND a.attname IN ('license_id', 'company_id'))
"""
IN_EVERY_TABLE = """
    SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
    AND a.attname = 'license_id' AND NOT a.attisdropped
    AND has_table_privilege('glassbox_app', c.oid, 'SELECT')
"""


def fill(cast: Brand) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    put_oil(cast, now)
    draft(cast, now)
    token_of(cast, "Ana")


def test_every_table_of_a_licence_or_company_is_walled_or_listed(
    cast_superuser: psycopg.Connection,
) -> None:
    found = {name: walled for name, walled in cast_superuser.execute(OF_SOMEBODY).fetchall()}

    assert len(found) > 80
    assert {name for name, walled in found.items() if not walled} == set(WITHOUT_WALL)


def test_without_a_licence_no_row_of_any_is_seen(
    cast: Brand, cast_superuser: psycopg.Connection
) -> None:
    fill(cast)
    tables = [name for (name,) in cast_superuser.execute(IN_EVERY_TABLE).fetchall()]
    filled = 0
    with connection.cursor() as cursor:
        for table in sorted(set(tables) - set(WITHOUT_WALL)):
            rows = cast_superuser.execute(f"SELECT count(*) FROM {table}").fetchone()  # type: ignore[arg-type]
            filled += bool(rows and rows[0])
            cursor.execute(f"SELECT count(*) FROM {table}")
            assert cursor.fetchone() == (0,), table
    # Empty tables would prove nothing.
    assert filled > 10


def test_a_row_is_written_at_the_licence_entered_and_nowhere_else(
    cast: Brand, cast_superuser: psycopg.Connection
) -> None:
    fill(cast)
    tables = [name for (name,) in cast_superuser.execute(IN_EVERY_TABLE).fetchall()]
    here = cast.licenses[MFG]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('app.license', '3', false), set_config('app.licenses', '3', false)"
        )
        try:
            for table in sorted(set(tables) - set(WITHOUT_WALL)):
                if not may_change(cast_superuser, table):
                    continue
                cursor.execute(f"UPDATE {table} SET license_id = 3 WHERE license_id = {here}")
                assert cursor.rowcount == 0, table
                cursor.execute(f"DELETE FROM {table} WHERE license_id = {here}")
                assert cursor.rowcount == 0, table
        finally:
            cursor.execute(
                "SELECT set_config('app.license', '', false), set_config('app.licenses', '', false)"
            )


def may_change(superuser: psycopg.Connection, table: str) -> bool:
    row = superuser.execute(
        "SELECT has_table_privilege('glassbox_app', %s, 'UPDATE')"
        " AND has_table_privilege('glassbox_app', %s, 'DELETE')",
        [table, table],
    ).fetchone()
    return bool(row and row[0])
