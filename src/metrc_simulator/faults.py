"""Faults that tests order: which call is hit, how often, and by what."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from metrc_simulator.fault_kinds import FAULT_KINDS

UNDISTURBED = "none"
_FIELDS = ("method", "path", "kind", "script", "times", "delayMs", "probability", "seed")
_STEPS_AT_MOST = 10_000
_NUMBER_AT_MOST = 1_000_000_000


class FaultRuleWrong(Exception):
    """A rule of the desk's `faults` verb cannot be understood."""


@dataclass(frozen=True)
class Fault:
    """What hits one call; without `delay_seconds` each kind takes its own time."""

    kind: str
    delay_seconds: float | None = None


@dataclass
class FaultRule:
    """Hits calls of a method and path (which may hold `*`) with one fault after the other.

    Without `times` every step is for one call, in order; with it, the only step is for so many
    calls, and for every call when `times` is None.
    """

    steps: list[Fault]
    method: str | None = None
    path: str | None = None
    is_script: bool = False
    times: int | None = None
    probability: float = 1.0
    chance: random.Random = field(default_factory=random.Random)
    given: dict[str, Any] = field(default_factory=dict)

    def as_row(self) -> dict[str, Any]:
        """Return the rule in the desk's own words, with what is left of it."""
        if self.is_script:
            return self.given | {"script": self.given["script"][-len(self.steps) :]}
        return self.given | ({} if self.times is None else {"times": self.times})

    def is_over(self) -> bool:
        """Return whether the rule can hit no call any more."""
        return not self.steps if self.is_script else self.times == 0

    def hit(self, method: str, path: str) -> Fault | None:
        """Return what hits this call, using it up; None when the rule leaves the call alone."""
        if self.is_over() or (self.method is not None and self.method != method):
            return None
        if self.path is not None and not fnmatchcase(path.rstrip("/"), self.path.rstrip("/")):
            return None
        if self.steps[0].kind == "stale-read" and method not in {"GET", "HEAD"}:
            return None
        if self.probability < 1 and self.chance.random() >= self.probability:
            return None
        if self.is_script:
            return self.steps.pop(0)
        if self.times is not None:
            self.times -= 1
        return self.steps[0]


class Faults:
    """The rules in force; the first that hits a call wins."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[FaultRule] = []

    def replace(self, rules: list[FaultRule]) -> None:
        """Put these rules in force instead of the present ones."""
        with self._lock:
            self._rules = rules

    def rows(self) -> list[dict[str, Any]]:
        """Return the rules that can still hit, in the desk's own words."""
        with self._lock:
            return [rule.as_row() for rule in self._rules if not rule.is_over()]

    def pick(self, method: str, path: str) -> Fault | None:
        """Return what hits this call, or None when nothing does."""
        with self._lock:
            for rule in self._rules:
                fault = rule.hit(method, path)
                if fault is not None:
                    return None if fault.kind == UNDISTURBED else fault
        return None


def read_rule(row: Any) -> FaultRule:
    """Read one rule of the desk's JSON; FaultRuleWrong names the field and its value."""
    if not isinstance(row, dict):
        raise FaultRuleWrong(f"rules: {row!r} is not an object.")
    unknown = set(row) - set(_FIELDS)
    if unknown:
        raise FaultRuleWrong(f"rules: {', '.join(sorted(unknown))} is not a field of a fault rule.")
    for name in ("method", "path"):
        if row.get(name) is not None and not isinstance(row[name], str):
            raise FaultRuleWrong(f"{name}: {row[name]!r} is not a text.")
    seed = row.get("seed")
    if seed is not None and not isinstance(seed, (int, str)):
        raise FaultRuleWrong(f"seed: {seed!r} is neither a whole number nor a text.")
    is_script = row.get("script") is not None
    method = row.get("method")
    return FaultRule(
        steps=_script(row) if is_script else [_step(row, FAULT_KINDS)],
        method=method.upper() if method else None,
        path=row.get("path"),
        is_script=is_script,
        times=None if row.get("times") is None else int(_number(row, "times")),
        probability=1.0 if row.get("probability") is None else _number(row, "probability"),
        chance=random.Random(seed),
        given=dict(row),
    )


def _script(row: dict[str, Any]) -> list[Fault]:
    if row.get("kind") is not None or row.get("times") is not None:
        raise FaultRuleWrong("script: a rule has a script, or a kind with times, but not both.")
    steps = row["script"]
    if not isinstance(steps, list) or not 0 < len(steps) <= _STEPS_AT_MOST:
        raise FaultRuleWrong(f"script: {steps!r} is not a list of 1 to {_STEPS_AT_MOST} kinds.")
    return [_step(_spelled_out(step, row), (UNDISTURBED, *FAULT_KINDS)) for step in steps]


def _spelled_out(step: Any, row: dict[str, Any]) -> dict[str, Any]:
    if isinstance(step, dict):
        unknown = set(step) - {"kind", "delayMs"}
        if unknown:
            raise FaultRuleWrong(f"script: {', '.join(sorted(unknown))} is not a field of a step.")
        return step
    return {"kind": step, "delayMs": row.get("delayMs")}


def _step(row: dict[str, Any], known: Any) -> Fault:
    kind = row.get("kind")
    if not isinstance(kind, str) or kind not in known:
        raise FaultRuleWrong(f"kind: {kind!r} is none of {', '.join(known)}.")
    delayed = row.get("delayMs") is not None
    return Fault(kind, _number(row, "delayMs") / 1_000 if delayed else None)


def _number(row: dict[str, Any], name: str) -> float:
    value = row[name]
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        raise FaultRuleWrong(f"{name}: {value!r} is not a number.") from None
    if isinstance(value, bool) or not number >= 0:
        raise FaultRuleWrong(f"{name}: {value!r} is not a number of 0 or more.")
    if number > _NUMBER_AT_MOST:
        raise FaultRuleWrong(f"{name}: {value!r} is more than {_NUMBER_AT_MOST}.")
    return number
