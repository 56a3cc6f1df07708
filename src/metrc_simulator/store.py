"""The simulator's state: one SQLite table per kind, each row's METRC JSON ready as text."""

from __future__ import annotations

import sqlite3
import threading
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from metrc_simulator.clock import machine_microseconds
from metrc_simulator.molds import Molds, Part, is_cast
from metrc_simulator.records import KINDS, Query, Record
from metrc_simulator.wire import decode, encode, microseconds_of, moment_text

_INDEXES = (
    ("list", "license, list, last_modified"),
    ("label", "label"),
    ("parent", "parent"),
)
_COLUMNS = "id, license, label, list, mark, parent, last_modified, changed_at, body, facts"
_UNWRITTEN_AT_MOST = 200
_HISTORY_MICROSECONDS = 900 * 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


# A row of a cast: the columns in their order.
CastRow = tuple[int, str, str, str, str, int, int, int, bytes, bytes | None]
# Above so many rows, a list is counted by SQL: its moments would cost more than they spare.
_MOMENTS_AT_MOST = 20_000
_COUNTS_AT_MOST = 10_000


class StoreBroken(Exception):
    """The state file is not one of ours."""


@dataclass(eq=False)
class JournalRow:
    """One entry (a JSON object without its opening brace and `seq`) on its way into the table.

    `known` is whether the caller could know what was done, None while nobody can say.
    """

    entry: bytes
    known: bool | None
    seq: int = 0


