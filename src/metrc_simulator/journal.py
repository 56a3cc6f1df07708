"""The ground truth for tests: every request with what it changed, in order."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from metrc_simulator.store import Store
from metrc_simulator.wire import encode, moment_text

_KEYS = {"userkey", "userapikey", "tpiapikey"}


@dataclass
class Entry:
    """One request; `status` is what the caller was sent, None when nothing was."""

    at: datetime
    method: str
    path: str
    query: dict[str, str]
    license_number: str | None = None
    user_name: str | None = None
    body: Any = None
    status: int | None = None
    applied: list[dict[str, Any]] = field(default_factory=list)
    fault: str | None = None


def write_entry(store: Store, entry: Entry) -> None:
    """Append an entry; a write's is appended inside its transaction."""
    row = {
        "at": moment_text(entry.at),
        "method": entry.method,
        "path": entry.path,
        "query": _without_keys(entry.query),
        "licenseNumber": entry.license_number,
        "userName": entry.user_name,
        "body": _without_keys(entry.body),
        "status": entry.status,
        "applied": entry.applied,
        "fault": entry.fault,
    }
    store.journal_add(encode(row)[1:])


def _without_keys(content: Any) -> Any:
    # The journal is shown at the desk and kept in files: no key of a person may stand in it.
    if not isinstance(content, dict):
        return content
    return {name: "***" if name.lower() in _KEYS else one for name, one in content.items()}


def journal_json(store: Store, after: int, limit: int = -1) -> bytes:
    """Return the entries numbered above `after` as a JSON array."""
    rows = store.journal_after(after, limit)
    return b"[" + b",".join(b'{"seq":%d,%b' % (seq, entry) for seq, entry in rows) + b"]"
