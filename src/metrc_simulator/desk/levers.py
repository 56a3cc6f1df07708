"""Desk verbs that turn the simulator itself: keys, faults, clock, world, limits, licence, API."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from metrc_simulator.act import Act, Refused
from metrc_simulator.desk.fields import Payload, objects, truth, user_of, word
from metrc_simulator.engine import Engine
from metrc_simulator.faults import read_rule
from metrc_simulator.limits import Allowance
from metrc_simulator.recording import RESET, ground_of
from metrc_simulator.wire import decimal_of
from metrc_simulator.worlds.cast import Ground
from metrc_simulator.worlds.registry import build_world, is_sized

Result = dict[str, Any]
STATUSES = ("Active", "Suspended", "Revoked", "Expired")


def _act(engine: Engine, payload: Payload) -> Act:
    return engine.act("", user_of(payload))


def keys(engine: Engine, payload: Payload) -> tuple[Result, Act]:
    """Revoke a user's key, or restore it."""
    act = _act(engine, payload)
    user_key = word(payload, "userKey")
    action = word(payload, "action")
    if action not in {"revoke", "restore"}:
        raise Refused(f"action: {action!r} is neither revoke nor restore.")
    known = {user.user_key: user.name for user in engine.people.everyone()}
    record = engine.store.find("users", known[user_key]) if user_key in known else None
    if record is None:
        raise Refused(f"userKey: {user_key!r} is nobody's key.")
    record.list_name = "revoked" if action == "revoke" else "active"
    act.save(record)
    act.effect(f"key {action}d", userName=record.body["name"])
    return {}, act


def faults(engine: Engine, payload: Payload) -> tuple[Result, Act]:
    """Put fault rules in force instead of the present ones; an empty list ends all faults."""
    act = _act(engine, payload)
    given = payload.get("rules")
    rules = [] if given == [] else [read_rule(row) for row in objects(payload, "rules")]
    engine.faults.replace(rules)
    act.effect("faults set", count=len(rules))
    return {}, act


def clock(engine: Engine, payload: Payload) -> tuple[Result, Act]:
    """Set METRC's clock ahead of the machine's, or back: to an offset, or by a jump from now."""
    given = [name for name in ("offsetSeconds", "jumpSeconds") if payload.get(name) is not None]
    name = given[0] if given else "offsetSeconds"
    if len(given) > 1:
        raise Refused("jumpSeconds: the clock has an offset or a jump, but not both.")
    seconds = decimal_of(payload.get(name))
    if seconds is not None and name == "jumpSeconds":
        seconds += Decimal(str(engine.clock.offset_seconds))
    if seconds is None or abs(seconds) > 20 * 366 * 86_400:
        raise Refused(f"{name}: {payload.get(name)!r} is not a number of seconds.")
    engine.clock.offset_seconds = float(seconds)
    engine.store.keep_setting("offset_seconds", str(seconds))
    act = _act(engine, payload)
    act.effect("clock set", offsetSeconds=seconds)
    return {"now": act.now.isoformat(), "offsetSeconds": seconds}, act


def reset(engine: Engine, payload: Payload) -> tuple[Result, Act]:
    """Forget everything and start a world anew, with new keys."""
    name = word(payload, "world")
    if is_sized(name):
        raise Refused(f"world: {name!r} takes long to make; `metrc-simulator worlds` builds it.")
    engine.store.clear()
    engine.clock.offset_seconds = 0.0
    act = _act(engine, payload)
    ground = ground_of(engine.profile, name, engine.store.ids_given())
    build_world(name, Ground(engine.store, engine.profile, act.now))
    engine.store.keep_setting("world", name)
    engine.faults.replace([])
    engine.limits.set(Allowance(), Allowance())
    engine.api_up = True
    engine.world_name = name
    act.effect(RESET, **ground)
    return {"world": name}, act


def limits(engine: Engine, payload: Payload) -> tuple[Result, Act]:
    """Set how many GETs per second and at once a facility, and the vendor key, may make.

    Null means any number.
    """
    act = _act(engine, payload)
    engine.limits.set(
        facility=Allowance(_limit(payload, "getPerSecond"), _limit(payload, "concurrent")),
        vendor=Allowance(
            _limit(payload, "vendorGetPerSecond"), _limit(payload, "vendorConcurrent")
        ),
    )
    act.effect("limits set")
    return {}, act


def _limit(payload: Payload, name: str) -> int | None:
    value = payload.get(name)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
        raise Refused(f"{name}: {value!r} is not a whole number of 0 or more, nor null.")
    return value


def license_status(engine: Engine, payload: Payload) -> tuple[Result, Act]:
    """Set a licence's status: suspended ones only read, revoked and expired ones get nothing."""
    act = _act(engine, payload)
    number = word(payload, "number")
    facility = engine.store.find("facilities", number)
    if facility is None:
        raise Refused(f"number: {number!r} is not a facility of this world.")
    status = word(payload, "status")
    if status not in STATUSES:
        raise Refused(f"status: {status!r} is none of {', '.join(STATUSES)}.")
    facility.facts["status"] = status
    act.save(facility)
    act.effect("license set", number=number, status=status)
    return {}, act


def api(engine: Engine, payload: Payload) -> tuple[Result, Act]:
    """Take the API down (every call answers 503) or up again; the desk goes on."""
    act = _act(engine, payload)
    engine.api_up = truth(payload, "up")
    act.effect("api up" if engine.api_up else "api down")
    return {}, act