class Store:
    """All rows of one world, behind one lock: METRC's writes are serial here."""

    def __init__(self, path: str | None = None, read_only: bool = False) -> None:
        self.lock = threading.RLock()
        self._depth = 0
        # How many rows a window holds is asked for every page; counting in SQL costs ten times
        # the page itself, so the moments of a list are kept until the kind changes.
        self._moments: dict[str, dict[Any, list[int]]] = {kind: {} for kind in KINDS}
        self._large: set[Any] = set()
        self._counts: dict[str, dict[Any, int]] = {kind: {} for kind in KINDS}
        self._molds: Molds | None = None
        self._versions = dict.fromkeys(KINDS, 0)
        self._unwritten: list[JournalRow] = []
        self._settled: dict[int, bool] = {}
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
            if read_only:
                return
            self._sql.execute("PRAGMA page_size=8192")
            self._sql.execute("PRAGMA journal_mode=WAL")
            self._sql.execute("PRAGMA synchronous=NORMAL")
            self._make_tables()
        except sqlite3.DatabaseError as problem:
            raise StoreBroken(f"state file {path}: {problem}") from problem

    def _make_tables(self) -> None:
        self._sql.execute("CREATE TABLE IF NOT EXISTS settings(name TEXT PRIMARY KEY, value TEXT)")
        self._sql.execute(
            "CREATE TABLE IF NOT EXISTS journal(seq INTEGER PRIMARY KEY AUTOINCREMENT, entry BLOB)"
        )
        # What is known only after an entry is kept stands beside it.
        self._sql.execute(
            "CREATE TABLE IF NOT EXISTS journal_known(seq INTEGER PRIMARY KEY, known INTEGER)"
        )
        self._sql.execute("CREATE TABLE IF NOT EXISTS molds(id INTEGER PRIMARY KEY, parts BLOB)")
        columns = (
            "license TEXT, label TEXT, list TEXT, mark TEXT, parent INTEGER, "
            "last_modified INTEGER, changed_at INTEGER, body BLOB, facts BLOB"
        )
        self._sql.execute(
            f"CREATE TABLE IF NOT EXISTS history(kind TEXT, id INTEGER, {columns}, "
            "replaced_at INTEGER)"
        )
        self._sql.execute("CREATE INDEX IF NOT EXISTS history_kind ON history(kind, replaced_at)")
        for number, kind in enumerate(KINDS):
            self._sql.execute(
                f"CREATE TABLE IF NOT EXISTS {kind}"
                f"(id INTEGER PRIMARY KEY AUTOINCREMENT, {columns})"
            )
            # Every kind counts from its own thousand, so an id used for the wrong kind is
            # noticed instead of hitting a row by chance.
            self._sql.execute(
                "INSERT INTO sqlite_sequence(name, seq) SELECT ?, ? WHERE NOT EXISTS "
                "(SELECT 1 FROM sqlite_sequence WHERE name = ?)",
                (kind, (number + 1) * 100_000, kind),
            )

        self._make_indexes()

    def _make_indexes(self) -> None:
        for kind in KINDS:
            for name, over in _INDEXES:
                self._sql.execute(f"CREATE INDEX IF NOT EXISTS {kind}_{name} ON {kind}({over}, id)")

    @contextmanager
    def loading(self) -> Iterator[None]:
        """Write very many rows into an empty store: without indexes, and without a way back."""
        with self.lock:
            for kind in KINDS:
                for name, _ in _INDEXES:
                    self._sql.execute(f"DROP INDEX IF EXISTS {kind}_{name}")
            self._sql.execute("PRAGMA journal_mode=OFF")
            self._sql.execute("PRAGMA synchronous=OFF")
            self._sql.execute("PRAGMA cache_size=-400000")
            yield
            self._make_indexes()
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
            self._catch_up()
            self._sql.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Open the one write transaction, or a savepoint inside it; an exception undoes it."""
        with self.lock:
            if self._depth == 0:
                self._write_journal()
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
                self._write_settled()
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
        self._moments[kind].clear()
        self._counts[kind].clear()

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
        if query.as_of is None:
            return self._count_kept(query)
        return self._count_in_sql(query)

    def _count_large(self, query: Query, whole: Any) -> int:
        # The pages of one window are asked for one after another.
        counts, asked = self._counts[query.kind], (whole, query.start, query.end)
        if asked not in counts:
            if len(counts) >= _COUNTS_AT_MOST:
                counts.clear()
            counts[asked] = self._count_in_sql(query)
        return counts[asked]

    def _count_in_sql(self, query: Query) -> int:
        source, condition, values = _source(query)
        with self.lock:
            row = self._sql.execute(f"SELECT count(*) FROM {source} WHERE {condition}", values)
            return int(row.fetchone()[0])

    def _count_kept(self, query: Query) -> int:
        whole = (query.license_number, query.list_name, query.mark, query.parent)
        with self.lock:
            if (query.kind, whole) in self._large:
                return self._count_large(query, whole)
            moments = self._moments[query.kind].get(whole)
            if moments is None:
                condition, values = Query(query.kind, *whole).where()
                rows = self._sql.execute(
                    f"SELECT last_modified FROM {query.kind} WHERE {condition} "
                    "ORDER BY last_modified LIMIT ?",
                    [*values, _MOMENTS_AT_MOST + 1],
                ).fetchall()
                if len(rows) > _MOMENTS_AT_MOST:
                    self._large.add((query.kind, whole))
                    return self._count_large(query, whole)
                moments = self._moments[query.kind][whole] = [row[0] for row in rows]
        first = 0 if query.start is None else bisect_left(moments, query.start)
        last = len(moments) if query.end is None else bisect_right(moments, query.end)
        return max(last - first, 0)

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

    def journal_add(self, row: JournalRow) -> None:
        """Append one journal entry.

        Inside a transaction it commits with it. Entries of reads gather first and are written,
        in order, before the next transaction or look into the journal.
        """
        with self.lock:
            self._unwritten.append(row)
            if self._depth or len(self._unwritten) >= _UNWRITTEN_AT_MOST:
                self._write_journal()

    def journal_settle(self, row: JournalRow, known: bool) -> None:
        """Note whether the caller of an entry could know; written with the next transaction."""
        with self.lock:
            row.known = known
            if row.seq:
                self._settled[row.seq] = known

    def _write_journal(self) -> None:
        if self._unwritten:
            gathered, self._unwritten = self._unwritten, []
            with self.transaction():
                for row in gathered:
                    cursor = self._sql.execute(
                        "INSERT INTO journal(entry) VALUES (?)", (row.entry,)
                    )
                    row.seq = cursor.lastrowid or 0
                settled = [(row.seq, row.known) for row in gathered if row.known is not None]
                self._sql.executemany("INSERT INTO journal_known VALUES (?, ?)", settled)

    def _write_settled(self) -> None:
        if self._settled:
            self._sql.executemany(
                "INSERT OR REPLACE INTO journal_known VALUES (?, ?)", self._settled.items()
            )
            self._settled.clear()

    def _catch_up(self) -> None:
        self._write_journal()
        if self._settled and not self._depth:
            with self.transaction():
                self._write_settled()

    def journal_after(self, seq: int, limit: int = -1) -> list[tuple[int, bytes, bool | None]]:
        """Return journal entries with a higher number than `seq`, in order.

        Each comes with whether its caller could know, None where that is not settled.
        """
        with self.lock:
            self._catch_up()
            rows = self._sql.execute(
                "SELECT seq, entry, known FROM journal LEFT JOIN journal_known USING (seq) "
                "WHERE seq > ? ORDER BY seq LIMIT ?",
                (seq, limit),
            ).fetchall()
        return [(row[0], row[1], None if row[2] is None else bool(row[2])) for row in rows]

    def last_entry(self) -> int:
        """Return the number of the newest journal entry, 0 when there is none."""
        with self.lock:
            self._write_journal()
            return int(self._sql.execute("SELECT max(seq) FROM journal").fetchone()[0] or 0)

    def clear(self) -> None:
        """Remove every row, setting and journal entry; ids go on counting."""
        with self.lock, self.transaction():
            self._molds = None
            self._large.clear()
            for table in (*KINDS, "molds", "history", "settings", "journal", "journal_known"):
                self._sql.execute(f"DELETE FROM {table}")
            self._settled.clear()
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
