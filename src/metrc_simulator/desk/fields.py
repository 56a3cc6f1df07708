"""Reading the desk's JSON: every refusal names the field and its value."""

from __future__ import annotations

from typing import Any

from metrc_simulator.act import Refused
from metrc_simulator.engine import Engine

Payload = dict[str, Any]


def word(payload: Payload, name: str) -> str:
    """Return a text that must be there."""
    value = payload.get(name)
    if not isinstance(value, str) or not value.strip():
        raise Refused(f"{name}: {value!r} is not a text.")
    return value.strip()


def whole(payload: Payload, name: str) -> int:
    """Return a whole number that must be there."""
    value = payload.get(name)
    if isinstance(value, bool) or not isinstance(value, int):
        raise Refused(f"{name}: {value!r} is not a whole number.")
    return value


def truth(payload: Payload, name: str) -> bool:
    """Return a boolean that must be there."""
    value = payload.get(name)
    if not isinstance(value, bool):
        raise Refused(f"{name}: {value!r} is neither true nor false.")
    return value


def words(payload: Payload, name: str) -> list[str]:
    """Return a list of texts that must be there and not be empty."""
    value = payload.get(name)
    if not isinstance(value, list) or not value or not all(isinstance(one, str) for one in value):
        raise Refused(f"{name}: {value!r} is not a list of texts.")
    return value


def objects(payload: Payload, name: str) -> list[Payload]:
    """Return a list of objects that must be there and not be empty."""
    value = payload.get(name)
    if not isinstance(value, list) or not value or not all(isinstance(one, dict) for one in value):
        raise Refused(f"{name}: {value!r} is not a list of objects.")
    return value


def license_of(engine: Engine, payload: Payload, name: str = "licenseNumber") -> str:
    """Return the number of a facility of this world, in its own spelling."""
    number = word(payload, name)
    facility = engine.store.find("facilities", number)
    if facility is None:
        raise Refused(f"{name}: {number!r} is not a facility of this world.")
    found: str = facility.body["License"]["Number"]
    return found


def user_of(payload: Payload) -> str:
    """Return who acts at the desk; `Desk` when nobody is named."""
    value = payload.get("userName", "Desk")
    return value if isinstance(value, str) and value else "Desk"
