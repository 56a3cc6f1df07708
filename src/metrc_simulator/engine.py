"""Everything one running simulator holds, handed to routes and desk alike."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

from metrc_simulator.act import Act
from metrc_simulator.clock import MetrcClock
from metrc_simulator.faults import Faults
from metrc_simulator.journal import Journal
from metrc_simulator.limits import Limits
from metrc_simulator.people import People
from metrc_simulator.profiles.profile import Profile
from metrc_simulator.store import Store


@dataclass
class Engine:
    """The parts of one simulator; `stopping` ends every artificial wait at once."""

    store: Store
    profile: Profile
    people: People
    clock: MetrcClock
    faults: Faults = field(default_factory=Faults)
    limits: Limits = field(default_factory=Limits)
    stopping: threading.Event = field(default_factory=threading.Event)
    api_up: bool = True
    world_name: str = ""
    # What became of the last delivery of each webhook subscription.
    deliveries: dict[int, dict[str, Any]] = field(default_factory=dict)
    journal: Journal = field(init=False)

    def __post_init__(self) -> None:
        """Keep the journal where the world is kept."""
        self.journal = Journal(self.store)

    def act(self, license_number: str, user_name: str) -> Act:
        """Return a new act at METRC's now."""
        return Act(self.store, self.profile, self.clock.now(), license_number, user_name)
