"""Finding (a value) and Refused (the root of every anticipated no)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """Say whether a finding stops the act or only speaks."""

    BLOCKS = "BLOCKS"
    WARNS = "WARNS"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Hold one thing a rule has to say about one subject, ready to be shown and printed.

    `message` is a sentence with the numbers; `fix` is what to do now; `evidence` is the rule
    pack's tag (V, V2, API, P, M, D), so a reader sees how well the source was checked.
    """

    code: str
    severity: Severity
    subject: str
    message: str
    fix: str = ""
    citation: str = ""
    rule_id: str = ""
    evidence: str = ""

    @property
    def blocks(self) -> bool:
        """Return whether this finding alone stops the act."""
        return self.severity is Severity.BLOCKS


class Refused(Exception):
    """Say that we understood the request and will not do it; carries what to tell the person.

    Anything else that is raised is a bug or an outage, and is not caught below the door.
    """

    code = "refused"

    def __init__(self, message: str, *, findings: tuple[Finding, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.findings = findings


class NotFound(Refused):
    """Say that there is no such thing here, in the same words whether absent or hidden."""

    code = "not-found"


class InvalidInput(Refused):
    """Say which field holds which bad value, and the way out."""

    code = "input.invalid"

    def __init__(self, *, field: str, value: object, way_out: str) -> None:
        shown = str(value)
        if len(shown) > 80:
            shown = shown[:77] + "..."
        super().__init__(f'{field}: "{shown}" cannot be used. {way_out}')
        self.field = field
        self.value = shown
        self.way_out = way_out
