"""The tree of everything that can go wrong.

MetrcError
├── NotSent            no byte of the write left this machine: no address, refused, TLS, deadline
├── Declined           METRC answered and did nothing
│   ├── Unauthorized   401: a key, a permission, or a record of another licence
│   ├── Forbidden      403
│   ├── NotThere       404
│   ├── TooLarge       413: more than ten objects
│   ├── RateLimited    429, with the seconds to wait if METRC says them
│   └── RejectedByMetrc  400, 409, 422 and other 4xx: the rows and why
├── OutcomeUnknown     a write left and no clear answer came: look it up, never send it again
├── Unreachable        a read found nobody, or only 5xx, after every try
└── BadAnswer          a read got a redirect, or something that is not METRC's JSON

WrongCall (a ValueError)  the caller asked for what METRC would refuse; nothing was sent
└── TooManyObjects        more than ten objects in one write
"""

from __future__ import annotations

from dataclasses import dataclass


class MetrcError(Exception):
    """One clear sentence: what went wrong, and at which endpoint."""

    def __init__(self, sentence: str, *, status: int | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.status = status


class NotSent(MetrcError):
    """No byte of the write left this machine."""


class Declined(MetrcError):
    """METRC answered clearly, and did nothing."""


class Unauthorized(Declined):
    """401. The key may be dead, or lack a permission, or the record belongs to another licence."""


class Forbidden(Declined):
    """403."""


class NotThere(Declined):
    """404. The record is unknown, or the state has not deployed this endpoint."""


class TooLarge(Declined):
    """413. METRC takes at most ten objects in a write."""


class RateLimited(Declined):
    """429. `retry_after_seconds` is None if METRC does not say."""

    def __init__(self, sentence: str, *, retry_after_seconds: float | None) -> None:
        super().__init__(sentence, status=429)
        self.retry_after_seconds = retry_after_seconds


@dataclass(frozen=True, kw_only=True)
class RowError:
    """What METRC says of one object of a write; `row` is None if it speaks of the whole."""

    row: int | None
    message: str


class RejectedByMetrc(Declined):
    """METRC understood the request and refused it; `row_errors` holds its own words."""

    def __init__(self, sentence: str, *, status: int, row_errors: tuple[RowError, ...]) -> None:
        super().__init__(sentence, status=status)
        self.row_errors = row_errors


class OutcomeUnknown(MetrcError):
    """A write left this machine and no clear answer came back."""


class Unreachable(MetrcError):
    """A read found nobody, or only server errors, after every try."""


class BadAnswer(MetrcError):
    """A read was answered with something that is not METRC's JSON."""


class WrongCall(ValueError):
    """The caller asked for something that METRC would refuse; nothing was sent."""


class TooManyObjects(WrongCall):
    """A write was asked for with more objects than METRC takes at once; nothing was sent."""
