"""Appends as fast as the database allows: ready-made records straight into its function."""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime
from typing import Any, Self
from uuid import UUID

import psycopg

from glassbox.audit.chain import canonical_bytes, commitment
from glassbox.audit.ledger import new_event_id

PADDING_CHARACTERS = 120


class RawWriter:
    """One connection of the application that appends events of about 600 bytes."""

    def __init__(self, url: str, *, license_id: int) -> None:
        self.license_id = license_id
        self.connection = psycopg.connect(url)
        self.connection.execute("SELECT set_config('app.license', %s, false)", [str(license_id)])
        self.connection.commit()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    def record(self) -> tuple[UUID, bytes, str]:
        """Return the id, the bytes and the openings of a new event."""
        event_id, salt = new_event_id(), secrets.token_bytes(32)
        now = datetime.now(UTC).isoformat(timespec="microseconds")
        body = canonical_bytes(
            record_of(
                str(event_id),
                now,
                license_id=self.license_id,
                commits=(commitment(salt, "writer"), commitment(salt, "A measurement")),
            )
        )
        openings = {
            "reason": {"salt": salt.hex(), "value": "A measurement"},
            "actor_name": {"salt": salt.hex(), "value": "writer"},
        }
        return event_id, body, json.dumps(openings)

    def append(self) -> UUID:
        """Append one event; it is the caller who commits."""
        event_id, body, openings = self.record()
        self.connection.execute("SELECT audit.append(%b, %s::jsonb)", [body, openings])
        return event_id


def record_of(
    event_id: str, now: str, *, license_id: int, commits: tuple[str, str]
) -> dict[str, Any]:
    """Return a record as `ledger.append` makes it; `commits` are those to the name and reason."""
    return {
        "v": 2,
        "event_id": event_id,
        "type": "case.opened",
        "subject": "case:1",
        "ts": now,
        "occurred_at": now,
        "env": "dev",
        "company": 1,
        "license": license_id,
        "facility": "CDPH-19990001",
        "actor": {"kind": "system", "id": None, "via": "job", "session": None},
        "actor_name_commit": commits[0],
        "on_behalf_of": None,
        "mfa": False,
        "reason_code": "",
        "reason_commit": commits[1],
        "body": {"padding": "x" * PADDING_CHARACTERS},
        "code_version": "0",
    }
