"""A run as a file: where its world began, what was done since, and a fingerprint of the end."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from metrc_simulator.journal import Journal
from metrc_simulator.profiles.profile import Profile
from metrc_simulator.records import KINDS, Record
from metrc_simulator.store import Store
from metrc_simulator.wire import encode

START_PATH = "/desk/api/start"
STARTED, RESET, CONTINUED = "world started", "world reset", "world continued"
SETTINGS, COUNTERS = "settings", "ids given"
_CHANCE_SETTINGS = {"vendor_key"}


def ground_of(profile: Profile, world: str, ids: dict[str, int], seed: int = 1) -> dict[str, Any]:
    """Return what a run stands on, as the details of its first effect.

    `ids` are the last id of each kind before the world was built, `seed` what it was built with.
    """
    return {
        "world": world,
        "seed": seed,
        "profile": profile.name,
        "switches": profile.switches,
        "ids": ids,
    }


def recording_json(store: Store, journal: Journal) -> bytes:
    """Return the journal and the fingerprint of the state at the same moment, as one object."""
    with store.lock:
        # Gathered entries are written first: they count as ids given.
        entries = journal.json(0)
        return b'{"journal":%b,"state":%b}' % (entries, encode(fingerprint(store)))


def fingerprint(store: Store) -> dict[str, dict[str, Any]]:
    """Return the number and the SHA-256 of the rows of each kind, without what chance made."""
    found = {}
    for kind in (*KINDS, SETTINGS, COUNTERS):
        digest, count = hashlib.sha256(), 0
        for _, row in rows_of_state(store, kind):
            digest.update(encode(row) + b"\n")
            count += 1
        found[kind] = {"rows": count, "sha256": digest.hexdigest()}
    return found


def rows_of_state(store: Store, kind: str) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Yield the rows of a kind as pairs of id and fields, in order; keys are made at random."""
    if kind == SETTINGS:
        settings = store.settings()
        yield from (
            (name, {"value": settings[name]}) for name in sorted(settings.keys() - _CHANCE_SETTINGS)
        )
    elif kind == COUNTERS:
        yield from ((name, {"last": last}) for name, last in sorted(store.ids_given().items()))
    else:
        yield from ((record.id, _fields(record)) for record in store.every(kind))


def _fields(record: Record) -> dict[str, Any]:
    body, facts = record.body, record.facts
    if record.kind == "users":
        body = {**body, "userKey": None}
    if record.kind == "webhooks":
        facts = {**facts, "user_key": None}
    return {
        "license": record.license_number,
        "label": record.label,
        "list": record.list_name,
        "mark": record.mark,
        "parent": record.parent,
        "lastModified": record.last_modified,
        "body": body,
        "facts": facts,
    }
