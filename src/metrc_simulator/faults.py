"""Faults that tests order: which call is hit, how often, and how."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

KINDS = (
    "drop-before",
    "drop-after",
    "late",
    "500-before",
    "500-after",
    "400-server",
    "401",
    "429",
    "429-no-retry-after",
    "slow-after",
    "truncate",
    "empty",
    "html",
    "stale-read",
    "latency",
)
# These answer without doing what was asked.
NOT_APPLIED = {
    "drop-before",
    "500-before",
    "400-server",
    "401",
    "429",
    "429-no-retry-after",
    "html",
}


class FaultRuleWrong(Exception):
    """A rule of the desk's `faults` verb cannot be understood."""


@dataclass
class FaultRule:
    """One ordered fault. No `times` means every matching call; `path` may hold `*`."""

    kind: str
    method: str | None = None
    path: str | None = None
    times: int | None = None
    delay_seconds: float = 0.0
    probability: float = 1.0
    chance: random.Random = field(default_factory=random.Random)
    given: dict[str, Any] = field(default_factory=dict)

    def as_row(self) -> dict[str, Any]:
        """Return the rule in the desk's own words, with the times that are left."""
        return self.given | ({} if self.times is None else {"times": self.times})

    def hits(self, method: str, path: str) -> bool:
        """Return whether this call is hit, using up one of `times`."""
        if self.times == 0 or (self.method is not None and self.method != method):
            return False
        if self.path is not None and not fnmatchcase(path.rstrip("/"), self.path.rstrip("/")):
            return False
        if self.kind == "stale-read" and method != "GET":
            return False
        if self.probability < 1 and self.chance.random() >= self.probability:
            return False
        if self.times is not None:
            self.times -= 1
        return True


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
            return [rule.as_row() for rule in self._rules if rule.times != 0]

    def pick(self, method: str, path: str) -> FaultRule | None:
        """Return the rule that hits this call, or None."""
        with self._lock:
            return next((rule for rule in self._rules if rule.hits(method, path)), None)


def read_rule(row: Any) -> FaultRule:
    """Read one rule of the desk's JSON; FaultRuleWrong names the field and its value."""
    if not isinstance(row, dict):
        raise FaultRuleWrong(f"rules: {row!r} is not an object.")
    unknown = set(row) - {"method", "path", "kind", "times", "delayMs", "probability", "seed"}
    if unknown:
        raise FaultRuleWrong(f"rules: {', '.join(sorted(unknown))} is not a field of a fault rule.")
    if row.get("kind") not in KINDS:
        raise FaultRuleWrong(f"kind: {row.get('kind')!r} is none of {', '.join(KINDS)}.")
    for name in ("method", "path"):
        if row.get(name) is not None and not isinstance(row[name], str):
            raise FaultRuleWrong(f"{name}: {row[name]!r} is not a text.")
    method = row.get("method")
    return FaultRule(
        kind=row["kind"],
        method=method.upper() if method else None,
        path=row.get("path"),
        times=None if row.get("times") is None else int(_number(row, "times", 1, 0)),
        delay_seconds=_number(row, "delayMs", 0, 0) / 1_000,
        probability=_number(row, "probability", 1, 0),
        chance=random.Random(row.get("seed")),
        given=dict(row),
    )


def _number(row: dict[str, Any], name: str, default: float, least: float) -> float:
    value = row.get(name)
    if value is None:
        return default
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise FaultRuleWrong(f"{name}: {value!r} is not a number.") from None
    if number < least or isinstance(value, bool):
        raise FaultRuleWrong(f"{name}: {value!r} is not a number of {least:g} or more.")
    return number
