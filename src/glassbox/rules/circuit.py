"""Circuit breakers: whether METRC answers well enough to try a regulated send now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

FAILURES_TO_OPEN = 5
# METRC as a whole is judged away only when more than one licence gets no answer.
LICENSES_TO_OPEN = 2
_FIRST_REST_SECONDS = 5
_LONGEST_REST_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class Silence:
    """Hold the tries since METRC last answered: how many failed, over how many licences, the last when.

    No answer and 5xx are failures; a refusal is an answer.
    """

    failures: int = 0
    licenses: int = 0
    last_failed_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Circuit:
    """Hold the verdict; while `is_trying`, one try at a time may find out whether METRC is back."""

    is_open: bool = False
    is_trying: bool = False
    until: datetime | None = None
    sentence: str = ""


CLOSED = Circuit()


def license_circuit(silence: Silence, *, number: str, now: datetime) -> Circuit:
    """Return the circuit of one licence, which five failures in a row open."""
    return _circuit(silence, f"METRC has not answered for {number}", now)


def metrc_circuit(silence: Silence, *, now: datetime) -> Circuit:
    """Return the circuit of METRC, which five failures in a row over two licences open."""
    if silence.licenses < LICENSES_TO_OPEN:
        return CLOSED
    return _circuit(silence, "METRC has not answered for any licence", now)


def _circuit(silence: Silence, what: str, now: datetime) -> Circuit:
    if silence.failures < FAILURES_TO_OPEN or silence.last_failed_at is None:
        return CLOSED
    # METRC may be away for weeks: the power is bounded before the rest is.
    power = min(silence.failures - FAILURES_TO_OPEN, 10)
    rest = min(_FIRST_REST_SECONDS * 2**power, _LONGEST_REST_SECONDS)
    until = silence.last_failed_at + timedelta(seconds=rest)
    if now >= until or until - now > timedelta(seconds=_LONGEST_REST_SECONDS):
        # A clock that was set back must not keep it open for longer than it ever rests.
        return Circuit(is_trying=True)
    return Circuit(
        is_open=True,
        until=until,
        sentence=f"{what} {silence.failures} times in a row. Nothing is sent; trying again at "
        f"{until:%H:%M:%S} UTC.",
    )
