"""One history: an approved action, sent and looked for until it ends, with deaths on the way."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from glassbox.rules import sender
from glassbox.rules.action_kinds.kind import Keying, ProbeVerdict
from glassbox.rules.sender import Answer, Decision, PastProbe, ProbeFacts, Step, Why
from tests.simulation.metrc import CLIENT_TIMEOUT_SECONDS, VirtualMetrc

_BEGIN = datetime(2026, 11, 24, tzinfo=UTC)
_BEGIN_SECONDS = 20.0
_DEATH = 0.08
_STEPS_AT_MOST = 400


@dataclass(frozen=True)
class Policy:
    """Who decides: the shipped module, or a control that decides worse."""

    name: str
    settle_seconds: int = sender.SETTLE_SECONDS
    after_answer: Callable[..., Decision] = sender.after_answer
    after_crash: Callable[..., Decision] = sender.after_crash
    after_probe: Callable[[ProbeFacts], Decision] = sender.after_probe


@dataclass(frozen=True)
class Outcome:
    """Where a history ended, and how often METRC applied its write."""

    end: str
    effects: int
    sentence: str

    @property
    def is_double(self) -> bool:
        """Return whether the write was applied twice."""
        return self.effects > 1

    @property
    def is_lie(self) -> bool:
        """Return whether we claim what is not so."""
        return (self.end == "ACCEPTED" and self.effects == 0) or (
            self.end == "REJECTED" and self.effects > 0
        )

    @property
    def is_lost(self) -> bool:
        """Return whether it never ended, or ended without a sentence."""
        return self.end == "LOST" or not self.sentence


class History:
    """Plays one seed to its end."""

    def __init__(self, policy: Policy, keying: Keying, seed: int, late_seconds: float) -> None:
        self.policy, self.keying = policy, keying
        self.chance = random.Random(seed)
        self.metrc = VirtualMetrc(keying, self.chance, late_seconds)
        self.seconds = 0.0
        self.attempt_number = 0
        self.refused_keys = 0
        self.sent_at = 0.0
        self.last_lost_at: float | None = None
        self.lost_sends = 0
        self.past: list[PastProbe] = []

    def play(self) -> Outcome:
        """Return what became of the action."""
        for _ in range(_STEPS_AT_MOST):
            decision, why = self._send()
            while why is not None:
                self._wait(decision.delay_seconds)
                decision, why = self._look(why)
            if decision.step in _ENDS:
                return Outcome(_ENDS[decision.step], self.metrc.settle(), decision.sentence)
            self._wait(decision.delay_seconds)
        return Outcome("LOST", self.metrc.settle(), "")

    def _at(self, seconds: float) -> datetime:
        return _BEGIN + timedelta(seconds=seconds)

    def _wait(self, seconds: float) -> None:
        self.seconds += seconds
        self.metrc.pass_to(self.seconds)

    def _dies(self) -> bool:
        return self.chance.random() < _DEATH

    def _send(self) -> tuple[Decision, Why | None]:
        self.attempt_number += 1
        self.past = []
        self.sent_at = self.seconds
        deadline = self.seconds + _BEGIN_SECONDS + CLIENT_TIMEOUT_SECONDS
        if self._dies():
            return self._crashed(deadline, ticket_used=False)
        if self._dies():
            # The ticket is burnt, and no byte left: that looks just like a lost answer.
            return self._crashed(deadline, ticket_used=True)
        reply = self.metrc.send(self.seconds)
        self._wait(reply.seconds)
        if self._dies():
            return self._crashed(deadline, ticket_used=reply.was_sent)
        answer = sender.classify(
            status=reply.status, was_sent=reply.was_sent, is_readable=reply.is_readable
        )
        if answer is Answer.UNKNOWN:
            self.last_lost_at = self.sent_at
            self.lost_sends += 1
        self.refused_keys = self.refused_keys + 1 if answer is Answer.KEY_REFUSED else 0
        decision = self.policy.after_answer(
            answer, attempt_number=self.attempt_number, refused_keys=self.refused_keys
        )
        return decision, _WHY.get(decision.step)

    def _crashed(self, deadline: float, *, ticket_used: bool) -> tuple[Decision, Why | None]:
        while True:
            decision = self.policy.after_crash(
                ticket_used=ticket_used,
                deadline_at=self._at(deadline),
                now=self._at(self.seconds),
            )
            if decision.step is not Step.WAIT:
                break
            self._wait(decision.delay_seconds)
        if decision.step is Step.LOSE_ANSWER:
            self.last_lost_at = self.sent_at
            self.lost_sends += 1
        return decision, _WHY.get(decision.step)

    def _look(self, why: Why) -> tuple[Decision, Why | None]:
        verdict = self.metrc.look(self.seconds)
        if self._dies():
            # What was seen is forgotten: the next worker looks again.
            self._wait(5.0)
            return Decision(step=Step.PROBE_AGAIN, sentence="", delay_seconds=1), why
        lost = None if self.last_lost_at is None else self._at(self.last_lost_at)
        facts = ProbeFacts(
            why=why,
            keying=self.keying,
            verdict=verdict,
            sentence=_SENTENCES[verdict],
            lost_sends=self.lost_sends,
            sent_at=self._at(self.sent_at),
            now=self._at(self.seconds),
            settle_seconds=self.policy.settle_seconds,
            past=tuple(self.past),
            last_lost_at=lost,
        )
        decision = self.policy.after_probe(facts)
        self.past.append(PastProbe(at=facts.now, verdict=verdict))
        return decision, why if decision.step is Step.PROBE_AGAIN else None


_ENDS = {Step.ACCEPT: "ACCEPTED", Step.REJECT: "REJECTED", Step.BLOCK: "BLOCKED"}
_WHY = {
    Step.AWAIT_READ_BACK: Why.READ_BACK,
    Step.PROBE_REFUSAL: Why.REFUSED,
    Step.LOSE_ANSWER: Why.ANSWER_LOST,
}
_SENTENCES = {
    ProbeVerdict.APPLIED: "METRC shows it.",
    ProbeVerdict.ABSENT: "METRC does not show it.",
    ProbeVerdict.DIFFERENT: "METRC shows something else.",
    ProbeVerdict.CANNOT_TELL: "METRC could not be read.",
}
