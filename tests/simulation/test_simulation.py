"""A short run of what `make simulate` does for long."""

from __future__ import annotations

import pytest

from glassbox.rules.action_kinds.kind import Keying
from tests.simulation.history import Policy
from tests.simulation.run import CONTROLS, LATE_SECONDS, SHIPPED, simulate

HISTORIES = 12_500
OF_A_CONTROL = 1_000


@pytest.mark.parametrize("keying", Keying)
def test_the_shipped_decisions_never_double_never_lie_and_lose_nothing(keying: Keying) -> None:
    tally = simulate(SHIPPED, keying, range(HISTORIES))
    assert tally.harms == 0, tally.first_harm
    assert set(tally.ends) == {"ACCEPTED", "REJECTED", "BLOCKED"}
    assert tally.ends["ACCEPTED"] > HISTORIES / 2


@pytest.mark.parametrize(
    ("policy", "keying", "harm"), CONTROLS, ids=[policy.name for policy, _, _ in CONTROLS]
)
def test_a_worse_decision_is_seen_to_do_harm(policy: Policy, keying: Keying, harm: str) -> None:
    assert getattr(simulate(policy, keying, range(OF_A_CONTROL)), harm) > 0


def test_a_write_that_lands_later_than_the_settle_window_can_double_and_is_why_it_is_long() -> None:
    late = SHIPPED.settle_seconds * 2.5
    assert late > LATE_SECONDS
    assert simulate(SHIPPED, Keying.NONE, range(4_000), late).doubles > 0
    assert simulate(SHIPPED, Keying.TAG, range(4_000), late).doubles == 0
