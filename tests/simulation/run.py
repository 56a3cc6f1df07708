"""Many histories by seed, counted; the shipped module beside controls that must show harm."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import repeat

from glassbox.rules import sender
from glassbox.rules.action_kinds.kind import Keying
from glassbox.rules.sender import Answer, Decision, ProbeFacts, Step, Why
from tests.simulation.history import History, Policy
from tests.simulation.outage import Outage
from tests.simulation.world import WORLD_CONTROLS, Rules, World

# A write lands at the latest so long after it was sent; the settle window is longer.
LATE_SECONDS = 600.0
SHIPPED = Policy("shipped")


def _resend(answer: Answer, *, attempt_number: int, refused_keys: int) -> Decision:
    if answer is Answer.UNKNOWN and attempt_number < sender.MOST_LOST_SENDS:
        return Decision(step=Step.RETURN_TO_APPROVED, sentence="Sending again.", delay_seconds=1)
    return sender.after_answer(answer, attempt_number=attempt_number, refused_keys=refused_keys)


def _believe_refusal(answer: Answer, *, attempt_number: int, refused_keys: int) -> Decision:
    if answer is Answer.REFUSED:
        return Decision(step=Step.REJECT, sentence="METRC said no.")
    return sender.after_answer(answer, attempt_number=attempt_number, refused_keys=refused_keys)


def _believe_yes(answer: Answer, *, attempt_number: int, refused_keys: int) -> Decision:
    if answer in {Answer.DONE, Answer.UNKNOWN}:
        return Decision(step=Step.ACCEPT, sentence="Surely METRC has it.")
    return sender.after_answer(answer, attempt_number=attempt_number, refused_keys=refused_keys)


def _one_absence_is_enough(facts: ProbeFacts) -> Decision:
    decision = sender.after_probe(facts)
    if facts.why is Why.ANSWER_LOST and "looking again" in decision.sentence:
        return Decision(step=Step.REQUEUE, sentence="It is not there; sending again.")
    return decision


# Each decides worse in one way, and must be seen to do harm: to which keying, and which harm.
CONTROLS = (
    (Policy("naive retry", after_answer=_resend), Keying.NONE, "doubles"),
    (Policy("no look after a refusal", after_answer=_believe_refusal), Keying.TAG, "lies"),
    (Policy("no look after a lost answer", after_answer=_believe_yes), Keying.TAG, "lies"),
    (Policy("settling too short", settle_seconds=60), Keying.NONE, "doubles"),
    (Policy("one absence is enough", after_probe=_one_absence_is_enough), Keying.NAME, "doubles"),
)


@dataclass
class Tally:
    """What many histories came to."""

    histories: int = 0
    doubles: int = 0
    lies: int = 0
    lost: int = 0
    processor_seconds: float = 0.0
    ends: Counter[str] = field(default_factory=Counter)
    first_harm: str = ""

    @property
    def harms(self) -> int:
        """Return how many histories broke a promise."""
        return self.doubles + self.lies + self.lost

    @property
    def a_second(self) -> float:
        """Return histories a second of one processor, which a busy machine does not change."""
        return self.histories / max(self.processor_seconds, 1e-9)


def simulate(
    policy: Policy, keying: Keying, seeds: range, late_seconds: float = LATE_SECONDS
) -> Tally:
    """Play the histories of these seeds. A set applied twice is the same value, and no double."""
    tally = Tally()
    began = time.process_time()
    for seed in seeds:
        outcome = History(policy, keying, seed, late_seconds).play()
        tally.histories += 1
        tally.ends[outcome.end] += 1
        is_double = outcome.is_double and keying is not Keying.TARGET_VALUE
        tally.doubles += is_double
        tally.lies += outcome.is_lie
        tally.lost += outcome.is_lost
        if not tally.first_harm and (is_double or outcome.is_lie or outcome.is_lost):
            tally.first_harm = f"{policy.name}, {keying}, seed {seed}: {outcome}"
    tally.processor_seconds = time.process_time() - began
    return tally


def simulate_in_processes(policy: Policy, keying: Keying, seeds: range, processes: int) -> Tally:
    """Play the histories of these seeds, shared between processes."""
    cuts = [seeds[number::processes] for number in range(processes)]
    whole = Tally()
    with ProcessPoolExecutor(processes) as pool:
        for one in pool.map(simulate, repeat(policy), repeat(keying), cuts):
            whole.histories += one.histories
            whole.doubles += one.doubles
            whole.lies += one.lies
            whole.lost += one.lost
            whole.processor_seconds += one.processor_seconds
            whole.ends += one.ends
            whole.first_harm = whole.first_harm or one.first_harm
    return whole


def play_worlds(rules: Rules, seeds: range) -> Counter[str]:
    """Play worlds of three intents each; return the promises that broke, and `first` seeds."""
    found: Counter[str] = Counter()
    for seed in seeds:
        harms = World(seed, rules).play().harms()
        if harms and rules == Rules() and not found:
            sys.stdout.write(f"  first harm in world {seed}: {harms}\n")
        found.update(harms)
    return found


def _print_worlds(worlds: int, first: int, processes: int) -> bool:
    is_sound = True
    sys.stdout.write(f"{'worlds of three intents':<30}{'worlds':>9}  intents a second  broken\n")
    for rules, harm in [(Rules(), ""), *WORLD_CONTROLS]:
        count = worlds // 10 if harm else worlds
        began = time.perf_counter()
        cuts = [range(first + number, first + count, processes) for number in range(processes)]
        found: Counter[str] = Counter()
        with ProcessPoolExecutor(processes) as pool:
            for one in pool.map(play_worlds, repeat(rules), cuts):
                found += one
        rate = 3 * count / (time.perf_counter() - began)
        is_sound &= found[harm] > 0 if harm else not found
        sys.stdout.write(f"{rules.name:<30}{count:>9}{rate:>18.0f}  {dict(found)}\n")
        sys.stdout.flush()
    return is_sound


def main() -> int:
    """Print the table of the shipped module and of the controls; 1 if a promise broke."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.run")
    parser.add_argument("--histories", type=int, default=1_000_000)
    parser.add_argument("--worlds", type=int, default=100_000)
    parser.add_argument("--queued", type=int, default=50_000, help="intents of the outage")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args()
    share = asked.histories // len(Keying)
    is_sound = True
    sys.stdout.write(
        f"{'policy':<30}{'keying':<14}histories  doubles  lies  lost  a second of one processor\n"
    )
    cases = [(SHIPPED, keying, "") for keying in Keying] + list(CONTROLS)
    for policy, keying, harm in cases:
        count = share // 10 if harm else share
        seeds = range(asked.seed, asked.seed + count)
        tally = simulate_in_processes(policy, keying, seeds, asked.processes)
        is_sound &= getattr(tally, harm) > 0 if harm else tally.harms == 0
        sys.stdout.write(
            f"{policy.name:<30}{keying:<14}{tally.histories:>9}{tally.doubles:>9}{tally.lies:>6}"
            f"{tally.lost:>6}{tally.a_second:>10.0f}\n"
        )
        if tally.first_harm and not harm:
            sys.stdout.write(f"  {tally.first_harm}\n")
        if not harm:
            sys.stdout.write(f"  {dict(tally.ends)}\n")
    is_sound &= _print_worlds(asked.worlds, asked.seed, asked.processes)
    outage = Outage(asked.seed, asked.queued).play()
    harms = Counter(outage.harms())
    is_sound &= not harms
    ends = Counter(intent.end for intent in outage.intents)
    sys.stdout.write(
        f"{asked.queued} queued over 17 days away: {outage.trials} trials, then at most "
        f"{max(outage.reads.values())} reads a second; {dict(ends)}, broken {dict(harms)}\n"
    )
    return 0 if is_sound else 1


if __name__ == "__main__":
    raise SystemExit(main())
