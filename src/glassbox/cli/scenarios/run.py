"""One run of a scenario: its stage, its brand, what its steps gave, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from glassbox.cli.demo_brand import Brand
from glassbox.cli.scenarios.expectations import Outcome
from glassbox.cli.scenarios.killing import Killer
from glassbox.cli.scenarios.language import Scenario
from glassbox.cli.scenarios.stage import Stage, wait_until

WAIT_SECONDS = 40.0
KILLED_PATIENCE = 3
Tell = Callable[[str], None]


@dataclass(kw_only=True)
class StepReport:
    """What one step did, for people and for the flow's JSON."""

    line: int
    kind: str
    license: str
    actor: str
    text: str
    outcome: str
    metrc_calls: int
    seconds: float
    evidence: str


@dataclass(kw_only=True)
class Run:
    """One run of a scenario: its stage, its brand, and everything that came of it."""

    scenario: Scenario
    stage: Stage
    tell: Tell
    brand: Brand
    values: dict[str, Any]
    killer: Killer | None = None
    reports: list[StepReport] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)

    def revive(self) -> None:
        """Start the worker again if a killer has ended it."""
        if self.killer is not None:
            self.killer.revive()

    def wait_until(self, holds: Callable[[], bool], *, seconds: float, what: str) -> None:
        """Look again until something holds; with a killer about, everything takes longer."""
        patience = seconds * (KILLED_PATIENCE if self.killer else 1)
        wait_until(holds, seconds=patience, what=what, meanwhile=self.revive)

    @property
    def all_held(self) -> bool:
        return all(outcome.held for outcome in self.outcomes)
