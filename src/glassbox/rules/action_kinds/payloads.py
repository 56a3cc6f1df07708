"""METRC's request bodies as plain JSON: exact numbers, one spelling, one hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from decimal import Decimal

from glassbox.rules.verdicts import InvalidInput

Body = dict[str, object]

# No 0, 1, I, O: people read a token aloud and type it again.
TOKEN_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
TOKEN_LENGTH = 8
NOTE_LIMIT = 200


def number(value: Decimal) -> int | float:
    """Return the JSON number that reads back as exactly this decimal.

    :raises InvalidInput: if no JSON number of METRC's could carry it exactly
    """
    if value == value.to_integral_value():
        return int(value)
    nearest = float(value)
    if Decimal(repr(nearest)) != value:
        raise InvalidInput(
            field="quantity", value=value, way_out="Use no more than 15 digits in all."
        )
    return nearest


def payload_bytes(payload: Sequence[Body]) -> bytes:
    """Return the one spelling of a payload: sorted keys, no spaces, UTF-8.

    Sorted, because a jsonb column forgets the order and the hash must survive storage.
    """
    return json.dumps(
        payload, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def payload_sha256(payload: Sequence[Body]) -> str:
    """Return the hash that approvals bind to, as 64 hex digits."""
    return hashlib.sha256(payload_bytes(payload)).hexdigest()


def token_from(entropy: bytes) -> str:
    """Return the token made of at least eight random bytes; equal bytes, equal token."""
    if len(entropy) < TOKEN_LENGTH:
        raise ValueError(f"a token needs {TOKEN_LENGTH} random bytes")
    return "".join(TOKEN_ALPHABET[byte % len(TOKEN_ALPHABET)] for byte in entropy[:TOKEN_LENGTH])


def token_mark(token: str) -> str:
    """Return how a token is written into METRC's note, to be found there again."""
    return f"[#{token}]"


def marked_note(note: str, token: str) -> str:
    """Return the note with the token at its end, within METRC's 200 characters (CA-WS-07).

    :raises InvalidInput: if both do not fit together
    """
    marked = f"{note} {token_mark(token)}"
    if len(marked) > NOTE_LIMIT:
        room = NOTE_LIMIT - len(token_mark(token)) - 1
        raise InvalidInput(field="note", value=note, way_out=f"Use at most {room} characters.")
    return marked


def carries_token(note: str, token: str) -> bool:
    """Return whether a note of METRC's carries this token."""
    return bool(token) and token_mark(token) in note
