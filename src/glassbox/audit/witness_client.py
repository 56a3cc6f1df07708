"""Ask witnesses to cosign the head of the anchor log, and what they cosigned last."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from pathlib import Path

import httpx
import psycopg

from glassbox.audit.cosigning import cosigned_at
from glassbox.audit.notes import (
    ED25519_COSIGNATURE,
    Head,
    NoteWrong,
    open_checkpoint,
    parse_checkpoint,
    public_of,
)
from glassbox.audit.proofs import prove_growth
from glassbox.audit.witness import SIZE_TYPE

ANSWER_SECONDS_AT_MOST = 10.0
ANSWER_BYTES_AT_MOST = 64 * 1024


class NoAnswer(Exception):
    """Somebody outside gave no answer that can be used; the message says who and why."""


class Contradicted(Exception):
    """Somebody outside has cosigned another history than the one that is here."""


@dataclass(frozen=True, kw_only=True)
class WitnessAddress:
    """A witness that is asked: its submission prefix, and the name and key of its cosignatures."""

    url: str
    name: str
    public: bytes


@dataclass(frozen=True, kw_only=True)
class Cosigned:
    """What a witness said: its signature lines, and the time in its own."""

    lines: str
    at: datetime


def read_witnesses(path: Path) -> tuple[WitnessAddress, ...]:
    """Return the witnesses of a file: in each line an address, a space, and a verifier key.

    :raises NoteWrong: if a line is otherwise, or the key is none for cosignatures
    """
    found = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        url, _, key = line.strip().partition(" ")
        if not url.startswith(("http://", "https://")):
            raise NoteWrong(f"{path}, line {number}: write an address, a space and a key.")
        name, kind, public = public_of(key)
        if kind != ED25519_COSIGNATURE:
            raise NoteWrong(f"{path}, line {number}: the key of {name} is none for cosignatures.")
        found.append(WitnessAddress(url=url.rstrip("/"), name=name, public=public))
    return tuple(found)


def ask_witness(
    connection: psycopg.Connection, witness: WitnessAddress, *, log_id: int, known_size: int
) -> Cosigned:
    """Have the newest head of a log cosigned; `known_size` is what the witness cosigned last.

    :raises Contradicted: if it has seen a longer log, or one that ours does not continue
    :raises NoAnswer: if it cannot be reached, does not know the log, or its answer does not hold
    """
    request = prove_growth(connection, log_id, known_size)
    status, kind, text = exchange("POST", f"{witness.url}/add-checkpoint", request.encode())
    head, _ = parse_checkpoint(request.partition("\n\n")[2])
    if status == HTTPStatus.CONFLICT and kind == SIZE_TYPE and text.strip().isdecimal():
        seen = int(text)
        if seen > head.size:
            raise Contradicted(
                f"The witness {witness.name} has cosigned {seen} entries of {head.origin}, and"
                f" {head.size} are here. The ledger was set back to an older state."
            )
        request = prove_growth(connection, log_id, seen)
        status, kind, text = exchange("POST", f"{witness.url}/add-checkpoint", request.encode())
    if status == HTTPStatus.UNPROCESSABLE_ENTITY:
        raise Contradicted(
            f"The witness {witness.name} says that {head.origin} with {head.size} entries does not"
            f" continue what it cosigned: {text.strip()[:200]}"
        )
    if status != HTTPStatus.OK:
        raise NoAnswer(f"{witness.name} answered {status}: {text.strip()[:200]}")
    try:
        at = cosigned_at(head, text, name=witness.name, public=witness.public)
    except NoteWrong as wrong:
        raise NoAnswer(str(wrong)) from wrong
    return Cosigned(lines=text, at=at)


def last_cosigned(witness: WitnessAddress, origin: str, public: bytes) -> Head | None:
    """Return the last head of a log that a witness cosigned, or nothing if it never did.

    :raises NoAnswer: if it cannot be reached, or its answer does not hold
    """
    place = hashlib.sha256(origin.encode()).hexdigest()
    status, _, text = exchange("GET", f"{witness.url}/{place}/checkpoint")
    if status == HTTPStatus.NOT_FOUND:
        return None
    if status != HTTPStatus.OK:
        raise NoAnswer(f"{witness.name} answered {status}: {text.strip()[:200]}")
    try:
        head = open_checkpoint(text, public)
        cosigned_at(head, text.partition("\n\n")[2], name=witness.name, public=witness.public)
    except NoteWrong as wrong:
        raise NoAnswer(str(wrong)) from wrong
    return head


def exchange(
    method: str, url: str, body: bytes = b"", content_type: str = "text/plain"
) -> tuple[int, str, str]:
    """Return status, content type and text of one exchange; see `exchange_bytes`."""
    status, kind, content = exchange_bytes(method, url, body, content_type)
    return status, kind, content.decode("utf-8", "replace")


def exchange_bytes(
    method: str, url: str, body: bytes = b"", content_type: str = "text/plain"
) -> tuple[int, str, bytes]:
    """Return status, content type and content of one exchange: no redirect, 10 s, 64 KiB.

    :raises NoAnswer: if there is none in that time, or it is longer
    """
    try:
        with (
            httpx.Client(
                timeout=ANSWER_SECONDS_AT_MOST, follow_redirects=False, trust_env=False
            ) as client,
            client.stream(
                method, url, content=body, headers={"Content-Type": content_type}
            ) as answer,
        ):
            content = b""
            for part in answer.iter_bytes():
                content += part
                if len(content) > ANSWER_BYTES_AT_MOST:
                    raise NoAnswer(f"{url} answered more than {ANSWER_BYTES_AT_MOST} bytes.")
            return answer.status_code, answer.headers.get("content-type", ""), content
    except (httpx.HTTPError, httpx.InvalidURL) as problem:
        raise NoAnswer(f"{url}: {type(problem).__name__} {problem}".strip()) from problem
