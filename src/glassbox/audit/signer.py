"""The signer: signs the head of a log only if it continues the last head that it signed itself.

A process and a memory of its own, so that rewriting the database is not enough to rewrite history:
from the right edge it remembers, and the leaves that came since, it computes each root itself.
"""

from __future__ import annotations

import logging
import threading
from pathlib import Path

import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from glassbox.audit.notes import Head, NoteWrong, open_checkpoint, sign_head
from glassbox.audit.sequencer import HEADS_CHANNEL
from glassbox.audit.signed_heads import SignedHead, SignedHeads
from glassbox.audit.signing_keys import (
    KEY_FILE,
    STATE_FILE,
    SigningKeyMissing,
    make_key,
    publish_key,
    read_key,
)
from glassbox.audit.standing import beat, open_stop, read_by_index, stop_ledger
from glassbox.audit.tree import Frontier

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
LOGS_AT_ONCE = 1000
LEAVES_AT_ONCE = 65_536
HASH_BYTES = 32


# Each log that grew, with the leaves since its last checkpoint unless they are very many.
GROWN = """
    SELECT g.log_id, g.origin, g.size, g.root, c.size, (
        SELECT string_agg(l.leaf, '' ORDER BY l.index) FROM audit_leaves l
        WHERE l.log_id = g.log_id AND l.index >= c.size AND l.index < g.size
        AND g.size - c.size <= %s
    ) FROM audit_logs g, LATERAL (
        SELECT coalesce(max(size), 0) AS size FROM audit_checkpoints WHERE log_id = g.log_id
    ) c WHERE g.size > c.size
    AND NOT EXISTS (SELECT 1 FROM audit_stops WHERE ended_at IS NULL)
    ORDER BY g.log_id LIMIT %s
"""


class WillNotSign(Exception):
    """The database says something else than what was signed before; nothing more is signed."""


class Signer:
    """Signs heads over one connection with one key, and remembers each before it shows it."""

    def __init__(
        self, connection: psycopg.Connection, *, key: Ed25519PrivateKey, heads: SignedHeads
    ) -> None:
        self.connection = connection
        self.key = key
        self.heads = heads
        self._signed = heads.read()

    def check_past(self) -> None:
        """Compare what the database shows of the past with what was signed.

        A checkpoint that was remembered but not shown, because the signer died between, is shown.

        :raises WillNotSign: if a log is shorter than what was signed of it, or says otherwise
        """
        shown = {
            log_id: (number, note)
            for log_id, number, note in self.connection.execute(
                "SELECT DISTINCT ON (log_id) log_id, number, note FROM audit_checkpoints"
                " ORDER BY log_id, number DESC"
            )
        }
        sizes: dict[int, int] = dict(
            self.connection.execute("SELECT log_id, size FROM audit_logs").fetchall()
        )
        for log_id in shown.keys() - self._signed.keys():
            raise WillNotSign(
                f"The database shows checkpoints of log {log_id} that this signer never signed."
                " If its memory was lost, say `glassbox signer --adopt`."
            )
        missing = []
        for log_id, head in self._signed.items():
            size = head.frontier.size
            if sizes.get(log_id, 0) < size:
                raise WillNotSign(
                    f"{head.origin} has {sizes.get(log_id, 0)} entries in the database; {size} were"
                    " signed. The database was set back to an older state."
                )
            number, note = shown.get(log_id, (0, ""))
            if (number, note) == (head.number, head.note):
                continue
            if note == head.note:
                raise WillNotSign(
                    f"The database shows the last checkpoint of {head.origin} as number {number};"
                    f" it was number {head.number}. If it was brought back from a mirror, say"
                    " `glassbox signer --adopt`."
                )
            if number != head.number - 1:
                raise WillNotSign(
                    f"The database shows checkpoint {number} of {head.origin} as its last;"
                    f" checkpoint {head.number} was signed, and not this one."
                )
            missing.append(head)
        self._show(missing)

    def adopt(self) -> int:
        """Take over the past from the database, after recomputing it; return how many logs.

        Of a log that is remembered only its place is taken over: where the same checkpoint has
        another number, because those between were lost with the rows and came back from nowhere.

        :raises WillNotSign: if a log does not come to the root of its last checkpoint, or that is
            not signed with our key
        """
        adopted = []
        for log_id, number, note in self.connection.execute(
            "SELECT DISTINCT ON (log_id) log_id, number, note FROM audit_checkpoints"
            " ORDER BY log_id, number DESC"
        ).fetchall():
            known = next((one for one in self._signed.values() if one.note == note), None)
            if known is None and log_id in self._signed:
                continue
            if known is not None and (known.log_id, known.number) == (log_id, number):
                continue
            try:
                head = open_checkpoint(note, self.key.public_key().public_bytes_raw())
            except NoteWrong as wrong:
                raise WillNotSign(str(wrong)) from wrong
            grown = self._grow(log_id, Frontier(), head.size)
            if grown.root() != head.root:
                raise WillNotSign(
                    f"The leaves of {head.origin} do not come to the root of its last checkpoint."
                )
            adopted.append(
                SignedHead(
                    log_id=log_id, origin=head.origin, number=number, frontier=grown, note=note
                )
            )
        self.heads.write(adopted)
        self._signed = self.heads.read()
        return len(adopted)

    def sign_heads(self) -> int:
        """Sign the head of each log that grew; return how many.

        :raises WillNotSign: if a head does not continue the one that was signed before it
        """
        rows = self.connection.execute(
            GROWN, [LEAVES_AT_ONCE, LOGS_AT_ONCE], binary=True
        ).fetchall()
        if not rows:
            return 0
        signed = []
        for log_id, origin, size, root, shown, leaves in rows:
            known = self._signed.get(log_id)
            if known is not None and known.origin != origin:
                raise WillNotSign(f"Log {log_id} was {known.origin}, and calls itself {origin}.")
            head = Head(origin=origin, size=size, root=root)
            grown = known.frontier.copy() if known else Frontier()
            before = grown.size
            if before == shown and leaves is not None:
                _append_all(grown, leaves)
            else:
                self._grow(log_id, grown, size)
            if grown.size != size or grown.root() != head.root:
                raise WillNotSign(
                    f"{origin} with {size} entries does not continue what was signed of it with"
                    f" {before} entries. Somebody changed what was numbered."
                )
            signed.append(
                SignedHead(
                    log_id=log_id,
                    origin=origin,
                    number=known.number + 1 if known else 1,
                    frontier=grown,
                    note=sign_head(head, self.key),
                )
            )
        # Remembered before it is shown: what nobody saw can be shown again, what was shown and
        # forgotten could be contradicted.
        self.heads.write(signed)
        self._signed |= {head.log_id: head for head in signed}
        self._show(signed)
        return len(signed)

    def _grow(self, log_id: int, frontier: Frontier, size: int) -> Frontier:
        """Grow a frontier by the leaves of its log up to a size, as far as there are any."""
        with self.connection.cursor(binary=True) as cursor:
            cursor.execute(
                "SELECT min(index), string_agg(leaf, '' ORDER BY index) FROM audit_leaves"
                " WHERE log_id = %s AND index >= %s AND index < %s GROUP BY index / %s ORDER BY 1",
                [log_id, frontier.size, size, LEAVES_AT_ONCE],
            )
            for first, leaves in cursor:
                # A gap leaves the frontier short, and its root is then not the one claimed.
                if first == frontier.size:
                    _append_all(frontier, leaves)
        return frontier

    def _show(self, heads: list[SignedHead]) -> None:
        if not heads:
            return
        with self.connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO audit_checkpoints (log_id, number, size, root, note) SELECT * FROM"
                " unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bytea[], %s::text[])",
                [
                    [head.log_id for head in heads],
                    [head.number for head in heads],
                    [head.frontier.size for head in heads],
                    [head.frontier.root() for head in heads],
                    [head.note for head in heads],
                ],
            )


