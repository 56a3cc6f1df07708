"""Takes our keys out of bytes and words, before anybody keeps or reads them."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from urllib.parse import quote

REMOVED = "[key removed]"
# A shorter key is no secret, and taking it out would tear holes into honest words.
SHORTEST_KEY_CHARACTERS = 12


@dataclass(frozen=True, kw_only=True)
class Keys:
    """The vendor's key and a person's, and what else is secret. None is ever printed."""

    vendor: str = field(repr=False)
    user: str = field(repr=False)
    others: tuple[str, ...] = field(repr=False, default=())

    @property
    def spellings(self) -> tuple[str, ...]:
        """Return every spelling in which a server may throw our keys back at us, longest first."""
        pair = base64.b64encode(f"{self.vendor}:{self.user}".encode()).decode()
        plain = [
            key
            for key in (pair, self.vendor, self.user, *self.others)
            if len(key) >= SHORTEST_KEY_CHARACTERS
        ]
        found = {
            spelling
            for key in plain
            for spelling in (key, quote(key, safe=""), key.replace("/", "\\/"))
        }
        return tuple(sorted(found, key=len, reverse=True))

    def removed_from(self, words: str) -> str:
        """Return the words without our keys."""
        for spelling in self.spellings:
            words = words.replace(spelling, REMOVED)
        return words

    def removed_from_bytes(self, body: bytes) -> bytes:
        """Return the bytes without our keys; the same object if there are none in it."""
        for spelling in self.spellings:
            body = body.replace(spelling.encode(), REMOVED.encode())
        return body
