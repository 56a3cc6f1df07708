"""What may stand under the one signature of a wave, and the digest that binds it to its members."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

MEMBERS_AT_MOST = 50
# What corrections 5 names. Whatever is risky keeps a signature of its own.
WAVE_KINDS = frozenset(
    {
        *("package.create", "package.move", "package.set_note", "package.set_external_id"),
        *("template.create", "template.update"),
        *("location.create", "location.update"),
    }
)


def members_digest(members: Iterable[tuple[int, str]]) -> str:
    """Return the digest of a wave's members: each action's id with the hash of its content."""
    lines = sorted(f"{action_id}:{content}" for action_id, content in members)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
