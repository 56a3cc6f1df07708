"""How many pages and exports one person may ask for in a minute."""

from __future__ import annotations

from django.conf import settings

from glassbox.operations.pace import count_request
from glassbox.rules.verdicts import Refused
from glassbox.web.request import PageRequest

# Names of addresses that gather many rows into a file.
_FILES = ("packages_csv", "audit_csv", "report_csv", "audit_proofs", "audit_proof", "pack_file")
EXPORTS = frozenset({*_FILES, *(f"both_{name}" for name in _FILES)})


class TooFast(Refused):
    """A person, or a program in their session, asks faster than people do."""

    code = "web.too-fast"

    def __init__(self, wait_seconds: int) -> None:
        super().__init__(
            f"You asked for more than a person can look at. Wait {wait_seconds} s; a program of "
            "yours uses the API, which has limits of its own."
        )
        self.wait_seconds = wait_seconds


def require_patience(request: PageRequest, name: str) -> None:
    """Count a request of a person.

    :raises TooFast: beyond the limits of a minute
    """
    _count(request, "page", settings.PAGES_PER_MINUTE)
    if name in EXPORTS:
        _count(request, "export", settings.EXPORTS_PER_MINUTE)


def _count(request: PageRequest, kind: str, at_most: int) -> None:
    wait_seconds = count_request(actor=request.actor, kind=kind, at_most=at_most, now=request.now)
    if wait_seconds:
        raise TooFast(wait_seconds)
