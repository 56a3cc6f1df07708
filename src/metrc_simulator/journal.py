"""The ground truth for tests: every request with what it changed, when, and who could know it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from metrc_simulator.answers import Answer
from metrc_simulator.journal_table import JournalRow
from metrc_simulator.store import Store
from metrc_simulator.wire import encode, moment_text

_KEYS = {"userkey", "userapikey", "tpiapikey"}
# An answer that is leaving when somebody looks is waited for: its caller may be the one who looks.
_LEAVING_SECONDS_AT_MOST = 0.5


@dataclass
class Entry:
    """One request; `at` is the moment of METRC's clock at which it was done.

    `status` is what the caller was sent, None when nothing was. `tells` is whether a whole answer
    would say truly what was done.
    """

    at: datetime
    method: str
    path: str
    query: dict[str, str]
    license_number: str | None = None
    user_name: str | None = None
    body: Any = None
    status: int | None = None
    applied: list[dict[str, Any]] = field(default_factory=list)
    fault: str | None = None
    received_at: datetime | None = None
    tells: bool = True


class Journal:
    """Keeps the entries in the store, and notes of each answer whether it left as a whole."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._leaving: set[_Receipt] = set()
        self._condition = threading.Condition()

    def write(self, entry: Entry, answer: Answer) -> None:
        """Append the entry of an answer about to be sent; a write's inside its transaction.

        Until the answer has left, nobody can say whether its caller could know: that is noted by
        the receipt which the answer is given here.
        """
        if answer.cut in {None, "truncate", "half-body"}:
            entry.status = answer.status
        row = {
            "at": moment_text(entry.at),
            "method": entry.method,
            "path": entry.path,
            "query": _without_keys(entry.query),
            "licenseNumber": entry.license_number,
            "userName": entry.user_name,
            "body": _without_keys(entry.body),
            "status": entry.status,
            "applied": entry.applied,
            "fault": entry.fault,
            "receivedAt": moment_text(entry.received_at or entry.at),
        }
        # A server error never says whether the call was done.
        tells = entry.tells and answer.cut is None and answer.status < 500
        kept = JournalRow(encode(row)[1:], None if tells else False)
        if tells:
            answer.receipt = _Receipt(self, kept)
        self._store.journal.add(kept)

    def json(self, after: int, limit: int = -1) -> bytes:
        """Return the entries numbered above `after` as a JSON array."""
        words = {None: b"null", False: b"false", True: b"true"}
        rows = self._store.journal.after(after, limit)
        return b"[%b]" % b",".join(
            b'{"seq":%d,%b,"callerCouldKnow":%b}' % (seq, entry[:-1], words[known])
            for seq, entry, known in rows
        )

    def wait_for_leaving(self) -> None:
        """Wait a moment for the answers that are leaving now, so that their entries are whole."""
        with self._condition:
            leaving = set(self._leaving)
            self._condition.wait_for(
                lambda: leaving.isdisjoint(self._leaving), _LEAVING_SECONDS_AT_MOST
            )

    def begin(self, receipt: _Receipt) -> None:
        """Note that an answer is leaving."""
        with self._condition:
            self._leaving.add(receipt)

    def end(self, receipt: _Receipt, row: JournalRow, has_left: bool) -> None:
        """Note that an answer has left as a whole, or has not."""
        self._store.journal.settle(row, has_left)
        with self._condition:
            self._leaving.discard(receipt)
            self._condition.notify_all()


class _Receipt:
    """Held while an answer leaves; an error on the way means that it did not."""

    def __init__(self, journal: Journal, row: JournalRow) -> None:
        self._journal = journal
        self._row = row

    def __enter__(self) -> None:
        self._journal.begin(self)

    def __exit__(self, kind: object, *rest: object) -> None:
        self._journal.end(self, self._row, has_left=kind is None)


def _without_keys(content: Any) -> Any:
    # The journal is shown at the desk and kept in files: no key of a person may stand in it.
    if not isinstance(content, dict):
        return content
    return {name: "***" if name.lower() in _KEYS else one for name, one in content.items()}
