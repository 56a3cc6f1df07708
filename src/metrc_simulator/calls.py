"""One API call on its way to its handler."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from metrc_simulator.act import Act
from metrc_simulator.answers import Answer
from metrc_simulator.engine import Engine
from metrc_simulator.people import User


@dataclass
class Call:
    """A call of a known route by a signed-in user.

    `license_number` is empty when the route takes none or none was sent; `as_of` (machine
    microseconds) makes reads answer with the past; `effects` is filled by writes.
    """

    engine: Engine
    user: User
    license_number: str
    query: dict[str, str]
    segments: tuple[str, ...]
    body: Any
    now: datetime
    as_of: int | None = None
    effects: list[dict[str, Any]] = field(default_factory=list)

    def act(self) -> Act:
        """Return the act of this call in its licence."""
        engine = self.engine
        return Act(
            engine.store,
            engine.profile,
            self.now,
            self.license_number,
            self.user.name,
            self.effects,
        )

    def licenses(self) -> tuple[str, ...]:
        """Return the licences this call may look into."""
        return (self.license_number,) if self.license_number else self.user.licenses


Handler = Callable[[Call], Answer]
