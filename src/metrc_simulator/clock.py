"""METRC's own clock, which the desk may set ahead or back of ours."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class MetrcClock:
    """The machine's time plus an offset."""

    def __init__(self, offset_seconds: float = 0.0) -> None:
        self.offset_seconds = offset_seconds

    def now(self) -> datetime:
        """Return METRC's present as an aware UTC datetime."""
        return datetime.fromtimestamp(time.time() + self.offset_seconds, UTC)


def machine_microseconds() -> int:
    """Return the machine's time in microseconds since 1970, untouched by any offset."""
    return time.time_ns() // 1_000
