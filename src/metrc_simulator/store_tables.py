"""The tables and indexes of the state file: one table per kind of row, and those around them."""

from __future__ import annotations

import sqlite3

from metrc_simulator.records import KINDS

_INDEXES = (
    ("list", "license, list, last_modified"),
    ("label", "label"),
    ("parent", "parent"),
)
_COLUMNS = (
    "license TEXT, label TEXT, list TEXT, mark TEXT, parent INTEGER, "
    "last_modified INTEGER, changed_at INTEGER, body BLOB, facts BLOB"
)


def make_tables(sql: sqlite3.Connection) -> None:
    """Make what is not there yet, with its indexes."""
    sql.execute("CREATE TABLE IF NOT EXISTS settings(name TEXT PRIMARY KEY, value TEXT)")
    sql.execute("CREATE TABLE IF NOT EXISTS molds(id INTEGER PRIMARY KEY, parts BLOB)")
    sql.execute(
        f"CREATE TABLE IF NOT EXISTS history(kind TEXT, id INTEGER, {_COLUMNS}, "
        "replaced_at INTEGER)"
    )
    sql.execute("CREATE INDEX IF NOT EXISTS history_kind ON history(kind, replaced_at)")
    for number, kind in enumerate(KINDS):
        sql.execute(
            f"CREATE TABLE IF NOT EXISTS {kind}(id INTEGER PRIMARY KEY AUTOINCREMENT, {_COLUMNS})"
        )
        # Every kind counts from its own thousand, so an id used for the wrong kind is noticed
        # instead of hitting a row by chance.
        sql.execute(
            "INSERT INTO sqlite_sequence(name, seq) SELECT ?, ? WHERE NOT EXISTS "
            "(SELECT 1 FROM sqlite_sequence WHERE name = ?)",
            (kind, (number + 1) * 100_000, kind),
        )
    make_indexes(sql)


def make_indexes(sql: sqlite3.Connection) -> None:
    """Make the indexes of every kind."""
    for kind in KINDS:
        for name, over in _INDEXES:
            sql.execute(f"CREATE INDEX IF NOT EXISTS {kind}_{name} ON {kind}({over}, id)")


def drop_indexes(sql: sqlite3.Connection) -> None:
    """Drop them, while very many rows are written."""
    for kind in KINDS:
        for name, _ in _INDEXES:
            sql.execute(f"DROP INDEX IF EXISTS {kind}_{name}")
