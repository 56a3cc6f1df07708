"""Several intents at once: shared packages, lanes, order, pre-images, paused workers, people by hand.

The decisions are the shipped ones; METRC, time, the queue and the people are played here.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from glassbox.rules import sender
from glassbox.rules.action_kinds.kind import Keying, ProbeVerdict
from glassbox.rules.sender import Answer, Decision, PastProbe, ProbeFacts, Step, Why

BEGAN = datetime(2026, 11, 24, tzinfo=UTC)
TIMEOUT, BEGIN, LAG, LATE = 30.0, 20.0, 20.0, 600.0
SETTLE = sender.SETTLE_SECONDS
OUTCOMES = (
    *("ok", "ok", "ok", "not-sent", "drop-before", "drop-after", "500-after", "401", "429"),
    *("late", "400-server", "zombie", "dead-before-ticket", "dead-after-ticket"),
)
SAID = {
    "400-server": Answer.REFUSED,
    "401": Answer.KEY_REFUSED,
    "429": Answer.BUSY,
    "not-sent": Answer.NOT_SENT,
}
WHY = {
    Step.AWAIT_READ_BACK: Why.READ_BACK,
    Step.PROBE_REFUSAL: Why.REFUSED,
    Step.LOSE_ANSWER: Why.ANSWER_LOST,
}
ENDS = {Step.ACCEPT: "ACCEPTED", Step.REJECT: "REJECTED", Step.BLOCK: "BLOCKED"}


@dataclass(frozen=True)
class Rules:
    """How the world is played: as shipped, or worse in one way."""

    name: str = "shipped"
    has_lanes: bool = True
    has_preimage: bool = True
    has_fence: bool = True
    looks_before: bool = True


@dataclass
class Intent:
    """One approved action on one package: take so much, set to so much, or spend a tag."""

    number: int
    package: int
    keying: Keying
    amount: int
    end: str = ""
    sentence: str = ""
    effects: int = 0
    by_hand_at: float = -1.0
    doubled_by_hand: bool = False
    last_lost_at: float | None = None
    lost_sends: int = 0


@dataclass
class Metrc:
    """What METRC applied to each package, in order: when, how much it holds since, and the mark."""

    logs: dict[int, list[tuple[float, int, str]]] = field(default_factory=dict)

    def quantity(self, package: int, at: float) -> int:
        shown = 500
        for when, quantity, _ in self.logs.get(package, ()):
            if when <= at:
                shown = quantity
        return shown

    def marks(self, package: int, mark: str, at: float) -> int:
        return sum(
            1 for when, _, found in self.logs.get(package, ()) if found == mark and when <= at
        )

    def apply(self, intent: Intent, at: float, *, mark: str) -> bool:
        """Apply one write by the law of its keying; False if METRC refuses it."""
        log = self.logs.setdefault(intent.package, [])
        spent = (f"#{intent.number}", f"hand{intent.number}")
        if intent.keying is Keying.TAG and any(found in spent for *_, found in log):
            return False
        before = self.quantity(intent.package, at)
        is_set = intent.keying is Keying.TARGET_VALUE
        log.append((at, intent.amount if is_set else before - intent.amount, mark))
        return True


class World:
    """Plays one seed: some intents over two packages, each its own process on one virtual clock."""

    def __init__(self, seed: int, rules: Rules, intents: int = 3, *, with_people: bool = True):
        self.chance, self.rules = random.Random(seed), rules
        self.metrc, self.now = Metrc(), 0.0
        self.lanes: dict[int, tuple[int, float]] = {}
        self.todo: list[tuple[float, int, Iterator[float]]] = []
        self.turns = 0
        kinds = (Keying.NONE, Keying.TARGET_VALUE, Keying.TAG)
        self.intents = [
            Intent(
                number,
                self.chance.randrange(2),
                self.chance.choice(kinds),
                # Each amount occurs once, so that nothing is taken for something else.
                7 + number,
            )
            for number in range(intents)
        ]
        for intent in self.intents:
            if intent.keying is Keying.TARGET_VALUE:
                intent.amount = 300 - 10 * intent.number
        self.has_people = with_people and self.chance.random() < 0.3
        if self.has_people:
            self._people(self.chance.choice(self.intents))

    def _people(self, intent: Intent) -> None:
        """Somebody keyed one of them in METRC's pages while the API was away."""
        intent.by_hand_at = 0.0
        self.metrc.apply(intent, 0.0, mark=f"hand{intent.number}")
        self.now = LAG + 1

    def play(self) -> World:
        """Play to the end of every process, and let everything land that may."""
        for intent in self.intents:
            self._later(0.0, self._life(intent))
        while self.todo:
            self.now, _, process = heapq.heappop(self.todo)
            wait = next(process, None)
            if wait is not None:
                self._later(wait, process)
        return self

    def _later(self, seconds: float, process: Iterator[float]) -> None:
        self.turns += 1
        heapq.heappush(self.todo, (self.now + seconds, self.turns, process))

    def _at(self, seconds: float) -> datetime:
        return BEGAN + timedelta(seconds=seconds)

    def _wait_for_turn(self, intent: Intent) -> float:
        """Return how long to wait for the lane and for what was approved earlier on the package."""
        if not self.rules.has_lanes:
            return 0.0
        holder, until = self.lanes.get(intent.package, (intent.number, 0.0))
        if holder != intent.number and self.now < until:
            return min(until - self.now, 600.0)
        is_first = all(
            other.end or other.package != intent.package for other in self.intents[: intent.number]
        )
        return 0.0 if is_first else 5.0

    def _pace(self) -> float:
        """Return how long a read waits for METRC's limit; here there is none."""
        return 0.0

    def _life(self, intent: Intent) -> Iterator[float]:
        attempt, refused = 0, 0
        was: int | None = None
        while not intent.end:
            while wait := self._wait_for_turn(intent):
                yield wait
            if pause := self._pace():
                yield pause
            decision, seen = self._look_before(intent, was)
            if decision.step is not Step.SEND:
                if self._ended(intent, decision):
                    return
                yield float(decision.delay_seconds)
                continue
            was = seen if was is None or intent.last_lost_at is None else was
            self.lanes[intent.package] = (intent.number, float("inf"))
            attempt, sent_at = attempt + 1, self.now
            outcome = self.chance.choice(OUTCOMES)
            seconds, decision, refused = self._send(intent, outcome, attempt, refused)
            yield seconds
            while decision.step is Step.WAIT:
                yield float(decision.delay_seconds)
                decision = self._after_crash(outcome, sent_at)
            if decision.step is Step.LOSE_ANSWER:
                intent.last_lost_at, intent.lost_sends = sent_at, intent.lost_sends + 1
            why, past = WHY.get(decision.step), []
            while why is not None:
                yield decision.delay_seconds + self._pace()
                facts = self._facts(intent, why, was, sent_at, past)
                decision = sender.after_probe(facts)
                past.append(PastProbe(at=facts.now, verdict=facts.verdict))
                why = why if decision.step is Step.PROBE_AGAIN else None
            if self._ended(intent, decision):
                return
            self._free(intent, decision)
            yield float(decision.delay_seconds)

    def _ended(self, intent: Intent, decision: Decision) -> bool:
        if decision.step not in ENDS:
            return False
        intent.end, intent.sentence = ENDS[decision.step], decision.sentence
        if decision.step is not Step.BLOCK:
            self._free(intent, decision)
        else:
            # A person decides, and has it decided a day later.
            self.lanes[intent.package] = (intent.number, self.now + 86_400)
        return True

    def _free(self, intent: Intent, decision: Decision) -> None:
        until = decision.hold_lanes_until
        held = 0.0 if until is None else (until - BEGAN).total_seconds()
        self.lanes[intent.package] = (intent.number, held)

    def _look_before(self, intent: Intent, was: int | None) -> tuple[Decision, int]:
        seen_at = self._seen_at()
        seen = self.metrc.quantity(intent.package, seen_at)
        if not self.rules.looks_before:
            return Decision(step=Step.SEND, sentence=""), seen
        if intent.last_lost_at is None:
            verdict = self._by_hand(intent, seen, seen_at)
        else:
            verdict = self._verdict(intent, was, seen_at)
        lost = intent.last_lost_at
        decision = sender.before_send(
            verdict,
            verdict.value,
            keying=intent.keying,
            now=self._at(self.now),
            last_lost_at=None if lost is None else self._at(lost),
        )
        return decision, seen

    def _by_hand(self, intent: Intent, seen: int, seen_at: float) -> ProbeVerdict:
        is_there = self.metrc.marks(intent.package, f"hand{intent.number}", seen_at) > 0
        if intent.keying is Keying.TARGET_VALUE:
            is_there = seen == intent.amount
        if intent.keying is Keying.NONE and not self.rules.has_preimage:
            # Without what stood before, an adjustment that bears no token says nothing.
            is_there = False
        return ProbeVerdict.APPLIED if is_there else ProbeVerdict.ABSENT

    def _seen_at(self) -> float:
        return self.now - self.chance.random() * LAG

    def _verdict(self, intent: Intent, was: int | None, seen_at: float) -> ProbeVerdict:
        seen = self.metrc.quantity(intent.package, seen_at)
        if intent.keying is Keying.TARGET_VALUE:
            if seen == intent.amount:
                return ProbeVerdict.APPLIED
            return ProbeVerdict.ABSENT if seen == was else ProbeVerdict.DIFFERENT
        if self.metrc.marks(intent.package, f"#{intent.number}", seen_at):
            return ProbeVerdict.APPLIED
        if intent.keying is Keying.NONE and self.rules.has_preimage and seen != was:
            return ProbeVerdict.DIFFERENT
        if intent.keying is Keying.TAG and self.metrc.marks(
            intent.package, f"hand{intent.number}", seen_at
        ):
            return ProbeVerdict.APPLIED
        return ProbeVerdict.ABSENT

    def _facts(
        self, intent: Intent, why: Why, was: int | None, sent_at: float, past: list[PastProbe]
    ) -> ProbeFacts:
        if self.chance.random() < 0.1:
            verdict = ProbeVerdict.CANNOT_TELL
        else:
            verdict = self._verdict(intent, was, self._seen_at())
        lost = intent.last_lost_at
        return ProbeFacts(
            why=why,
            keying=intent.keying,
            verdict=verdict,
            sentence=verdict.value,
            lost_sends=intent.lost_sends,
            sent_at=self._at(sent_at),
            now=self._at(self.now),
            past=tuple(past),
            last_lost_at=None if lost is None else self._at(lost),
        )

    def _send(
        self, intent: Intent, outcome: str, attempt: int, refused: int
    ) -> tuple[float, Decision, int]:
        """Send as the outcome has it; return how long it took and what the sender decides."""
        if outcome in ("zombie", "dead-before-ticket", "dead-after-ticket"):
            if outcome == "zombie":
                self._later(self.chance.uniform(60, 400), self._wake(intent))
            return 1.0, self._after_crash(outcome, self.now), refused
        answer = SAID.get(outcome, Answer.UNKNOWN)
        if outcome in ("ok", "drop-after", "500-after"):
            is_applied = self._land(intent)
            if outcome == "ok":
                answer = Answer.DONE if is_applied else Answer.REFUSED
        elif outcome == "late":
            self._later(self.chance.uniform(TIMEOUT, LATE), self._land_late(intent))
        refused = refused + 1 if answer is Answer.KEY_REFUSED else 0
        decision = sender.after_answer(answer, attempt_number=attempt, refused_keys=refused)
        return TIMEOUT if outcome == "late" else 1.0, decision, refused

    def _after_crash(self, outcome: str, sent_at: float) -> Decision:
        return sender.after_crash(
            ticket_used=outcome == "dead-after-ticket",
            deadline_at=self._at(sent_at + BEGIN + TIMEOUT),
            now=self._at(self.now),
        )

    def _land(self, intent: Intent) -> bool:
        is_applied = self.metrc.apply(intent, self.now, mark=f"#{intent.number}")
        intent.effects += is_applied
        intent.doubled_by_hand |= is_applied and intent.by_hand_at >= 0
        return is_applied

    def _land_late(self, intent: Intent) -> Iterator[float]:
        self._land(intent)
        return iter(())
        yield 0.0

    def _wake(self, intent: Intent) -> Iterator[float]:
        """A paused worker goes on after its deadline: its attempt was ended, its ticket is void."""
        if not self.rules.has_fence:
            self._land(intent)
        return iter(())
        yield 0.0

    def harms(self) -> list[str]:
        """Return every promise this world broke."""
        found = []
        for intent in self.intents:
            is_set = intent.keying is Keying.TARGET_VALUE
            if (intent.effects > 1 or intent.doubled_by_hand) and not is_set:
                found.append("double")
            has_effect = intent.effects > 0 or intent.by_hand_at >= 0
            if intent.end == "ACCEPTED" and not has_effect:
                found.append("lie")
            if intent.end == "REJECTED" and intent.effects > 0:
                found.append("lie")
            if not intent.end or not intent.sentence:
                found.append("lost")
        if not self.has_people and all(one.end != "BLOCKED" for one in self.intents):
            found += [
                "overwritten"
                for package in range(2)
                if self._expected(package) != self._has(package)
            ]
        return found

    def _has(self, package: int) -> int:
        return self.metrc.quantity(package, float("inf"))

    def _expected(self, package: int) -> int:
        quantity = 500
        for intent in self.intents:
            if intent.package == package and intent.end == "ACCEPTED":
                is_set = intent.keying is Keying.TARGET_VALUE
                quantity = intent.amount if is_set else quantity - intent.amount
        return quantity


WORLD_CONTROLS: tuple[tuple[Rules, str], ...] = (
    (Rules("no lanes", has_lanes=False), "overwritten"),
    (Rules("no pre-image", has_preimage=False), "double"),
    (Rules("no look before", looks_before=False), "double"),
    (Rules("paused workers not fenced", has_fence=False), "double"),
)
