"""What each kind of fault does to a call: whether it is applied, and what its caller gets."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from metrc_simulator.answers import Answer, message, nothing

_SERVER_BROKEN = "Could not load file or assembly 'System.Data.SqlClient'."
_HTML = b"<!DOCTYPE html><html><head><title>Service</title></head><body>Please wait.</body></html>"


@dataclass(frozen=True)
class FaultKind:
    """A kind of fault; `send` turns the true answer (an empty one if not `applied`) into another.

    `waits` says when its delay passes: before the call is applied, or after.
    """

    applied: bool
    send: Callable[[Answer, float | None], Answer]
    waits: str = ""


def _as_it_is(answer: Answer, delay_seconds: float | None) -> Answer:
    return answer


def _cut(cut: str) -> Callable[[Answer, float | None], Answer]:
    return lambda answer, _: replace(answer, cut=cut)


def _server_error(answer: Answer, delay_seconds: float | None) -> Answer:
    return message(500, "An error has occurred.")


def _too_many(answer: Answer, delay_seconds: float | None) -> Answer:
    # Retry-After is in whole seconds: a client that waits them never comes too early.
    return Answer(429, headers={"Retry-After": str(max(math.ceil(delay_seconds or 1), 1))})


FAULT_KINDS = {
    "drop-before": FaultKind(False, _cut("drop")),
    "drop-after": FaultKind(True, _cut("drop")),
    "reset-before": FaultKind(False, _cut("reset")),
    "reset-after": FaultKind(True, _cut("reset")),
    "never-answers-before": FaultKind(False, _cut("never-answers")),
    "never-answers-after": FaultKind(True, _cut("never-answers")),
    "late": FaultKind(True, _as_it_is, waits="before"),
    "500-before": FaultKind(False, _server_error),
    "500-after": FaultKind(True, _server_error),
    "400-server": FaultKind(False, lambda *_: message(400, _SERVER_BROKEN)),
    "401": FaultKind(False, lambda *_: nothing(401)),
    "429": FaultKind(False, _too_many),
    "429-no-retry-after": FaultKind(False, lambda *_: nothing(429)),
    "slow-after": FaultKind(True, _as_it_is, waits="after"),
    "latency": FaultKind(True, _as_it_is, waits="before"),
    "truncate": FaultKind(True, _cut("truncate")),
    "half-body": FaultKind(True, _cut("half-body")),
    "empty": FaultKind(True, lambda answer, _: Answer(answer.status)),
    "html": FaultKind(False, lambda *_: Answer(200, _HTML, content_type="text/html")),
    "stale-read": FaultKind(True, _as_it_is),
}
