"""The digest of what was exchanged with METRC in one run, which the ledger holds for all of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable


def exchange_lines(hashes: Iterable[tuple[str, str]]) -> str:
    """Return the text that is hashed: for each exchange, in the order they were kept, a line with
    the SHA-256 of the bytes that were sent and of those that came back, or - where none came."""
    return "".join(f"{sent} {answered or '-'}\n" for sent, answered in hashes)


def exchange_digest(hashes: Iterable[tuple[str, str]]) -> str:
    """Return the SHA-256 of these lines."""
    return hashlib.sha256(exchange_lines(hashes).encode()).hexdigest()
