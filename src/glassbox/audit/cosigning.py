"""Pure: cosignatures of witnesses on checkpoints (C2SP tlog-cosignature, the Ed25519 kind)."""

from __future__ import annotations

from datetime import UTC, datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from glassbox.audit.notes import (
    ED25519_COSIGNATURE,
    Head,
    NoteWrong,
    key_id,
    parse_checkpoint,
    signature_line,
)

TIME_BYTES, SIGNATURE_BYTES, KEY_ID_BYTES = 8, 64, 4


def cosign(head: Head, *, name: str, key: Ed25519PrivateKey, seconds: int) -> str:
    """Return a witness's signature line: that at this POSIX time this was the largest head it saw."""
    signature = key.sign(_message(head, seconds))
    public = key.public_key().public_bytes_raw()
    stamped = seconds.to_bytes(TIME_BYTES, "big") + signature
    return signature_line(name, ED25519_COSIGNATURE, public, stamped)


def cosigned_at(head: Head, lines: str, *, name: str, public: bytes) -> datetime:
    """Return when a witness cosigned a head, once one of the signature lines is its own and holds.

    Lines of other keys are ignored, as C2SP says.

    :raises NoteWrong: if no line is this witness's, or its signature fails
    """
    parsed, signatures = parse_checkpoint(f"{head.text()}\n{lines}")
    assert parsed == head, "a head's text says the head"
    wanted = key_id(name, ED25519_COSIGNATURE, public)
    for signer, signed in signatures:
        if signer != name or signed[:KEY_ID_BYTES] != wanted:
            continue
        if len(signed) != KEY_ID_BYTES + TIME_BYTES + SIGNATURE_BYTES:
            raise NoteWrong(f"The cosignature of {name} has {len(signed)} bytes.")
        seconds = int.from_bytes(signed[KEY_ID_BYTES : KEY_ID_BYTES + TIME_BYTES], "big")
        signature = signed[KEY_ID_BYTES + TIME_BYTES :]
        try:
            Ed25519PublicKey.from_public_bytes(public).verify(signature, _message(head, seconds))
            return datetime.fromtimestamp(seconds, UTC)
        except (InvalidSignature, OverflowError, ValueError, OSError) as error:
            raise NoteWrong(f"The cosignature of {name} on {head.origin} fails.") from error
    raise NoteWrong(f"{name} did not cosign this head of {head.origin}.")


def _message(head: Head, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{head.text()}".encode()
