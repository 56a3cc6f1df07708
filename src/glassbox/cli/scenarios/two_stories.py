"""Whether METRC's journal and our ledger tell the same story of every write, both ways."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from glassbox.audit.event_types import EventType
from glassbox.queries.audit_trail.sends import ToldSend
from glassbox.rules.action_kinds.payloads import payload_sha256

# Licence, method and path, hash of the bodies.
Key = tuple[str, str, str]
BY_ID = "{id}"
NEVER_APPLIED = {EventType.ACTION_REJECTED, EventType.ACTION_WITHDRAWN}


def contradictions(journal: Sequence[dict[str, Any]], sends: Sequence[ToldSend]) -> list[str]:
    """Return each point in which the two differ, in one sentence; nothing if they agree.

    METRC got no write that the ledger does not tell of, with exactly these bytes; of every try the
    ledger tells an outcome; an answer that the ledger tells was given, and what METRC applied the
    ledger does not call refused.
    """
    told: dict[Key, list[ToldSend]] = defaultdict(list)
    for send in sends:
        if send.endpoint.startswith(("POST /", "PUT /", "DELETE /")):
            content = "" if BY_ID in send.endpoint else send.request_sha256
            told[send.license_number, send.endpoint.rstrip("/"), content].append(send)
    got: dict[Key, list[dict[str, Any]]] = defaultdict(list)
    for entry in journal:
        if entry["method"] != "GET" and not entry["path"].startswith("/desk/"):
            got[_key(entry)].append(entry)
    found = [
        f"METRC got {len(entries)} times {_name(key)}, and the ledger tells of"
        f" {len(told.get(key, ()))} tries."
        for key, entries in got.items()
        if len(entries) > len(told.get(key, ()))
    ]
    for key, tries in told.items():
        for send in tries:
            found += _of_one(send, _name(key), got.get(key, []))
    return found


def _of_one(send: ToldSend, name: str, entries: list[dict[str, Any]]) -> list[str]:
    who = f"Try {send.attempt} of action {send.action_id}, {name}"
    if not send.outcomes:
        return [f"{who}: the ledger tells no outcome."]
    found = []
    statuses = {entry["status"] for entry in entries}
    for type_, status in send.outcomes:
        if type_ == EventType.ACTION_ANSWERED and status not in statuses:
            found.append(f"{who}: the ledger tells of answer {status}; METRC gave {statuses}.")
    was_applied = any(entry["applied"] for entry in entries)
    last = send.outcomes[-1][0]
    if was_applied and last in NEVER_APPLIED:
        found.append(f"{who}: METRC applied it, and the ledger ends with {last}.")
    answered_well = any(
        type_ == EventType.ACTION_ANSWERED and status is not None and status < 300
        for type_, status in send.outcomes
    )
    if answered_well and last == EventType.ACTION_ACCEPTED and not was_applied:
        found.append(f"{who}: the ledger calls it accepted, and METRC applied nothing.")
    return found


def _key(entry: dict[str, Any]) -> Key:
    """A call that names its row in the path has no body, and so no hash of one."""
    path = re.sub(r"/[0-9]+$", f"/{BY_ID}", entry["path"].rstrip("/"))
    content = "" if path.endswith(BY_ID) else payload_sha256(entry["body"] or [])
    # What METRC refused before it looked at the licence bears it in the address alone.
    license_number = entry["licenseNumber"] or entry["query"].get("licenseNumber", "")
    return license_number, f"{entry['method']} {path}", content


def _name(key: Key) -> str:
    return f"{key[1]} at {key[0]} with {key[2][:12]}"
