"""Doing a recorded run again, on the same world and at the same moments, and comparing the end."""

from __future__ import annotations

import base64
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import zip_longest
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from metrc_simulator.act import NotYours, Refused
from metrc_simulator.clock import MetrcClock
from metrc_simulator.desk.door import VERBS
from metrc_simulator.engine import Engine
from metrc_simulator.fault_kinds import FAULT_KINDS
from metrc_simulator.faults import FaultRuleWrong
from metrc_simulator.http_reading import Request
from metrc_simulator.journal import Entry
from metrc_simulator.laws.webhooks import INTEGRATOR
from metrc_simulator.people import People
from metrc_simulator.profiles.profile import Profile
from metrc_simulator.recording import (
    CONTINUED,
    COUNTERS,
    RESET,
    SETTINGS,
    START_PATH,
    STARTED,
    fingerprint,
    rows_of_state,
)
from metrc_simulator.records import KINDS
from metrc_simulator.simulator import Simulator
from metrc_simulator.store import Store
from metrc_simulator.wire import decode, encode
from metrc_simulator.worlds.cast import Ground, WorldBroken
from metrc_simulator.worlds.registry import build_world

_DESK = "/desk/api/"
_MASK = "***"
_SQLITE = b"SQLite format 3\x00"
_BEGUN = {STARTED, RESET}
_UNCHANGING = {"GET", "HEAD", "OPTIONS"}


class RecordingBroken(Exception):
    """The file is no recording that can be replayed; the message says why and the way out."""


@dataclass
class Recording:
    """A run as it was: its entries in order, and its end if that was kept.

    `state` is the fingerprint of the end, `store` the end itself; a journal alone has neither.
    """

    entries: list[dict[str, Any]]
    state: dict[str, dict[str, Any]] | None = None
    store: Store | None = None


@dataclass
class Replayed:
    """What came of a replay; `difference` is the first one found, None when there is none."""

    done: int = 0
    skipped: list[int] = field(default_factory=list)
    difference: str | None = None
    is_end_known: bool = True

    def lines(self) -> list[str]:
        """Return what a person is told."""
        told = [f"{self.done} writes and acts were done again."]
        if self.skipped:
            first = ", ".join(str(seq) for seq in self.skipped[:10])
            told.append(
                f"Left out: {len(self.skipped)} refused calls that named a key, which no journal "
                f"keeps (entries {first}{', ...' if len(self.skipped) > 10 else ''})."
            )
        if self.difference is not None:
            return [*told, f"First difference: {self.difference}"]
        told.append("Each did the same.")
        if self.is_end_known:
            return [*told, "The end state is the same."]
        return [*told, "A journal alone holds no end state: GET /desk/api/recording keeps both."]


