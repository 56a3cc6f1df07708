"""A C2SP witness: cosigns a checkpoint only if it continues the last one of that log it cosigned.

For whoever wants to watch a ledger that is not theirs: it needs the ledger's public key, a key and
one small file of its own, and nothing of the ledger's database (c2sp.org/tlog-witness).
"""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from glassbox.audit.cosigning import cosign
from glassbox.audit.notes import Head, NoteWrong, open_checkpoint, parse_checkpoint
from glassbox.audit.tree import EMPTY_ROOT, is_consistent

STATE_FILE = "witnessed-heads.sqlite"
PROOF_LINES_AT_MOST = 63
LOCK_SECONDS = 2.0
SIZE_TYPE = "text/x.tlog.size"
TEXT_TYPE = "text/plain; charset=utf-8"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the witness answers: an HTTP status, a content type and a text."""

    status: HTTPStatus
    text: str
    content_type: str = TEXT_TYPE


class _Refused(Exception):
    def __init__(self, answer: Answer) -> None:
        self.answer = answer


class Witness:
    """Watches the logs of some public keys, and remembers the last head of each that it cosigned.

    `keys` are public keys by the name of their ledger; a log belongs to the ledger whose name its
    origin begins with, so next year's log needs no word from anybody.
    """

    def __init__(
        self, path: Path, *, name: str, key: Ed25519PrivateKey, keys: Mapping[str, bytes]
    ) -> None:
        self.name, self._key, self._keys = name, key, dict(keys)
        self._lock = threading.Lock()
        self._file = sqlite3.connect(
            path, isolation_level=None, timeout=LOCK_SECONDS, check_same_thread=False
        )
        self._file.execute("PRAGMA journal_mode = WAL")
        self._file.execute("PRAGMA synchronous = FULL")
        self._file.execute(
            "CREATE TABLE IF NOT EXISTS heads (origin TEXT PRIMARY KEY, size INTEGER NOT NULL,"
            " root BLOB NOT NULL, note TEXT NOT NULL)"
        )

    def add_checkpoint(self, request: bytes, *, seconds: int) -> Answer:
        """Cosign the checkpoint of a request if it continues what was cosigned before.

        `seconds` is the POSIX time that the cosignature says.
        """
        try:
            old_size, proof, note = _read_request(request)
            head = self._trusted(note)
            with self._lock:
                return self._cosign(old_size, proof, note, head, seconds)
        except _Refused as refused:
            return refused.answer

    def checkpoint(self, origin_sha256: str) -> Answer:
        """Return the last cosigned checkpoint of the log whose origin has this hex SHA-256."""
        for origin, note in self._file.execute("SELECT origin, note FROM heads"):
            if hashlib.sha256(origin.encode()).hexdigest() == origin_sha256:
                return Answer(status=HTTPStatus.OK, text=note)
        return Answer(status=HTTPStatus.NOT_FOUND, text="No checkpoint of this log was cosigned.\n")

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _trusted(self, note: str) -> Head:
        try:
            head, _ = parse_checkpoint(note)
        except NoteWrong as wrong:
            raise _refusal(HTTPStatus.BAD_REQUEST, str(wrong)) from wrong
        public = next(
            (key for name, key in self._keys.items() if f"{head.origin}/".startswith(f"{name}/")),
            None,
        )
        if public is None:
            raise _refusal(HTTPStatus.NOT_FOUND, f"{head.origin} is not watched here.")
        try:
            return open_checkpoint(note, public)
        except NoteWrong as wrong:
            raise _refusal(HTTPStatus.FORBIDDEN, str(wrong)) from wrong

    def _cosign(
        self, old_size: int, proof: list[bytes], note: str, head: Head, seconds: int
    ) -> Answer:
        if old_size > head.size:
            raise _refusal(HTTPStatus.BAD_REQUEST, "The old size is above that of the checkpoint.")
        # Written before it is answered, and nobody else may write between the look and the write:
        # of two processes on one file the second waits here.
        self._file.execute("BEGIN IMMEDIATE")
        try:
            line = self._cosign_in_transaction(old_size, proof, note, head, seconds)
        except BaseException:
            self._file.execute("ROLLBACK")
            raise
        self._file.execute("COMMIT")
        return Answer(status=HTTPStatus.OK, text=line)

    def _cosign_in_transaction(
        self, old_size: int, proof: list[bytes], note: str, head: Head, seconds: int
    ) -> str:
        known = self._file.execute(
            "SELECT size, root FROM heads WHERE origin = ?", [head.origin]
        ).fetchone()
        size, root = known or (0, EMPTY_ROOT)
        if old_size != size:
            conflict = Answer(status=HTTPStatus.CONFLICT, text=f"{size}\n", content_type=SIZE_TYPE)
            raise _Refused(conflict)
        if (head.size == 0 and head.root != EMPTY_ROOT) or not is_consistent(
            old_size, head.size, proof, root, head.root
        ):
            raise _refusal(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                f"{head.origin} with {head.size} entries does not continue the {size} cosigned.",
            )
        line = cosign(head, name=self.name, key=self._key, seconds=seconds)
        self._file.execute(
            "INSERT INTO heads VALUES (?, ?, ?, ?) ON CONFLICT (origin) DO UPDATE SET"
            " size = excluded.size, root = excluded.root, note = excluded.note",
            [head.origin, head.size, head.root, note + line],
        )
        return line


def _read_request(request: bytes) -> tuple[int, list[bytes], str]:
    try:
        claim, gap, note = request.decode("utf-8").partition("\n\n")
        first, *lines = claim.split("\n")
        word, _, size = first.partition(" ")
        if not gap or word != "old" or not size.isascii() or str(int(size)) != size:
            raise ValueError("the first line is not `old` and a size")
        if len(lines) > PROOF_LINES_AT_MOST or int(size) < 0:
            raise ValueError(f"a proof has {PROOF_LINES_AT_MOST} lines at most")
        return int(size), [b64decode(line, validate=True) for line in lines], note
    except (ValueError, NotBase64) as error:
        raise _refusal(HTTPStatus.BAD_REQUEST, f"This is no request: {error}.") from error


def _refusal(status: HTTPStatus, sentence: str) -> _Refused:
    return _Refused(Answer(status=status, text=sentence + "\n"))
