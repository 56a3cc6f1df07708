"""A thousand legal transfers go; a thousand with exactly one fault are stopped, naming it first."""

from __future__ import annotations

import os
from random import Random

from glassbox.rules.gates import run_gates
from glassbox.rules.gates.transfers import ACCESS_GATES, TRANSFER_GATES
from tests.unit.rules.gates.transfer_generator import FAULTS, faulty_transfer, legal_transfer

SEED = int(os.environ.get("SEED", "20261106"))
COUNT = int(os.environ.get("TRANSFERS", "1000"))
GATES = (*ACCESS_GATES, *TRANSFER_GATES)


def test_no_legal_transfer_is_stopped() -> None:
    random = Random(SEED)

    stopped = [
        (number, found[0].code, found[0].message)
        for number in range(COUNT)
        if (found := run_gates(GATES, legal_transfer(random)))
    ]

    assert stopped == []


def test_every_single_fault_is_named_first() -> None:
    random = Random(SEED)
    wrong = []
    named = set()
    for number in range(COUNT):
        facts, code = faulty_transfer(random, number)
        blocking = [finding for finding in run_gates(GATES, facts) if finding.blocks]
        named.add(code)
        if not blocking or blocking[0].code != code:
            wrong.append((number, code, [finding.code for finding in blocking[:3]]))

    assert wrong == []
    assert named == {code for code, _, _ in FAULTS}


def test_every_gate_of_a_transfer_has_a_fault_that_it_alone_finds() -> None:
    """The control: without one gate, some fault is no longer named first."""
    random = Random(SEED)
    cases = [faulty_transfer(random, number) for number in range(len(FAULTS) * 4)]
    for left_out in GATES:
        rest = tuple(gate for gate in GATES if gate is not left_out)
        missed = [
            code
            for facts, code in cases
            if next((f.code for f in run_gates(rest, facts) if f.blocks), "") != code
        ]
        assert missed, f"{left_out.__name__} could be left out and nobody would notice"
