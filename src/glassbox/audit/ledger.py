"""append(): the only way in. Stages the event in the caller's transaction and returns its id."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import time
import unicodedata
import uuid
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from django.conf import settings
from django.db import connection

from glassbox.audit.chain import SALT_BYTES, canonical_bytes, commitment
from glassbox.audit.event_types import EventType
from glassbox.rules.actor import Actor

RECORD_VERSION = 2
# A record has 64 KiB at most; a longer body is kept beside it, and the record holds its hash.
BODY_BYTES_AT_MOST = 32 * 1024
CODE_VERSION = version("glassbox")


def append(
    *,
    type: EventType,
    subject: str,
    actor: Actor,
    reason: str,
    now: datetime,
    body: dict[str, Any] | None = None,
    reason_code: str = "",
    intent_id: int | None = None,
    endpoint: str = "",
    request_sha256: str = "",
    response_status: int | None = None,
    response_sha256: str = "",
    on_behalf_of: int | None = None,
    state_before: str = "",
    state_after: str = "",
) -> uuid.UUID:
    """Write one event with the change it tells of, in the licence of the open transaction.

    `reason` and the actor's name are committed to, not written: they can be erased one day and
    every hash stays valid. `body` holds ids, states and decimal quantities as text; no personal
    data, no floats. `on_behalf_of` is the person whose METRC key is used. The event has no number
    until the sequencer gives it one, and counts only below a signed head: see `is_durable`.

    :raises NotCanonical: if `body` has no canonical bytes
    """
    assert connection.in_atomic_block, "an event is written with the change it describes"
    event_id = new_event_id()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT clock_timestamp(), nullif(current_setting('app.license', true), ''),"
            " nullif(current_setting('app.company', true), ''),"
            " nullif(current_setting('app.facility', true), ''),"
            " nullif(current_setting('app.policy', true), '')"
        )
        database_now, license_id, company_id, facility, policy = cursor.fetchone()
        content, blob = {**(body or {}), **_policy_in_force(type, policy)}, None
        if len(whole := canonical_bytes(content)) > BODY_BYTES_AT_MOST:
            content, blob = {}, whole
        openings = {
            "reason": _opening(reason),
            "actor_name": _opening(actor.name),
        }
        record = {
            "v": RECORD_VERSION,
            "event_id": str(event_id),
            "type": type.value,
            "subject": subject,
            "ts": database_now.astimezone(UTC).isoformat(timespec="microseconds"),
            "occurred_at": now.astimezone(UTC).isoformat(timespec="microseconds"),
            "env": settings.GLASSBOX_ENVIRONMENT,
            "company": int(company_id) if company_id else None,
            "license": int(license_id) if license_id else None,
            "facility": facility,
            "actor": {
                "kind": "system" if actor.is_system else "person",
                "id": actor.user_id,
                "via": actor.via,
                "session": actor.session,
            },
            "on_behalf_of": on_behalf_of,
            "mfa": actor.has_second_factor,
            "actor_name_commit": openings["actor_name"]["commitment"],
            "reason_code": reason_code,
            "reason_commit": openings["reason"]["commitment"],
            "intent_id": intent_id,
            "endpoint": endpoint,
            "req_sha256": request_sha256,
            "resp_status": response_status,
            "resp_sha256": response_sha256,
            "prev_state": state_before,
            "new_state": state_after,
            "body": content,
            "body_sha256": hashlib.sha256(blob).hexdigest() if blob else "",
            "code_version": CODE_VERSION,
        }
        cursor.execute(
            "SELECT audit.append(%s, %s::jsonb, %s)",
            [
                canonical_bytes(record),
                json.dumps(
                    {
                        name: {"salt": opening["salt"], "value": opening["value"]}
                        for name, opening in openings.items()
                    }
                ),
                blob,
            ],
        )
    return event_id


def _policy_in_force(type: EventType, policy: str | None) -> dict[str, str]:
    """How many people sign is part of what an action's event says (corrections 5)."""
    return {"policy": policy} if policy and type.value.startswith(("action.", "wave.")) else {}


def is_durable(event_id: uuid.UUID) -> bool:
    """Return whether an event of the readable licences lies below a signed head of its log.

    Before that, nothing that rests on it is sent: it could still be lost, or be said otherwise.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM audit_leaves l WHERE l.event_id = %s AND EXISTS (SELECT 1 FROM"
            " audit_checkpoints c WHERE c.log_id = l.log_id AND c.size > l.index)",
            [event_id],
        )
        return cursor.fetchone() is not None


def erase_opening(event_id: uuid.UUID, field: str) -> None:
    """Delete one text that an event committed to; its hash and every proof stay valid.

    The event that tells of it must be written before, in the same transaction: the database
    refuses otherwise.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit.erase_opening(%s, %s)", [event_id, field])


def _opening(value: str) -> dict[str, str]:
    salt = secrets.token_bytes(SALT_BYTES)
    # What is kept is what was hashed, so that an outsider need not know our normal form.
    value = unicodedata.normalize("NFC", value)
    return {"salt": salt.hex(), "value": value, "commitment": commitment(salt, value)}


def new_event_id() -> uuid.UUID:
    """Return a time-ordered id (RFC 9562), so that neighbours in time are neighbours on disk."""
    milliseconds = time.time_ns() // 1_000_000
    number = (milliseconds << 80) | int.from_bytes(os.urandom(10), "big")
    number = (number & ~(0xF << 76)) | (0x7 << 76)
    number = (number & ~(0x3 << 62)) | (0x2 << 62)
    return uuid.UUID(int=number)
