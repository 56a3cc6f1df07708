"""A short run of what `make fuzz` does for long."""

from __future__ import annotations

import pytest

from tests.fuzz.run import fuzz

WRITES = 1_200


@pytest.mark.parametrize("seed", [1, 2])
def test_no_write_breaks_a_law_or_the_simulator_and_the_journal_tells_all(seed: int) -> None:
    found = fuzz(WRITES, seed)
    assert sum(found.statuses.values()) == WRITES
    assert found.statuses[200] > WRITES // 20
    assert found.statuses[400] > WRITES // 4
