"""Gate, run_gates(): ask every gate, keep every finding."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from glassbox.rules.verdicts import Finding

Facts = TypeVar("Facts")
Gate = Callable[[Facts], Iterable[Finding]]


def run_gates(gates: Sequence[Gate[Facts]], facts: Facts) -> tuple[Finding, ...]:
    """Return every finding of every gate, in gate order; never stops at the first."""
    return tuple(finding for gate in gates for finding in gate(facts))


def is_blocked(findings: Iterable[Finding]) -> bool:
    """Return whether any finding stops the act."""
    return any(finding.blocks for finding in findings)
