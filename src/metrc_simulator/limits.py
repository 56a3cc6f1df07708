"""METRC's limits on reading: calls per second and calls at once, per facility."""

from __future__ import annotations

import threading
import time
from collections import defaultdict, deque


class Limits:
    """Counts GETs per licence; None switches a limit off."""

    def __init__(self) -> None:
        self.get_per_second: int | None = None
        self.concurrent: int | None = None
        self._lock = threading.Lock()
        self._recent: dict[str, deque[float]] = defaultdict(deque)
        self._running: dict[str, int] = defaultdict(int)

    def enter(self, license_number: str) -> bool:
        """Count a GET in and return True, or return False when it is one too many."""
        if self.get_per_second is None and self.concurrent is None:
            return True
        moment = time.monotonic()
        with self._lock:
            recent = self._recent[license_number]
            while recent and recent[0] <= moment - 1:
                recent.popleft()
            if self.get_per_second is not None and len(recent) >= self.get_per_second:
                return False
            if self.concurrent is not None and self._running[license_number] >= self.concurrent:
                return False
            if self.get_per_second is not None:
                recent.append(moment)
            self._running[license_number] += 1
            return True

    def leave(self, license_number: str) -> None:
        """Count a GET out."""
        with self._lock:
            # A call that came in before a limit was set was not counted in.
            self._running[license_number] = max(self._running[license_number] - 1, 0)
