"""METRC as one action meets it: what it applied, what still lands, what its reads show."""

from __future__ import annotations

import heapq
import random
from dataclasses import dataclass, field

from glassbox.rules.action_kinds.kind import Keying, ProbeVerdict

CLIENT_TIMEOUT_SECONDS = 30.0
READ_LAG_AT_MOST_SECONDS = 20.0
LOOK_FAILS = 0.15
# What may become of one send, the undisturbed one more often than each fault.
FAULTS = (
    "ok",
    "ok",
    "ok",
    "not-sent",
    "drop-before",
    "drop-after",
    "500-before",
    "500-after",
    "400-server",
    "401",
    "429",
    "late",
    "slow",
    "truncate",
    "html",
)


@dataclass(frozen=True)
class Reply:
    """What came back from a send, after how long."""

    status: int | None
    seconds: float
    was_sent: bool = True
    is_readable: bool = True


@dataclass
class VirtualMetrc:
    """Applies writes by the laws of their keying; `late_seconds` bounds how late one may land."""

    keying: Keying
    chance: random.Random
    late_seconds: float
    applied_at: list[float] = field(default_factory=list)
    _landing: list[float] = field(default_factory=list)

    def pass_to(self, now: float) -> None:
        """Let the late writes land that are due by `now`."""
        while self._landing and self._landing[0] <= now:
            self._apply(heapq.heappop(self._landing))

    def _apply(self, at: float) -> bool:
        # A tag is used once; a name is not: two items of one name are a duplicate.
        if self.keying is Keying.TAG and self.applied_at:
            return False
        self.applied_at.append(at)
        return True

    def send(self, now: float) -> Reply:
        """Answer one send at `now`, by a fault drawn by chance."""
        fault = self.chance.choice(FAULTS)
        if fault == "not-sent":
            return Reply(None, 0.1, was_sent=False)
        if fault == "late":
            # It began to count when we sent it, and lands after we have given up.
            span = self.late_seconds - CLIENT_TIMEOUT_SECONDS
            lands_at = now + CLIENT_TIMEOUT_SECONDS + self.chance.random() * span
            heapq.heappush(self._landing, lands_at)
            return Reply(None, CLIENT_TIMEOUT_SECONDS)
        unapplied = {
            "drop-before": Reply(None, 1.0),
            "500-before": Reply(500, 1.0),
            "400-server": Reply(400, 1.0),
            "401": Reply(401, 1.0),
            "429": Reply(429, 1.0),
            "html": Reply(200, 1.0, is_readable=False),
        }
        if fault in unapplied:
            return unapplied[fault]
        if not self._apply(now):
            return Reply(400, 1.0)
        applied = {
            "drop-after": Reply(None, 1.0),
            "500-after": Reply(500, 1.0),
            "slow": Reply(None, CLIENT_TIMEOUT_SECONDS),
            "truncate": Reply(200, 1.0, is_readable=False),
        }
        return applied.get(fault, Reply(200, 1.0))

    def look(self, now: float) -> ProbeVerdict:
        """Return what a look shows: the past by some seconds, or nothing at all."""
        if self.chance.random() < LOOK_FAILS:
            return ProbeVerdict.CANNOT_TELL
        seen_until = now - self.chance.random() * READ_LAG_AT_MOST_SECONDS
        is_seen = any(at <= seen_until for at in self.applied_at)
        return ProbeVerdict.APPLIED if is_seen else ProbeVerdict.ABSENT

    def settle(self) -> int:
        """Let all that may still land do so, and return how often the write was applied."""
        self.pass_to(float("inf"))
        return len(self.applied_at)
