"""Give the newest head of the ledger outside: to a mirror, to witnesses, to a time authority.

What comes back is checked before it is kept. Somebody who has seen another history stops the
ledger; somebody who gives no answer is told of on the page of the audit trail, and asked again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from django.conf import settings
from django.db import connection

from glassbox.audit.anchors import (
    Anchor,
    AnchorKind,
    keep_anchor,
    keep_try,
    last_size,
    last_success,
    last_try,
)
from glassbox.audit.mirror import MirrorRefuses, update_mirror
from glassbox.audit.notes import Head, NoteWrong, parse_checkpoint
from glassbox.audit.proofs import NotProvable
from glassbox.audit.standing import stop_ledger
from glassbox.audit.tiles import TileMissing
from glassbox.audit.timestamps import ask_timestamp, read_roots
from glassbox.audit.witness_client import (
    Contradicted,
    NoAnswer,
    WitnessAddress,
    ask_witness,
    read_witnesses,
)
from glassbox.operations import queue
from glassbox.operations.transaction import unscoped_operation
from glassbox.rules.actor import Actor

TIMESTAMP_EVERY = timedelta(hours=1)
# What may go wrong outside without anybody having contradicted us.
UNUSABLE = (NoAnswer, NotProvable, NoteWrong, TileMissing, OSError, ValueError)


@dataclass(frozen=True, kw_only=True)
class _Newest:
    """The newest signed head of the anchor log."""

    log_id: int
    head: Head


def defer_anchoring(*, now: datetime) -> None:
    """Queue the next round outside, if any place is named and the last round is old enough."""
    if not _is_set_up():
        return
    _defer_when_due(now=now)


@unscoped_operation
def _defer_when_due(*, now: datetime) -> None:
    tried_at = last_try(_raw())
    every = timedelta(seconds=settings.ANCHOR_EVERY_SECONDS)
    if tried_at is None or now - tried_at >= every:
        queue.defer(queue.JobName.ANCHOR_OUTSIDE, once="anchor")


def anchor_outside(*, actor: Actor, now: datetime) -> None:
    """Give the newest signed heads to every place outside that is named in the settings.

    Only the system does this. Reads as the verifier, who sees every row and may change none.
    """
    assert actor.is_system, "nobody presses this"
    if not _is_set_up():
        return
    with psycopg.connect(settings.GLASSBOX_VERIFIER_DATABASE_URL) as reading:
        # One snapshot, so that a mirror's copy and the head above it are of one moment.
        reading.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        newest = _newest(reading)
        if newest is None:
            return
        if folder := settings.GLASSBOX_MIRROR_FOLDER:
            _try(AnchorKind.MIRROR, str(folder), now, lambda: _mirror(reading, folder, now))
        for witness in _witnesses(now):
            _try(
                AnchorKind.WITNESS,
                witness.name,
                now,
                lambda witness=witness: _witness(reading, witness, newest),  # type: ignore[misc]
            )
        if settings.GLASSBOX_TIMESTAMP_URL and _timestamp_is_due(now=now):
            name = urlsplit(settings.GLASSBOX_TIMESTAMP_URL).netloc
            _try(AnchorKind.TIMESTAMP, name, now, lambda: _timestamp(name, newest))


def _is_set_up() -> bool:
    return bool(
        settings.GLASSBOX_MIRROR_FOLDER
        or settings.GLASSBOX_WITNESSES_FILE
        or settings.GLASSBOX_TIMESTAMP_URL
    )


def _witnesses(now: datetime) -> tuple[WitnessAddress, ...]:
    if not settings.GLASSBOX_WITNESSES_FILE:
        return ()
    try:
        return read_witnesses(settings.GLASSBOX_WITNESSES_FILE)
    except (NoteWrong, OSError) as problem:
        name = str(settings.GLASSBOX_WITNESSES_FILE)
        _remember(AnchorKind.WITNESS, name, anchors=(), problem=str(problem), stop="", now=now)
        return ()


def _try(kind: AnchorKind, name: str, now: datetime, ask: Callable[[], tuple[Anchor, ...]]) -> None:
    """Ask one place; whatever it does, the next one is asked too."""
    anchors: tuple[Anchor, ...] = ()
    problem = stop = ""
    try:
        anchors = ask()
    except (MirrorRefuses, Contradicted) as refusal:
        problem = stop = str(refusal)
    except UNUSABLE as unusable:
        problem = str(unusable)
    _remember(kind, name, anchors=anchors, problem=problem, stop=stop, now=now)


@unscoped_operation
def _remember(
    kind: AnchorKind,
    name: str,
    *,
    anchors: tuple[Anchor, ...],
    problem: str,
    stop: str,
    now: datetime,
) -> None:
    raw = _raw()
    for anchor in anchors:
        keep_anchor(raw, anchor)
    keep_try(raw, kind, name, now=now, problem=problem)
    if stop:
        stop_ledger(raw, said_by=kind.value, sentence=stop)


@unscoped_operation
def _timestamp_is_due(*, now: datetime) -> bool:
    given_at = last_success(_raw(), AnchorKind.TIMESTAMP)
    return given_at is None or now - given_at >= TIMESTAMP_EVERY


def _newest(reading: psycopg.Connection) -> _Newest | None:
    row = reading.execute(
        "SELECT log_id, note FROM audit_checkpoints JOIN audit_logs g USING (log_id)"
        " WHERE g.kind = 'anchor' ORDER BY g.year DESC, number DESC LIMIT 1"
    ).fetchone()
    return _Newest(log_id=row[0], head=parse_checkpoint(row[1])[0]) if row else None


def _mirror(reading: psycopg.Connection, folder: Path, now: datetime) -> tuple[Anchor, ...]:
    key_line = settings.GLASSBOX_LEDGER_KEY_FILE.read_text()
    taken = update_mirror(reading, folder, key_line)
    anchor_ids = {
        log_id for (log_id,) in reading.execute("SELECT log_id FROM audit_logs WHERE kind='anchor'")
    }
    return tuple(
        Anchor(
            kind=AnchorKind.MIRROR,
            name=str(folder),
            log_id=one.log_id,
            head=one.head,
            said_at=now,
            evidence=b"",
        )
        for one in taken
        if one.log_id in anchor_ids
    )


def _witness(
    reading: psycopg.Connection, witness: WitnessAddress, newest: _Newest
) -> tuple[Anchor, ...]:
    known = last_size(reading, AnchorKind.WITNESS, witness.name, newest.log_id)
    said = ask_witness(reading, witness, log_id=newest.log_id, known_size=known)
    return (
        Anchor(
            kind=AnchorKind.WITNESS,
            name=witness.name,
            log_id=newest.log_id,
            head=newest.head,
            said_at=said.at,
            evidence=said.lines.encode(),
        ),
    )


def _timestamp(name: str, newest: _Newest) -> tuple[Anchor, ...]:
    assert settings.GLASSBOX_TIMESTAMP_ROOTS_FILE, "the settings refuse an authority without roots"
    roots = read_roots(settings.GLASSBOX_TIMESTAMP_ROOTS_FILE)
    token, said_at = ask_timestamp(settings.GLASSBOX_TIMESTAMP_URL, newest.head, roots)
    return (
        Anchor(
            kind=AnchorKind.TIMESTAMP,
            name=name,
            log_id=newest.log_id,
            head=newest.head,
            said_at=said_at,
            evidence=token,
        ),
    )


def _raw() -> psycopg.Connection:
    raw = connection.connection
    assert isinstance(raw, psycopg.Connection), "a transaction is open"
    return raw
