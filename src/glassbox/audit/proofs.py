"""Proofs out of the database: that an event stands in its log, and that a log only grew."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import dataclass
from uuid import UUID

import psycopg

from glassbox.audit.chain import leaf_hash
from glassbox.audit.notes import Head, proof_text
from glassbox.audit.tiles import Nodes, database_nodes
from glassbox.audit.tree import consistency_proof, inclusion_proof


class NotProvable(LookupError):
    """There is no such event, or no signed head stands above it yet; the message says which."""


@dataclass(frozen=True, kw_only=True)
class InclusionProof:
    """One entry's place in a log: its number, the hashes to the root, and the signed head."""

    origin: str
    index: int
    size: int
    leaf: bytes
    path: tuple[bytes, ...]
    root: bytes
    checkpoint: str

    def checkpoint_head(self) -> Head:
        """Return what the signed head says."""
        return Head(origin=self.origin, size=self.size, root=self.root)


@dataclass(frozen=True, kw_only=True)
class EventProof:
    """An event with its place in the log of its licence, and that log's place in the anchor."""

    entry: bytes
    openings: dict[str, dict[str, str]]
    in_log: InclusionProof
    in_anchor: InclusionProof | None

    def text(self) -> str:
        """Return the whole as one `.tlog-proof`, with what it needs to be checked alone."""
        extra: dict[str, object] = {
            "entry": b64encode(self.entry).decode(),
            "openings": self.openings,
        }
        if self.in_anchor is not None:
            extra["anchor"] = anchor_text(self.in_log, self.in_anchor)
        return _text(self.in_log, json.dumps(extra, sort_keys=True, ensure_ascii=False).encode())


@dataclass(frozen=True, kw_only=True)
class _SignedLog:
    """The newest signed head of a log, and the hashes below it."""

    origin: str
    size: int
    root: bytes
    checkpoint: str
    nodes: Nodes


class EventProver:
    """Proves any number of events, each log's under one head: the newest when it was asked first."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection
        self._logs: dict[int, _SignedLog | None] = {}
        self._anchored: dict[int, InclusionProof | None] = {}

    def prove(self, event_id: UUID) -> EventProof:
        """Return the proof of one event under the signed head of its log.

        :raises NotProvable: if no licence in sight has it, or no signed head stands above it yet
        """
        row = self._connection.execute(
            "SELECT l.log_id, l.index, e.body FROM compliance_events e"
            " LEFT JOIN audit_leaves l USING (event_id) WHERE e.event_id = %s",
            [event_id],
        ).fetchone()
        if row is None:
            raise NotProvable(f"There is no event {event_id}.")
        log_id, index, body = row
        in_log = None if log_id is None else self.prove_entry(log_id, index)
        if in_log is None:
            raise NotProvable(f"No signed head stands above event {event_id} yet; ask in a moment.")
        if log_id not in self._anchored:
            head = in_log.checkpoint_head()
            self._anchored[log_id] = prove_anchored(self._connection, head)
        return EventProof(
            entry=bytes(body),
            openings=self._openings(event_id),
            in_log=in_log,
            in_anchor=self._anchored[log_id],
        )

    def prove_entry(self, log_id: int, index: int) -> InclusionProof | None:
        """Return the proof of an entry of a log, if the signed head is above it."""
        log = self._log(log_id)
        if log is None or log.size <= index:
            return None
        return InclusionProof(
            origin=log.origin,
            index=index,
            size=log.size,
            leaf=log.nodes.read(0, index),
            path=tuple(inclusion_proof(index, log.size, log.nodes.read)),
            root=log.root,
            checkpoint=log.checkpoint,
        )

    def _log(self, log_id: int) -> _SignedLog | None:
        if log_id not in self._logs:
            row = self._connection.execute(
                "SELECT g.origin, c.size, c.root, c.note FROM audit_checkpoints c"
                " JOIN audit_logs g USING (log_id) WHERE c.log_id = %s"
                " ORDER BY c.number DESC LIMIT 1",
                [log_id],
            ).fetchone()
            self._logs[log_id] = None if row is None else self._signed_log(log_id, *row)
        return self._logs[log_id]

    def _signed_log(
        self, log_id: int, origin: str, size: int, root: bytes, checkpoint: str
    ) -> _SignedLog:
        return _SignedLog(
            origin=origin,
            size=size,
            root=bytes(root),
            checkpoint=checkpoint,
            nodes=database_nodes(self._connection, log_id, size),
        )

    def _openings(self, event_id: UUID) -> dict[str, dict[str, str]]:
        return {
            name: {"salt": bytes(salt).hex(), "value": value}
            for name, salt, value in self._connection.execute(
                "SELECT field, salt, value FROM audit_openings WHERE event_id = %s ORDER BY field",
                [event_id],
            )
        }


def prove_event(connection: psycopg.Connection, event_id: UUID) -> EventProof:
    """Return the proof of one event under the newest signed head of its log.

    :raises NotProvable: if no licence in sight has it, or no signed head stands above it yet
    """
    return EventProver(connection).prove(event_id)


def prove_entry(connection: psycopg.Connection, log_id: int, index: int) -> InclusionProof | None:
    """Return the proof of an entry under the newest signed head of its log, if one is above it."""
    return EventProver(connection).prove_entry(log_id, index)


def prove_anchored(connection: psycopg.Connection, head: Head) -> InclusionProof | None:
    """Return where the anchor log holds a head, if a signed head of the anchor is above it."""
    row = connection.execute(
        "SELECT l.log_id, l.index FROM audit_leaves l JOIN audit_logs g USING (log_id)"
        " WHERE l.event_id IS NULL AND l.leaf = %s AND g.kind = 'anchor' ORDER BY l.log_id LIMIT 1",
        [leaf_hash(head.text().encode())],
    ).fetchone()
    return prove_entry(connection, *row) if row else None


def prove_growth(connection: psycopg.Connection, log_id: int, old_size: int) -> str:
    """Return the claim that the newest signed head continues the head of `old_size` entries.

    In the form that a C2SP witness takes: the old size, the hashes, and the newest checkpoint.

    :raises NotProvable: if the log is not that long, or was never signed
    """
    row = connection.execute(
        "SELECT size, note FROM audit_checkpoints WHERE log_id = %s ORDER BY number DESC LIMIT 1",
        [log_id],
    ).fetchone()
    if row is None or not 0 <= old_size <= row[0]:
        raise NotProvable(f"No signed head of this log has {old_size} entries or more.")
    size, note = int(row[0]), str(row[1])
    nodes = database_nodes(connection, log_id, size)
    path = consistency_proof(old_size, size, nodes.read) if old_size else []
    lines = [f"old {old_size}", *(b64encode(item).decode() for item in path)]
    return "\n".join(lines) + "\n\n" + note


def anchor_text(in_log: InclusionProof, in_anchor: InclusionProof) -> str:
    """Return the proof that the anchor log holds a log's checkpoint, as a `.tlog-proof`."""
    entry = in_log.checkpoint_head().text().encode()
    extra = json.dumps({"entry": b64encode(entry).decode()}).encode()
    return _text(in_anchor, extra)


def _text(proof: InclusionProof, extra: bytes) -> str:
    return proof_text(proof.index, proof.path, proof.checkpoint, extra)
