"""Several intents at once, and an outage of 17 days; the controls must do harm."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.simulation.outage import BACK_AT, GETS_PER_SECOND, Outage
from tests.simulation.world import WORLD_CONTROLS, Rules, World

WORLDS = 1_500
QUEUED = 2_000


def test_shared_packages_paused_workers_and_people_break_no_promise() -> None:
    harms = {
        seed: found for seed in range(WORLDS) if (found := World(seed, Rules()).play().harms())
    }
    assert harms == {}


@pytest.mark.parametrize(
    ("rules", "harm"), WORLD_CONTROLS, ids=[rules.name for rules, _ in WORLD_CONTROLS]
)
def test_a_world_that_is_worse_in_one_way_does_harm(rules: Rules, harm: str) -> None:
    found = Counter(harm for seed in range(400) for harm in World(seed, rules).play().harms())
    assert found[harm] > 0


def test_what_queued_for_seventeen_days_goes_once_and_in_order() -> None:
    outage = Outage(1, QUEUED).play()
    check(outage, QUEUED)


def check(outage: Outage, queued: int) -> None:
    """Hold an outage against everything it must show."""
    assert len(outage.intents) == queued
    assert [harm for harm in outage.harms() if harm != "overwritten"] == []
    assert all(numbers == sorted(numbers) for numbers in outage.ended_in.values())
    assert max(outage.reads.values()) <= GETS_PER_SECOND + 1
    assert 1_000 < outage.trials < BACK_AT / 50
