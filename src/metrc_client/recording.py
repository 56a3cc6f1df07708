"""Exchange and Recorder: what was said to METRC and what it said, byte for byte, keys removed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One request and its answer, or why there was none. Holds no key."""

    method: str
    path: str
    query: str
    license_number: str
    request_body: bytes
    status: int | None
    response_body: bytes | None
    sent_at: datetime
    duration_seconds: float
    error: str
    metrc_clock_at: datetime | None


class Recorder(Protocol):
    """Whoever keeps the exchanges. Called once for each, also for those that failed."""

    def record(self, exchange: Exchange) -> None:
        """Keep one exchange."""


class NoRecorder:
    """Keeps nothing."""

    def record(self, exchange: Exchange) -> None:
        """Forget the exchange."""
