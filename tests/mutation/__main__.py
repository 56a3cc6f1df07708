"""Changes the decisions one by one and runs their tests: `python -m tests.mutation`."""

from __future__ import annotations

import argparse
import ast
import contextlib
import importlib
import io
import os
import random
import sys
import time
import types
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import tests.conftest
from tests.mutation.mutants import Mutant, mutants_of

ROOT = Path(__file__).parents[2]
UNIT = ROOT / "tests/unit/rules"
ENOUGH_KILLED = 0.9
SECONDS_AT_MOST = 120.0
# Pure tests need no fixture of ours and no plugin; without them a mutant takes a tenth of the time.
PLAIN = ("-q", "-x", "-c", os.devnull, f"--rootdir={ROOT}", "--noconftest", "--tb=no")


@dataclass(frozen=True)
class Subject:
    """A module of decisions, its tests, its guards, and the mutants that change nothing that counts."""

    module: str
    tests: tuple[str, ...]
    guards: frozenset[str]
    equivalent: frozenset[str] = field(default_factory=frozenset)


_SENDER_EQUIVALENT = frozenset(
    {
        # No status at all is in the table of none: the question is for the type checker.
        "'plain.get(status, Answer.UNKNOWN) if status is not None else Answer.UNKNOWN' -> "
        "'plain.get(status, Answer.UNKNOWN) if True else Answer.UNKNOWN'",
        # What is rejected is settled, and the lanes of what is settled are not held.
        "\"Decision(step=Step.REJECT, sentence=f'METRC refused it. {facts.sentence}', "
        'hold_lanes_unti" -> "Decision(step=Step.REJECT, sentence=f\'METRC refused it. '
        "{facts.sentence}')\"",
        # Every wait is cut to minutes before the twelfth doubling.
        "'12' -> '13'",
    }
)
SUBJECTS = (
    Subject(
        "glassbox.rules.sender",
        ("test_sender.py",),
        frozenset({"MOVE_OF", "before_send", "after_crash", "after_probe"}),
        _SENDER_EQUIVALENT,
    ),
    Subject(
        "glassbox.rules.action_lifecycle",
        ("test_action_lifecycle.py",),
        frozenset({"MOVES", "next_state", "ENDS", "IN_DOUBT", "UNRESOLVED"}),
    ),
    Subject("glassbox.rules.circuit", ("test_circuit.py",), frozenset()),
    Subject("glassbox.rules.by_hand", ("test_by_hand.py",), frozenset()),
)


def survives(subject: Subject, mutant: Mutant) -> bool:
    """Run the tests against a mutant in a process of its own; return whether they all passed."""
    sys.stdout.flush()
    pid = os.fork()
    if not pid:
        _be_mutant(subject, mutant)
    ends = time.monotonic() + SECONDS_AT_MOST
    while True:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status) == 0
        if time.monotonic() > ends:
            # A mutant that never ends is found out as well.
            os.kill(pid, 9)
            os.waitpid(pid, 0)
            return False
        time.sleep(0.005)


def _be_mutant(subject: Subject, mutant: Mutant) -> None:
    code = 1
    try:
        original = sys.modules[subject.module]
        changed = types.ModuleType(subject.module)
        changed.__file__ = original.__file__
        sys.modules[subject.module] = changed
        parent, _, name = subject.module.rpartition(".")
        setattr(sys.modules[parent], name, changed)
        exec(compile(mutant.tree, str(original.__file__), "exec"), changed.__dict__)  # noqa: S102
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            files = [str(UNIT / test) for test in subject.tests]
            code = int(pytest.main([*files, *PLAIN]))
    finally:
        os._exit(1 if code else 0)


def main() -> int:
    """Print the survivors and the share of the killed; 1 if too few were, or a guard survived."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation")
    parser.add_argument("--sample", type=int, default=0, help="so many of each module, by seed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--module", default="", help="only the module whose name ends so")
    asked = parser.parse_args()
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    assert tests.conftest.TEMPLATE, "it makes Django ready before anything is forked"
    is_sound = True
    for subject in SUBJECTS:
        if subject.module.endswith(asked.module):
            is_sound &= _try(subject, asked.sample, random.Random(asked.seed))
    return 0 if is_sound else 1


def _try(subject: Subject, sample: int, chance: random.Random) -> bool:
    module = importlib.import_module(subject.module)
    source = Path(str(module.__file__)).read_text()
    same = Mutant(0, "", "", ast.parse(source))
    assert survives(subject, same), "the tests pass on the code as it is"
    mutants = [
        mutant
        for mutant in mutants_of(source, guards=subject.guards)
        if str(mutant).partition(": ")[2] not in subject.equivalent
    ]
    if sample:
        mutants = chance.sample(mutants, min(sample, len(mutants)))
    left = []
    for mutant in mutants:
        if survives(subject, mutant):
            left.append(mutant)
            sys.stdout.write(f"SURVIVED {'guard, ' if mutant.is_guard else ''}{mutant}\n")
    share = 1 - len(left) / len(mutants)
    sys.stdout.write(f"{subject.module}: {share:.1%} of {len(mutants)} mutants killed\n")
    sys.stdout.flush()
    return share >= ENOUGH_KILLED and not any(mutant.is_guard for mutant in left)


if __name__ == "__main__":
    sys.exit(main())
