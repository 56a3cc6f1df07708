"""The seeded cells of every test run, in halves that two processes play beside each other."""

from __future__ import annotations

import logging

from glassbox.cli.demo_brand import Brand
from glassbox.runtime.postgres import ClusterUrls
from tests.desk import Desk
from tests.torture.cells import CRASHES, UNSENT_POINTS, play
from tests.torture.ground import stand_on
from tests.torture.plan import Cell, seeded

CELLS = 40
SEED = 5
STRUCK = (*CRASHES[1:], *(f"kill -9 {point}" for point in UNSENT_POINTS))


def half_of_the_cells(number: int) -> list[Cell]:
    """Return the cells of half of the crash points: every second one, from `number` 0 or 1."""
    crashes = {"none", *STRUCK[number::2]} if number else {*STRUCK[number::2]}
    return [cell for cell in seeded(SEED, CELLS) if cell[1] in crashes]


def check_half(number: int, database: ClusterUrls, desk: Desk, brand: Brand) -> None:
    """Play half of the cells; no promise may break, and each of its blows must fall."""
    cells = half_of_the_cells(number)
    logging.disable(logging.CRITICAL)
    try:
        with stand_on(database, desk, brand, len(cells)) as ground:
            results = [play(ground, *cell) for cell in cells]
    finally:
        logging.disable(logging.NOTSET)

    assert [(row.name, row.problems) for row in results if row.problems] == []
    struck = {crash for (_, crash, _, _), row in zip(cells, results, strict=True) if row.was_struck}
    assert struck == {*STRUCK[number::2]}
