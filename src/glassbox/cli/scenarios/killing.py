"""Kills the worker at seeded moments of a run, and starts it again."""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter
from typing import Any

import psycopg

from glassbox.cli.scenarios.expectations import Outcome
from glassbox.cli.scenarios.stage import Stage
from glassbox.operations.sync.run import DEAD_AFTER
from glassbox.rules.verdicts import Refused

LOOK_EVERY_SECONDS = 0.01
# A call is over in some milliseconds; what follows it in the worker takes about as long.
MOMENT_AFTER_CALL_SECONDS = 0.06
SENDING_SECONDS = 60.0
MARGIN_SECONDS = 5.0
HELD = """
    SELECT (SELECT count(*) FROM sync_runs WHERE state = 'RUNNING'),
           (SELECT count(*) FROM regulated_actions WHERE state IN ('SUBMITTING', 'UNCONFIRMED'))
"""


class Killer:
    """Ends the worker by SIGKILL after chosen calls of METRC, counted by the simulator.

    Time then passes on both clocks until what the dead worker held is free again: a read that
    was under way, or the deadline of a send.
    """

    def __init__(self, stage: Stage, *, kills: int, seed: int, every_calls: int) -> None:
        chance = random.Random(seed)
        self.stage = stage
        self.moments = [
            (chance.randint(1, 2 * every_calls - 1), chance.random() * MOMENT_AFTER_CALL_SECONDS)
            for _ in range(kills)
        ]
        self.done: list[str] = []
        self.problem = ""
        self._after = 0
        self._stop, self._killed = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="killer")

    def start(self) -> None:
        """Begin to count."""
        self._thread.start()

    def stop(self) -> None:
        """End, and leave a living worker behind."""
        self._stop.set()
        self._thread.join()
        self.revive()

    def revive(self) -> None:
        """Start the worker again if it was killed; by the run, for a child dies with its thread."""
        if self._killed.is_set():
            self.stage.start("worker")
            self._killed.clear()

    def outcomes(self) -> list[Outcome]:
        """Return what must hold after the kills, besides the scenario's own expectations."""
        wanted = len(self.moments)
        doubled = doubled_writes(self.stage.journal())
        return [
            Outcome(
                text=f"the worker was killed {wanted} times",
                held=len(self.done) == wanted and not self.problem,
                found=self.problem or f"{len(self.done)} times",
                line=0,
            ),
            Outcome(
                text="METRC applied no write twice",
                held=not doubled,
                found=f"applied twice: {'; '.join(doubled)}",
                line=0,
            ),
        ]

    def _run(self) -> None:
        try:
            for calls, moment_seconds in self.moments:
                last = self._wait_for_calls(calls)
                if last is None:
                    return
                time.sleep(moment_seconds)
                self._kill(last)
        except (OSError, psycopg.Error, Refused) as problem:
            self.problem = f"the killer itself failed: {problem}"

    def _wait_for_calls(self, calls: int) -> dict[str, Any] | None:
        """Wait for that many more calls of the worker; None when the run is over."""
        while not self._stop.is_set():
            for entry in self.stage.journal_after(self._after):
                self._after = entry["seq"]
                calls -= not entry["path"].startswith("/desk/")
                if calls == 0:
                    return entry
            time.sleep(LOOK_EVERY_SECONDS)
        return None

    def _kill(self, last: dict[str, Any]) -> None:
        self.stage.kill("worker")
        self.done.append(f"{last['method']} {last['path']}")
        self._let_time_pass()
        self._killed.set()
        while self._killed.is_set() and not self._stop.is_set():
            time.sleep(LOOK_EVERY_SECONDS)

    def _let_time_pass(self) -> None:
        assert self.stage.urls is not None
        with psycopg.connect(self.stage.urls.superuser, autocommit=True) as connection:
            reading, sending = connection.execute(HELD).fetchone() or (0, 0)
        if reading:
            self.stage.move_clocks(DEAD_AFTER.total_seconds() + MARGIN_SECONDS)
        elif sending:
            self.stage.move_clocks(SENDING_SECONDS)


def doubled_writes(journal: list[dict[str, Any]]) -> list[str]:
    """Return the calls of the API that METRC applied more than once with the same body."""
    applied = Counter(
        f"{entry['method']} {entry['path']} at {entry['licenseNumber']}: "
        f"{json.dumps(entry['body'], sort_keys=True)}"
        for entry in journal
        if entry["applied"] and entry["method"] != "GET" and not entry["path"].startswith("/desk/")
    )
    return [call for call, times in applied.items() if times > 1]
