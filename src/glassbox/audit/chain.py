"""Pure: the canonical bytes of a record, and its hashes. Shared by the writer and the verifier."""

from __future__ import annotations

import hashlib
import unicodedata
from typing import Any

import msgspec

# JSON's canonical form (RFC 8785) and ours are the same bytes only inside this profile.
GREATEST_INTEGER = 2**53 - 1
LEAF_PREFIX, COMMITMENT_PREFIX = b"\x00", b"\x02"
EMPTY_CHAIN = bytes(32)
SALT_BYTES = 32

_encoder = msgspec.json.Encoder(order="sorted")


class NotCanonical(ValueError):
    """The value has no canonical bytes in our profile; the message names where."""


def canonical_bytes(record: dict[str, Any]) -> bytes:
    """Return the one byte form of a record: sorted ASCII keys, no floats, NFC strings.

    :raises NotCanonical: for a float, a number beyond 2^53-1, a non-ASCII key or a bare surrogate
    """
    return _encoder.encode(_in_profile(record, "$"))


def leaf_hash(body: bytes) -> bytes:
    """Return the leaf hash of RFC 9162: SHA-256 over a zero byte and the stored bytes."""
    return hashlib.sha256(LEAF_PREFIX + body).digest()


def chain_hash(previous: bytes, leaf: bytes) -> bytes:
    """Return the next link: SHA-256 over the previous link and this leaf."""
    return hashlib.sha256(previous + leaf).digest()


def commitment(salt: bytes, value: str) -> str:
    """Return the hex commitment to a value that may have to be erased; without the salt, nothing."""
    return hashlib.sha256(COMMITMENT_PREFIX + salt + _encoder.encode(_nfc(value, "$"))).hexdigest()


def _in_profile(value: Any, where: str) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _nfc(value, where)
    if isinstance(value, int):
        if abs(value) > GREATEST_INTEGER:
            raise NotCanonical(f"{where}: {value} is beyond 2^53-1; write it as text.")
        return value
    if isinstance(value, dict):
        return {
            _key(key, where): _in_profile(item, f"{where}.{key}") for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [_in_profile(item, f"{where}[{index}]") for index, item in enumerate(value)]
    raise NotCanonical(
        f"{where}: a {type(value).__name__} has no canonical form; write it as text."
    )


def _key(key: Any, where: str) -> str:
    if not isinstance(key, str) or not key.isascii():
        raise NotCanonical(f"{where}: the key {key!r} is not ASCII text.")
    return key


def _nfc(text: str, where: str) -> str:
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise NotCanonical(f"{where}: the text holds a bare surrogate.")
    return unicodedata.normalize("NFC", text)
