"""The signer's own memory: the last head it signed of each log, in a small file of its own."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from glassbox.audit.tree import Frontier

LOCK_SECONDS = 2.0


class HeadsInUse(Exception):
    """Another process holds the memory of signed heads; two signers must not share one."""


@dataclass(kw_only=True)
class SignedHead:
    """What was signed last of one log: how many checkpoints, its right edge, and the note."""

    log_id: int
    origin: str
    number: int
    frontier: Frontier
    note: str


class SignedHeads:
    """The heads of all logs in one SQLite file, held by one process; a change is one fsync."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file = sqlite3.connect(path, isolation_level=None, timeout=LOCK_SECONDS)
        try:
            self._file.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._file.execute("PRAGMA journal_mode = WAL")
            self._file.execute("PRAGMA synchronous = FULL")
            self._file.execute("BEGIN IMMEDIATE")
            self._file.execute(
                "CREATE TABLE IF NOT EXISTS heads (log_id INTEGER PRIMARY KEY, origin TEXT UNIQUE,"
                " number INTEGER, size INTEGER, peaks BLOB, note TEXT)"
            )
            self._file.execute("COMMIT")
        except sqlite3.OperationalError as error:
            self._file.close()
            raise HeadsInUse(f"{path} is held by another signer: {error}.") from error
        path.chmod(0o600)

    def read(self) -> dict[int, SignedHead]:
        """Return the last signed head of every log, by log."""
        rows = self._file.execute("SELECT log_id, origin, number, size, peaks, note FROM heads")
        return {
            log_id: SignedHead(
                log_id=log_id,
                origin=origin,
                number=number,
                frontier=Frontier(size, [peaks[at : at + 32] for at in range(0, len(peaks), 32)]),
                note=note,
            )
            for log_id, origin, number, size, peaks, note in rows
        }

    def write(self, heads: Iterable[SignedHead]) -> None:
        """Remember heads, all or none; they are on disk when this returns."""
        heads = list(heads)
        self._file.execute("BEGIN IMMEDIATE")
        # A log that was brought back after a restore can have another id, never another origin.
        self._file.executemany(
            "DELETE FROM heads WHERE origin = ? AND log_id <> ?",
            [(head.origin, head.log_id) for head in heads],
        )
        self._file.executemany(
            "INSERT INTO heads VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (log_id) DO UPDATE SET"
            " number = excluded.number, size = excluded.size, peaks = excluded.peaks,"
            " note = excluded.note",
            [
                (
                    head.log_id,
                    head.origin,
                    head.number,
                    head.frontier.size,
                    b"".join(head.frontier.peaks),
                    head.note,
                )
                for head in heads
            ],
        )
        self._file.execute("COMMIT")

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
