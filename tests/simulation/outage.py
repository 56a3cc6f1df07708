"""Seventeen days without METRC and everything that queued meanwhile: the trials, and the drain."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict

from glassbox.rules.action_kinds.kind import Keying, ProbeVerdict
from glassbox.rules.circuit import Silence, license_circuit
from glassbox.rules.sender import Decision, before_send
from tests.simulation.world import Intent, Rules, World

DAYS = 17
GETS_PER_SECOND = 50
BACK_AT = DAYS * 86_400.0
# It comes back, and goes again twice, as it did in California.
AWAY_AGAIN = ((BACK_AT + 120, BACK_AT + 420), (BACK_AT + 900, BACK_AT + 960))


class Outage(World):
    """A world in which nothing answers for days, and reads are paced when it does again."""

    def __init__(self, seed: int, intents: int, per_package: int = 10) -> None:
        super().__init__(seed, Rules("outage"), 1, with_people=False)
        kinds = (Keying.NONE, Keying.TARGET_VALUE, Keying.TAG)
        self.intents = [
            Intent(number, number % (intents // per_package), self.chance.choice(kinds), 1)
            for number in range(intents)
        ]
        for intent in self.intents:
            if intent.keying is Keying.TARGET_VALUE:
                intent.amount = 5_000 + intent.number
        self.queues: dict[int, list[Intent]] = defaultdict(list)
        for intent in reversed(self.intents):
            self.queues[intent.package].append(intent)
        self.trials = 0
        self.next_read_at = 0.0
        self.reads: Counter[int] = Counter()
        self.ended_in: dict[int, list[int]] = defaultdict(list)

    def is_away(self) -> bool:
        return self.now < BACK_AT or any(begin <= self.now < end for begin, end in AWAY_AGAIN)

    def play(self) -> Outage:
        """Try by the circuit until METRC answers, then let every package's queue go in order."""
        failures = 0
        while self.is_away():
            self.trials, failures = self.trials + 1, failures + 1
            silence = Silence(failures=failures, licenses=1, last_failed_at=self._at(self.now))
            circuit = license_circuit(silence, number="the licence", now=self._at(self.now))
            rest = (
                1.0
                if circuit.until is None
                else (circuit.until - self._at(self.now)).total_seconds()
            )
            self.now += rest
        self.next_read_at = self.now
        for package in sorted(self.queues):
            self._begin_next(package)
        while self.todo:
            self.now, _, process = heapq.heappop(self.todo)
            wait = next(process, None)
            if wait is not None:
                self._later(wait, process)
        return self

    def _begin_next(self, package: int) -> None:
        if self.queues[package]:
            self._later(0.0, self._life(self.queues[package].pop()))

    def _wait_for_turn(self, intent: Intent) -> float:
        holder, until = self.lanes.get(intent.package, (intent.number, 0.0))
        return max(0.0, until - self.now) if holder != intent.number else 0.0

    def _pace(self) -> float:
        self.next_read_at = max(self.next_read_at, self.now) + 1 / GETS_PER_SECOND
        self.reads[int(self.next_read_at)] += 1
        return self.next_read_at - self.now

    def _look_before(self, intent: Intent, was: int | None) -> tuple[Decision, int]:
        if not self.is_away():
            return super()._look_before(intent, was)
        verdict = ProbeVerdict.CANNOT_TELL
        return before_send(verdict, "Away.", keying=intent.keying, now=self._at(self.now)), 0

    def _verdict(self, intent: Intent, was: int | None, seen_at: float) -> ProbeVerdict:
        if self.is_away():
            return ProbeVerdict.CANNOT_TELL
        return super()._verdict(intent, was, seen_at)

    def _ended(self, intent: Intent, decision: Decision) -> bool:
        has_ended = super()._ended(intent, decision)
        if has_ended:
            self.ended_in[intent.package].append(intent.number)
            self._begin_next(intent.package)
        return has_ended
