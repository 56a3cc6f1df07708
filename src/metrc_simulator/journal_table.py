"""The journal's rows in the state file: entries, and what is known of each only later."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

_UNWRITTEN_AT_MOST = 200


@dataclass(eq=False)
class JournalRow:
    """One entry (a JSON object without its opening brace and `seq`) on its way into the table.

    `known` is whether the caller could know what was done, None while nobody can say.
    """

    entry: bytes
    known: bool | None
    seq: int = 0


class JournalTable:
    """Entries gather in memory while only reads come, and stand in order before any write."""

    TABLES = ("journal", "journal_known")

    def __init__(
        self,
        sql: sqlite3.Connection,
        lock: threading.RLock,
        transaction: Callable[[], AbstractContextManager[None]],
    ) -> None:
        self._sql, self._lock, self._transaction = sql, lock, transaction
        self._unwritten: list[JournalRow] = []
        self._settled: dict[int, bool] = {}

    def make(self) -> None:
        """Make the tables where they are not there yet."""
        self._sql.execute(
            "CREATE TABLE IF NOT EXISTS journal(seq INTEGER PRIMARY KEY AUTOINCREMENT, entry BLOB)"
        )
        # What is known only after an entry is kept stands beside it.
        self._sql.execute(
            "CREATE TABLE IF NOT EXISTS journal_known(seq INTEGER PRIMARY KEY, known INTEGER)"
        )

    def add(self, row: JournalRow) -> None:
        """Append one entry.

        Inside a transaction it commits with it. Entries of reads gather first and are written,
        in order, before the next transaction or look into the journal.
        """
        with self._lock:
            self._unwritten.append(row)
            if self._sql.in_transaction or len(self._unwritten) >= _UNWRITTEN_AT_MOST:
                self.write_gathered()

    def settle(self, row: JournalRow, known: bool) -> None:
        """Note whether the caller of an entry could know; written with the next transaction."""
        with self._lock:
            row.known = known
            if row.seq:
                self._settled[row.seq] = known

    def after(self, seq: int, limit: int = -1) -> list[tuple[int, bytes, bool | None]]:
        """Return entries with a higher number than `seq`, in order.

        Each comes with whether its caller could know, None where that is not settled.
        """
        with self._lock:
            self.catch_up()
            rows = self._sql.execute(
                "SELECT seq, entry, known FROM journal LEFT JOIN journal_known USING (seq) "
                "WHERE seq > ? ORDER BY seq LIMIT ?",
                (seq, limit),
            ).fetchall()
        return [(row[0], row[1], None if row[2] is None else bool(row[2])) for row in rows]

    def last(self) -> int:
        """Return the number of the newest entry, 0 when there is none."""
        with self._lock:
            self.write_gathered()
            return int(self._sql.execute("SELECT max(seq) FROM journal").fetchone()[0] or 0)

    def write_gathered(self) -> None:
        """Write the entries that have gathered."""
        if self._unwritten:
            gathered, self._unwritten = self._unwritten, []
            with self._transaction():
                for row in gathered:
                    cursor = self._sql.execute(
                        "INSERT INTO journal(entry) VALUES (?)", (row.entry,)
                    )
                    row.seq = cursor.lastrowid or 0
                settled = [(row.seq, row.known) for row in gathered if row.known is not None]
                self._sql.executemany("INSERT INTO journal_known VALUES (?, ?)", settled)

    def write_settled(self) -> None:
        """Write, inside a transaction, what callers could know meanwhile."""
        if self._settled:
            self._sql.executemany(
                "INSERT OR REPLACE INTO journal_known VALUES (?, ?)", self._settled.items()
            )
            self._settled.clear()

    def catch_up(self) -> None:
        """Write all that is not written yet; inside a transaction its end does the rest."""
        self.write_gathered()
        if self._settled and not self._sql.in_transaction:
            with self._transaction():
                self.write_settled()

    def forget_settled(self) -> None:
        """Forget what was to be noted of entries that are gone."""
        self._settled.clear()