class _RecordedClock(MetrcClock):
    """Stands at the moment of the entry that is done again."""

    moment = datetime(1970, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        """Return that moment."""
        return self.moment


def read_recording(path: Path) -> Recording:
    """Read a recording, a journal or a state file; RecordingBroken when it is none of these."""
    try:
        with path.open("rb") as file:
            is_state = file.read(len(_SQLITE)) == _SQLITE
        content = None if is_state else decode(path.read_bytes())
    except (OSError, ValueError) as problem:
        raise RecordingBroken(f"{path}: {problem}") from problem
    if content is None:
        found = _of_state(path)
    elif isinstance(content, dict):
        found = Recording(content.get("journal") or [], content.get("state"))
    else:
        found = Recording(content)
    _check(path, found)
    return found


def _of_state(path: Path) -> Recording:
    store = Store(str(path), read_only=True)
    try:
        entries = [decode(b"{" + entry) | {"seq": seq} for seq, entry, _ in store.journal.after(0)]
    except sqlite3.DatabaseError as problem:
        raise RecordingBroken(f"{path}: {problem}") from problem
    return Recording(entries, store=store)


def _check(path: Path, found: Recording) -> None:
    entries = found.entries
    if not isinstance(entries, list) or not all(
        isinstance(one, dict) and {"seq", "at", "method", "path", "applied"} <= set(one)
        for one in entries
    ):
        raise RecordingBroken(f"{path}: it is no journal of a simulator.")
    if not entries or not any(one["effect"] in _BEGUN for one in entries[0]["applied"]):
        raise RecordingBroken(
            f"{path}: its first entry is not the start of a world; save the whole journal."
        )


def replay(recording: Recording, world: str | None = None) -> Replayed:
    """Do a recorded run again and return what came of it.

    `world` stands in for the world's file when that has moved. Raises WorldBroken or
    ProfileBroken when what the run stood on is not there.
    """
    engine = _ground(recording.entries[0], world)
    try:
        result = _repeat(engine, recording.entries[1:])
        if result.difference is None:
            result.is_end_known = recording.state is not None or recording.store is not None
            result.difference = _first_difference(recording, engine.store)
        return result
    finally:
        engine.store.close()
        if recording.store is not None:
            recording.store.close()


def _ground(first: dict[str, Any], world: str | None) -> Engine:
    ground = next(one for one in first["applied"] if one["effect"] in _BEGUN)
    clock = _RecordedClock()
    clock.moment = datetime.fromisoformat(first["at"])
    profile = Profile(ground["profile"])
    profile.switches.update(ground["switches"])
    store = Store()
    try:
        store.give_ids_after(ground["ids"])
        with store.transaction():
            on = Ground(store, profile, clock.now(), ground["seed"])
            build_world(world or ground["world"], on)
            store.keep_setting("world", ground["world"])
        return Engine(store, profile, People(store), clock, world_name=ground["world"])
    except BaseException:
        store.close()
        raise


def _repeat(engine: Engine, entries: Iterable[dict[str, Any]]) -> Replayed:
    simulator, result = Simulator(engine), Replayed()
    for entry in entries:
        if not _is_repeated(entry):
            continue
        assert isinstance(engine.clock, _RecordedClock)
        engine.clock.moment = datetime.fromisoformat(entry["at"])
        told = _with_keys(entry, engine.people)
        if told is None:
            result.skipped.append(entry["seq"])
            continue
        applied = _done_again(simulator, told)
        result.done += 1
        if applied != entry["applied"]:
            result.difference = (
                f"entry {entry['seq']}, {entry['method']} {entry['path']}, applied "
                f"{_text(entry['applied'])} when it was recorded, and {_text(applied)} now."
            )
            break
    return result


def _is_repeated(entry: dict[str, Any]) -> bool:
    if entry["method"] in _UNCHANGING:
        return False
    kind = FAULT_KINDS.get(entry.get("fault") or "")
    if kind is not None and not kind.applied:
        return False
    # Without a name METRC turned the call away before it looked at what it asks.
    return entry["path"].startswith(_DESK) or entry.get("userName") is not None


def _with_keys(entry: dict[str, Any], people: People) -> dict[str, Any] | None:
    """Return the entry with keys of this world where the journal masks those of the other.

    None when it does not say whose they were; that is so only of calls that were refused.
    """
    body = entry.get("body")
    if not isinstance(body, dict) or _MASK not in body.values():
        return entry
    names = [one["userName"] for one in entry["applied"] if "userName" in one]
    keys = {user.name: user.user_key for user in people.everyone()}
    if not names or names[0] not in keys:
        return None
    shown = {
        name: value
        if value != _MASK
        else (people.vendor_key if name.lower() == "tpiapikey" else keys[names[0]])
        for name, value in body.items()
    }
    return {**entry, "body": shown}


def _done_again(simulator: Simulator, entry: dict[str, Any]) -> Any:
    if entry["path"].startswith(_DESK):
        applied = _act_again(simulator.engine, entry)
    else:
        applied = _call_again(simulator, entry)
    return decode(encode(applied))


def _act_again(engine: Engine, entry: dict[str, Any]) -> list[dict[str, Any]]:
    name = entry["path"].removeprefix(_DESK)
    if entry["path"] == START_PATH:
        return _continue(engine, entry)
    if name not in VERBS:
        return []
    try:
        with engine.store.transaction():
            _, act = VERBS[name](engine, entry["body"])
            return act.effects
    except (Refused, NotYours, FaultRuleWrong, WorldBroken):
        return []
    finally:
        engine.people.reload()


def _continue(engine: Engine, entry: dict[str, Any]) -> list[dict[str, Any]]:
    [ground] = [one for one in entry["applied"] if one["effect"] == CONTINUED]
    if ground["profile"] != engine.profile.name:
        engine.profile = Profile(ground["profile"])
    engine.profile.switches.update(ground["switches"])
    return [ground]


def _call_again(simulator: Simulator, entry: dict[str, Any]) -> list[dict[str, Any]]:
    again = Entry(
        at=datetime.fromisoformat(entry["at"]),
        method=entry["method"],
        path=entry["path"],
        query=entry["query"],
    )
    request = Request(
        method=entry["method"],
        path=entry["path"],
        query=urlencode(entry["query"]),
        headers=_signed(simulator.engine.people, entry),
        body=b"" if entry.get("body") is None else encode(entry["body"]),
        wait_until_gone=lambda seconds: False,
    )
    simulator.repeat(request, again)
    return again.applied


def _signed(people: People, entry: dict[str, Any]) -> dict[str, str]:
    if entry["userName"] == INTEGRATOR:
        return {"x-metrc-key": people.vendor_key}
    keys = [user.user_key for user in people.everyone() if user.name == entry["userName"]]
    pair = f"{people.vendor_key}:{keys[0] if keys else ''}"
    return {"authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


def _first_difference(recording: Recording, now: Store) -> str | None:
    if recording.store is not None:
        return next(_different_rows(recording.store, now), None)
    if recording.state is None:
        return None
    found = fingerprint(now)
    for kind, then in recording.state.items():
        is_now = found.get(kind, {"rows": 0})
        if then != is_now:
            return (
                f"{kind}: {then['rows']} rows when it was recorded, {is_now['rows']} now, not the "
                "same; with `serve --state FILE` a replay names the row."
            )
    return None


def _different_rows(then: Store, now: Store) -> Iterator[str]:
    for kind in (*KINDS, SETTINGS, COUNTERS):
        pairs = zip_longest(rows_of_state(then, kind), rows_of_state(now, kind))
        for was, is_now in pairs:
            if was == is_now:
                continue
            if was is None or is_now is None or was[0] != is_now[0]:
                place = min(one[0] for one in (was, is_now) if one is not None)
                when = "only when it was recorded" if was and was[0] == place else "only now"
                yield f"{kind} {place} is there {when}."
                return
            yield f"{kind} {was[0]}: {_different_field(was[1], is_now[1])}"
            return


def _different_field(then: dict[str, Any], now: dict[str, Any]) -> str:
    for name in (*then, *(now.keys() - then.keys())):
        was, is_now = then.get(name), now.get(name)
        if was != is_now:
            if isinstance(was, dict) and isinstance(is_now, dict):
                return f"{name}.{_different_field(was, is_now)}"
            return f"{name} was {_text(was)} when it was recorded, and is {_text(is_now)} now."
    return "nothing differs"


def _text(value: Any) -> str:
    text = encode(value).decode("utf-8")
    return text if len(text) <= 300 else f"{text[:300]}..."