def _append_all(frontier: Frontier, leaves: bytes) -> None:
    for at in range(0, len(leaves), HASH_BYTES):
        frontier.append(leaves[at : at + HASH_BYTES])


def open_key(connection: psycopg.Connection, folder: Path) -> Ed25519PrivateKey:
    """Return the signing key; made here and now only where nothing was ever signed.

    :raises SigningKeyMissing: if checkpoints exist and the key that signed them does not
    """
    if (folder / KEY_FILE).exists():
        return read_key(folder)
    row = connection.execute("SELECT EXISTS (SELECT 1 FROM audit_checkpoints)").fetchone()
    if row and row[0]:
        raise SigningKeyMissing(
            f"Checkpoints were signed, and {folder / KEY_FILE} is gone. Restore it from its backup;"
            " a new key would make every old proof look foreign."
        )
    return make_key(folder)


def run_signer(
    stop: threading.Event, *, url: str, folder: Path, public_key_file: Path, origin: str
) -> None:
    """Sign heads until told to stop. What must not be signed stops the whole ledger, visibly.

    :raises SigningKeyMissing: if there is no key to sign with
    :raises HeadsInUse: if another signer holds the memory
    """
    with psycopg.connect(url, autocommit=True) as connection:
        read_by_index(connection)
        key = open_key(connection, folder)
        publish_key(public_key_file, origin=origin, key=key)
        signer = Signer(connection, key=key, heads=SignedHeads(folder / STATE_FILE))
        heart, is_checked = beat(connection, "signer"), False
        connection.execute(f"LISTEN {HEADS_CHANNEL}")
        try:
            while not stop.is_set():
                heart()
                try:
                    if not is_checked and not open_stop(connection):
                        signer.check_past()
                        is_checked = True
                    # What came while it signed is told of; only what it left over is not.
                    if not is_checked or signer.sign_heads() < LOGS_AT_ONCE:
                        _wait_for_heads(connection)
                except WillNotSign as refusal:
                    # Only a person ends a stop, and then the past is looked at again.
                    is_checked = False
                    log.error("The signer will not sign: %s", refusal)
                    stop_ledger(connection, said_by="signer", sentence=str(refusal))
        finally:
            signer.heads.close()


def adopt_past(url: str, folder: Path) -> int:
    """Rebuild the signer's memory from the database; return how many logs that were.

    :raises WillNotSign: if a log does not come to the root of its last signed checkpoint
    :raises SigningKeyMissing: if there is no key
    """
    with psycopg.connect(url, autocommit=True) as connection:
        heads = SignedHeads(folder / STATE_FILE)
        try:
            return Signer(connection, key=read_key(folder), heads=heads).adopt()
        finally:
            heads.close()


def sign_once(url: str, folder: Path, public_key_file: Path, origin: str) -> int:
    """Sign what is numbered now; return how many heads.

    :raises WillNotSign: if a head does not continue the last one signed
    """
    with psycopg.connect(url, autocommit=True) as connection:
        key = open_key(connection, folder)
        publish_key(public_key_file, origin=origin, key=key)
        signer = Signer(connection, key=key, heads=SignedHeads(folder / STATE_FILE))
        try:
            signer.check_past()
            return signer.sign_heads()
        finally:
            signer.heads.close()


def _wait_for_heads(connection: psycopg.Connection) -> None:
    for _ in connection.notifies(timeout=LOOK_SECONDS, stop_after=1):
        pass
