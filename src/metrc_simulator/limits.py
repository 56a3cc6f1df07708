"""METRC's limits on reading: a bucket of calls that refills, and calls at once.

Both are kept per facility and per vendor key. METRC names the numbers (50 a second and 10 at once
for a facility, 150 and 30 for a key); that the count is a bucket which refills is inferred.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from dataclasses import dataclass
from typing import Any


@dataclass
class Allowance:
    """What one facility, or one vendor key, may do; None switches a limit off."""

    per_second: int | None = None
    at_once: int | None = None


@dataclass
class _Use:
    """What is left in a bucket, since when, and how many calls are under way."""

    left: float | None = None
    looked_at: float = 0.0
    running: int = 0

    def refill(self, allowed: Allowance, now: float) -> None:
        """Add what time has brought; a bucket holds one second's calls and begins full."""
        if allowed.per_second is None:
            self.left = None
            return
        gained = (now - self.looked_at) * allowed.per_second
        had = float(allowed.per_second) if self.left is None else self.left
        self.left = min(had + gained, float(allowed.per_second))
        self.looked_at = now

    def has_room(self, allowed: Allowance) -> bool:
        """Return whether one more call fits."""
        if self.left is not None and self.left < 1:
            return False
        return allowed.at_once is None or self.running < allowed.at_once


@dataclass
class Measure:
    """What was granted and refused since the limits were set; moments of the monotonic clock."""

    granted: int = 0
    refused: int = 0
    most_at_once: int = 0
    first_at: float = 0.0
    last_at: float = 0.0

    def as_row(self) -> dict[str, Any]:
        """Return the measure in the desk's words; the rate is of calls after the first."""
        seconds = self.last_at - self.first_at
        rate = (self.granted - 1) / seconds if self.granted > 1 and seconds > 0 else 0.0
        return {
            "granted": self.granted,
            "refused": self.refused,
            "mostAtOnce": self.most_at_once,
            "seconds": round(seconds, 3),
            "grantedPerSecond": round(rate, 3),
        }


class Limits:
    """Counts GETs in and out; without limits set it only measures."""

    def __init__(self) -> None:
        self.facility, self.vendor = Allowance(), Allowance()
        self.measure = Measure()
        self._lock = threading.Lock()
        self._uses: dict[str, _Use] = defaultdict(_Use)
        self._vendor = _Use()

    def set(self, facility: Allowance, vendor: Allowance) -> None:
        """Put limits in force; their buckets begin full, and the measure anew."""
        with self._lock:
            self.facility, self.vendor = facility, vendor
            self.measure = Measure()
            for use in (self._vendor, *self._uses.values()):
                use.left = None

    def enter(self, facility: str) -> bool:
        """Count a GET in and return True, or return False when it is one too many."""
        now = time.monotonic()
        with self._lock:
            use, measure = self._uses[facility], self.measure
            use.refill(self.facility, now)
            self._vendor.refill(self.vendor, now)
            if not (use.has_room(self.facility) and self._vendor.has_room(self.vendor)):
                measure.refused += 1
                return False
            for one in (use, self._vendor):
                one.running += 1
                if one.left is not None:
                    one.left -= 1
            measure.granted += 1
            measure.most_at_once = max(measure.most_at_once, self._vendor.running)
            measure.first_at = measure.first_at or now
            measure.last_at = now
            return True

    def leave(self, facility: str) -> None:
        """Count a GET out."""
        with self._lock:
            for one in (self._uses[facility], self._vendor):
                one.running -= 1

    def as_row(self) -> dict[str, Any]:
        """Return the limits in force and the measure, in the desk's words."""
        with self._lock:
            return {
                "getPerSecond": self.facility.per_second,
                "concurrent": self.facility.at_once,
                "vendorGetPerSecond": self.vendor.per_second,
                "vendorConcurrent": self.vendor.at_once,
                **self.measure.as_row(),
            }
