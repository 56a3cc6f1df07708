"""Plays the torture and prints its table: `python -m tests.torture --seed n [--cells n | --grid]`."""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections import Counter
from pathlib import Path

import tests.conftest
from tests.torture.cells import Result, name_of, play
from tests.torture.ground import open_ground
from tests.torture.plan import grid, seeded
from tests.torture.results import Results

assert tests.conftest.TEMPLATE, "it makes Django ready, before anything of Glassbox is imported"

# The supplier has tags for so many packages, and no more.
CELLS_ON_ONE_GROUND = 250


def main() -> int:
    """Print one line for each class, and each broken promise; 1 if there is one."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cells", type=int, default=120)
    parser.add_argument("--grid", action="store_true", help="every point by every fault")
    parser.add_argument("--only", default="", help="the cells whose name holds this")
    parser.add_argument("--minutes", type=float, default=1e9, help="begin no cell after them")
    parser.add_argument("--results", type=Path, help="go on where this file of results ends")
    asked = parser.parse_args()
    cells = grid() if asked.grid else seeded(asked.seed, asked.cells)
    cells = [cell for cell in cells if asked.only in name_of(*cell)]
    kept = Results(asked.results) if asked.results else None
    results = kept.known() if kept else {}
    to_play = [cell for cell in cells if name_of(*cell) not in results]
    logging.disable(logging.CRITICAL)
    began = time.monotonic()
    for first in range(0, len(to_play), CELLS_ON_ONE_GROUND):
        portion = to_play[first : first + CELLS_ON_ONE_GROUND]
        with open_ground(len(portion)) as ground:
            for cell in portion:
                if time.monotonic() - began > asked.minutes * 60:
                    break
                result = results[name_of(*cell)] = play(ground, *cell)
                if kept:
                    kept.add(result)
    rows = [results[name_of(*cell)] for cell in cells if name_of(*cell) in results]
    return _report(rows, len(cells), time.monotonic() - began)


def _report(results: list[Result], planned: int, seconds: float) -> int:
    for row in results:
        for problem in row.problems:
            sys.stdout.write(f"BROKEN {row.name}: {problem}\n")
    sys.stdout.write(
        f"{'class':<20}{'cells':>6}{'one effect':>12}{'none':>6}{'double':>8}{'lie':>5}{'lost':>6}"
        "   ends\n"
    )
    classes = dict.fromkeys(row.name.split(" / ")[0] for row in results)
    for class_name in classes:
        rows = [row for row in results if row.name.startswith(f"{class_name} / ")]
        kinds = Counter(problem.split(":")[0] for row in rows for problem in row.problems)
        ends = Counter(row.end for row in rows)
        sys.stdout.write(
            f"{class_name:<20}{len(rows):>6}{sum(row.effects == 1 for row in rows):>12}"
            f"{sum(row.effects == 0 for row in rows):>6}{kinds['double']:>8}{kinds['lie']:>5}"
            f"{kinds['lost']:>6}   {dict(ends)}\n"
        )
    crashes = [row for row in results if " / none / " not in row.name]
    struck = sum(row.was_struck for row in crashes)
    sys.stdout.write(f"{struck} of {len(crashes)} crashes fell where they were aimed at\n")
    broken = sum(bool(row.problems) for row in results)
    sys.stdout.write(
        f"{len(results)} of {planned} cells, in {seconds:.0f} s; {broken} broke a promise\n"
    )
    # A torture that played nothing has shown nothing.
    return 1 if broken or not results else 0


if __name__ == "__main__":
    sys.exit(main())
