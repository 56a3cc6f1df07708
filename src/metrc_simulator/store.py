"""The simulator's state: one SQLite table per kind, each row's METRC JSON ready as text."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from metrc_simulator.clock import machine_microseconds
from metrc_simulator.journal_table import JournalTable
from metrc_simulator.list_counts import ListCounts
from metrc_simulator.molds import Molds, Part, is_cast
from metrc_simulator.records import KINDS, Query, Record
from metrc_simulator.store_tables import drop_indexes, make_indexes, make_tables
from metrc_simulator.wire import decode, encode, microseconds_of, moment_text

_COLUMNS = "id, license, label, list, mark, parent, last_modified, changed_at, body, facts"
_HISTORY_MICROSECONDS = 900 * 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


# A row of a cast: the columns in their order.
CastRow = tuple[int, str, str, str, str, int, int, int, bytes, bytes | None]


class StoreBroken(Exception):
    """The state file is not one of ours."""


class Store:
    """All rows of one world, behind one lock: METRC's writes are serial here."""

    def __init__(self, path: str | None = None, read_only: bool = False) -> None:
        self.lock = threading.RLock()
        self._depth = 0
        self._counts = ListCounts(self._moments, self._count_in_sql)
        self._molds: Molds | None = None
        self._versions = dict.fromkeys(KINDS, 0)
        self.watching = False
        self._touched: list[int] = []
        try:
            address = f"{Path(path).resolve().as_uri()}?mode=ro" if path and read_only else path
            self._sql = sqlite3.connect(
                address or ":memory:",
                check_same_thread=False,
                isolation_level=None,
                uri=read_only,
            )
            self.journal = JournalTable(self._sql, self.lock, self.transaction)
            if read_only:
                return
            self._sql.execute("PRAGMA page_size=8192")
            self._sql.execute("PRAGMA journal_mode=WAL")
            self._sql.execute("PRAGMA synchronous=NORMAL")
            make_tables(self._sql)
            self.journal.make()
        except sqlite3.DatabaseError as problem:
            raise StoreBroken(f"state file {path}: {problem}") from problem

    @contextmanager
    def loading(self) -> Iterator[None]:
        """Write very many rows into an empty store: without indexes, and without a way back."""
        with self.lock:
            drop_indexes(self._sql)
            self._sql.execute("PRAGMA journal_mode=OFF")
            self._sql.execute("PRAGMA synchronous=OFF")
            self._sql.execute("PRAGMA cache_size=-400000")
            yield
            make_indexes(self._sql)
            self._sql.execute("PRAGMA cache_size=-2000")
            self._sql.execute("PRAGMA synchronous=NORMAL")
            self._sql.execute("PRAGMA journal_mode=WAL")

    def add_casts(self, kind: str, rows: Iterable[CastRow]) -> None:
        """Insert rows of a cast, whose molds are kept beside them."""
        with self.lock:
            places = ", ".join("?" * len(_COLUMNS.split(",")))
            self._sql.executemany(f"INSERT INTO {kind}({_COLUMNS}) VALUES ({places})", rows)
            self._changed(kind)

    def keep_molds(self, molds: Mapping[int, Sequence[Part]], days: Sequence[int]) -> None:
        """Keep the molds of casts, and how many days each copy lies back."""
        with self.lock:
            self._sql.executemany(
                "INSERT INTO molds(id, parts) VALUES (?, ?)",
                ((number, encode(list(parts))) for number, parts in molds.items()),
            )
            self.keep_setting("days_of_copies", encode(list(days)).decode())
            self._molds = None

    def _whole(self, stored: bytes) -> bytes:
        """Return a stored row's JSON, cast from its mold where it is only the row of a copy."""
        if not is_cast(stored):
            return stored
        if self._molds is None:
            rows = self._sql.execute("SELECT id, parts FROM molds").fetchall()
            molds = {number: decode(parts) for number, parts in rows}
            self._molds = Molds(molds, decode((self.setting("days_of_copies") or "[]").encode()))
        return self._molds.whole(stored)

    def close(self) -> None:
        """Close the database."""
        with self.lock:
            self.journal.catch_up()
            self._sql.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Open the one write transaction, or a savepoint inside it; an exception undoes it."""
        with self.lock:
            if self._depth == 0:
                self.journal.write_gathered()
            name = f"level_{self._depth}"
            self._sql.execute("BEGIN IMMEDIATE" if self._depth == 0 else f"SAVEPOINT {name}")
            self._depth += 1
            touched = len(self._touched)
            try:
                yield
            except BaseException:
                self._depth -= 1
                del self._touched[touched:]
                for kind in KINDS:
                    self._changed(kind)
                if self._depth == 0:
                    self._sql.execute("ROLLBACK")
                else:
                    self._sql.execute(f"ROLLBACK TO {name}")
                    self._sql.execute(f"RELEASE {name}")
                raise
            if self._depth == 1:
                self.journal.write_settled()
            self._depth -= 1
            self._sql.execute("COMMIT" if self._depth == 0 else f"RELEASE {name}")

    def add(self, record: Record, now: datetime) -> Record:
        """Insert `record`, giving it LastModified and, unless it brings one, its id."""
        with self.lock:
            record.last_modified = microseconds_of(now)
            cursor = self._sql.execute(
                f"INSERT INTO {record.kind}(id, license, label, list, mark, parent, "
                "last_modified, changed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    record.id or None,
                    record.license_number,
                    record.label.lower(),
                    record.list_name,
                    record.mark,
                    record.parent,
                    record.last_modified,
                    machine_microseconds(),
                ),
            )
            record.id = cursor.lastrowid or 0
            self._write(record)
        return record

    def save(self, record: Record, now: datetime) -> Record:
        """Replace the stored row; its LastModified moves forward even if the clock did not."""
        with self.lock:
            self._remember(record.kind, record.id)
            record.last_modified = max(microseconds_of(now), record.last_modified + 1)
            self._write(record)
        return record

    def put(self, record: Record, now: datetime) -> Record:
        """Insert or replace the row with the id that `record` brings."""
        with self.lock:
            found = self.get(record.kind, record.id)
            if found is None:
                return self.add(record, now)
            record.last_modified = found.last_modified
            return self.save(record, now)

    def take_touched(self) -> list[int]:
        """Return the ids of packages written since the last call, while the store is watched."""
        with self.lock:
            taken, self._touched = self._touched, []
            return list(dict.fromkeys(taken))

    def version(self, kind: str) -> int:
        """Return a number that grows whenever a row of this kind may have changed."""
        return self._versions[kind]

    def _changed(self, kind: str) -> None:
        self._versions[kind] += 1
        self._counts.forget(kind)

    def _write(self, record: Record) -> None:
        self._changed(record.kind)
        if self.watching and record.kind == "packages":
            self._touched.append(record.id)
        body = record.body
        if "Id" in body:
            body["Id"] = record.id
        if "LastModified" in body:
            stamp = _EPOCH + timedelta(microseconds=record.last_modified)
            body["LastModified"] = moment_text(stamp)
        self._sql.execute(
            f"UPDATE {record.kind} SET license=?, label=?, list=?, mark=?, parent=?, "
            "last_modified=?, changed_at=?, body=?, facts=? WHERE id=?",
            (
                record.license_number,
                record.label.lower(),
                record.list_name,
                record.mark,
                record.parent,
                record.last_modified,
                machine_microseconds(),
                encode(body),
                encode(record.facts) if record.facts else None,
                record.id,
            ),
        )

    def _remember(self, kind: str, record_id: int) -> None:
        now = machine_microseconds()
        self._sql.execute(
            f"INSERT INTO history SELECT ?, {_COLUMNS}, ? FROM {kind} WHERE id = ?",
            (kind, now, record_id),
        )
        self._sql.execute(
            "DELETE FROM history WHERE kind = ? AND replaced_at < ?",
            (kind, now - _HISTORY_MICROSECONDS),
        )

    def remove(self, record: Record) -> None:
        """Delete the row for good (METRC does so with templates and their parts only)."""
        with self.lock:
            self._changed(record.kind)
            self._remember(record.kind, record.id)
            self._sql.execute(f"DELETE FROM {record.kind} WHERE id = ?", (record.id,))

    def get(self, kind: str, record_id: int) -> Record | None:
        """Return the row with this id, or None; no number a caller may send is too large."""
        if not 0 < record_id < 2**63:
            return None
        return self._one(kind, "id = ?", [record_id])

    def find(self, kind: str, label: str, license_number: str | None = None) -> Record | None:
        """Return the row with this label or name, ignoring case, active ones first; or None."""
        condition, values = "label = ?", [label.lower()]
        if license_number is not None:
            condition, values = condition + " AND license = ?", [*values, license_number]
        return self._one(kind, condition + " ORDER BY list <> 'active', id", values)

    def _one(self, kind: str, condition: str, values: Sequence[Any]) -> Record | None:
        with self.lock:
            row = self._sql.execute(
                f"SELECT {_COLUMNS} FROM {kind} WHERE {condition} LIMIT 1", values
            ).fetchone()
        return self._record(kind, row) if row else None

    def select(self, query: Query, limit: int = -1) -> list[Record]:
        """Return the rows asked for, oldest id first."""
        condition, values = query.where()
        with self.lock:
            rows = self._sql.execute(
                f"SELECT {_COLUMNS} FROM {query.kind} WHERE {condition} ORDER BY id LIMIT ?",
                [*values, limit],
            ).fetchall()
        return [self._record(query.kind, row) for row in rows]

    def every(self, kind: str) -> Iterator[Record]:
        """Yield all rows of a kind by id, a piece at a time, so that any number fits."""
        last = 0
        while True:
            with self.lock:
                rows = self._sql.execute(
                    f"SELECT {_COLUMNS} FROM {kind} WHERE id > ? ORDER BY id LIMIT 1000", (last,)
                ).fetchall()
            if not rows:
                return
            yield from [self._record(kind, row) for row in rows]
            last = rows[-1][0]

    def ids_given(self) -> dict[str, int]:
        """Return the last id given to each kind; no id is ever given twice."""
        with self.lock:
            found = dict(self._sql.execute("SELECT name, seq FROM sqlite_sequence").fetchall())
        return {kind: found[kind] for kind in KINDS if kind in found}

    def give_ids_after(self, ids: Mapping[str, int]) -> None:
        """Let the next ids follow these, as they did in another store."""
        with self.lock, self.transaction():
            self._sql.executemany(
                "UPDATE sqlite_sequence SET seq = ? WHERE name = ?",
                [(ids[kind], kind) for kind in KINDS if kind in ids],
            )

    def count(self, query: Query) -> int:
        """Return how many rows there are."""
        if query.as_of is not None:
            return self._count_in_sql(query)
        with self.lock:
            return self._counts.count(query)

    def _count_in_sql(self, query: Query) -> int:
        source, condition, values = _source(query)
        with self.lock:
            row = self._sql.execute(f"SELECT count(*) FROM {source} WHERE {condition}", values)
            return int(row.fetchone()[0])

    def _moments(self, query: Query, at_most: int) -> list[int]:
        condition, values = query.where()
        with self.lock:
            rows = self._sql.execute(
                f"SELECT last_modified FROM {query.kind} WHERE {condition} "
                "ORDER BY last_modified LIMIT ?",
                [*values, at_most],
            ).fetchall()
        return [row[0] for row in rows]

    def bodies(self, query: Query, limit: int = -1, offset: int = 0) -> list[bytes]:
        """Return the ready JSON of the rows asked for, newest LastModified first."""
        source, condition, values = _source(query)
        with self.lock:
            rows = self._sql.execute(
                f"SELECT body FROM {source} WHERE {condition} "
                "ORDER BY last_modified DESC, id DESC LIMIT ? OFFSET ?",
                [*values, limit, offset],
            ).fetchall()
        return [self._whole(row[0]) for row in rows]

    def body_as_of(self, kind: str, record_id: int, as_of: int) -> bytes | None:
        """Return what the row's JSON was at a machine time in microseconds, or None."""
        source, condition, values = _source(Query(kind, as_of=as_of))
        with self.lock:
            row = self._sql.execute(
                f"SELECT body FROM {source} WHERE {condition} AND id = ?", [*values, record_id]
            ).fetchone()
        return self._whole(row[0]) if row else None

    def _record(self, kind: str, row: Sequence[Any]) -> Record:
        return Record(
            kind=kind,
            id=row[0],
            license_number=row[1],
            label=row[2],
            list_name=row[3],
            mark=row[4],
            parent=row[5],
            last_modified=row[6],
            body=decode(self._whole(row[8])),
            facts=decode(self._whole(row[9])) if row[9] else {},
        )

    def setting(self, name: str) -> str | None:
        """Return a stored setting, or None."""
        with self.lock:
            row = self._sql.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    def keep_setting(self, name: str, value: str) -> None:
        """Store a setting."""
        with self.lock:
            self._sql.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, value))

    def settings(self) -> dict[str, str]:
        """Return all stored settings."""
        with self.lock:
            return dict(self._sql.execute("SELECT name, value FROM settings").fetchall())

    def next_number(self, name: str) -> int:
        """Return the next number of a counter that survives restarts, from 1."""
        with self.lock:
            number = int(self.setting(name) or 0) + 1
            self.keep_setting(name, str(number))
            return number

    def clear(self) -> None:
        """Remove every row, setting and journal entry; ids go on counting."""
        with self.lock, self.transaction():
            self._molds = None
            for table in (*KINDS, "molds", "history", "settings", *JournalTable.TABLES):
                self._sql.execute(f"DELETE FROM {table}")
            self.journal.forget_settled()
            self._counts.forget_all()
            for kind in KINDS:
                self._changed(kind)


def _source(query: Query) -> tuple[str, str, list[Any]]:
    condition, values = query.where()
    if query.as_of is None:
        return query.kind, condition, values
    # Before a change the row was what history kept; a row younger than the moment was not there.
    then = (
        f"(SELECT {_COLUMNS} FROM {query.kind} WHERE changed_at <= ? UNION ALL "
        f"SELECT {_COLUMNS} FROM history WHERE kind = ? AND changed_at <= ? AND replaced_at > ?)"
    )
    return then, condition, [query.as_of, query.kind, query.as_of, query.as_of, *values]
