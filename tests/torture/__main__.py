"""Plays the torture and prints its table: `python -m tests.torture --seed n [--cells n | --grid]`."""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections import Counter, defaultdict

import tests.conftest
from tests.torture.cells import Result, play
from tests.torture.ground import open_ground
from tests.torture.plan import grid, seeded

assert tests.conftest.TEMPLATE, "it makes Django ready, before anything of Glassbox is imported"


def main() -> int:
    """Print one line for each class, and each broken promise; 1 if there is one."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cells", type=int, default=120)
    parser.add_argument("--grid", action="store_true", help="every point by every fault")
    parser.add_argument("--class", dest="class_name", default="", help="of the grid, this class")
    parser.add_argument("--minutes", type=float, default=1e9, help="begin no cell after them")
    asked = parser.parse_args()
    cells = grid() if asked.grid else seeded(asked.seed, asked.cells)
    cells = [cell for cell in cells if asked.class_name in ("", cell[0])]
    logging.disable(logging.CRITICAL)
    results = defaultdict[str, list[Result]](list)
    with open_ground(len(cells)) as ground:
        began = time.monotonic()
        for class_name, crash, fault, times in cells:
            if time.monotonic() - began > asked.minutes * 60:
                break
            result = play(ground, class_name, crash, fault, times)
            results[class_name].append(result)
            for problem in result.problems:
                sys.stdout.write(f"BROKEN {result.name}: {problem}\n")
            sys.stdout.flush()
    return _report(results, len(cells), time.monotonic() - began)


def _report(results: dict[str, list[Result]], planned: int, seconds: float) -> int:
    sys.stdout.write(
        f"{'class':<20}{'cells':>6}{'one effect':>12}{'none':>6}{'double':>8}{'lie':>5}{'lost':>6}"
        "   ends\n"
    )
    for class_name, rows in results.items():
        kinds = Counter(problem.split(":")[0] for row in rows for problem in row.problems)
        ends = Counter(row.end for row in rows)
        sys.stdout.write(
            f"{class_name:<20}{len(rows):>6}{sum(row.effects == 1 for row in rows):>12}"
            f"{sum(row.effects == 0 for row in rows):>6}{kinds['double']:>8}{kinds['lie']:>5}"
            f"{kinds['lost']:>6}   {dict(ends)}\n"
        )
    crashes = [row for rows in results.values() for row in rows if " / none / " not in row.name]
    struck = sum(row.was_struck for row in crashes)
    sys.stdout.write(f"{struck} of {len(crashes)} crashes fell where they were aimed at\n")
    played = sum(len(rows) for rows in results.values())
    broken = sum(bool(row.problems) for rows in results.values() for row in rows)
    sys.stdout.write(
        f"{played} of {planned} cells in {seconds:.0f} s ({seconds / max(played, 1):.1f} s each); "
        f"{broken} broke a promise\n"
    )
    # A torture that played nothing has shown nothing.
    return 1 if broken or not played else 0


if __name__ == "__main__":
    sys.exit(main())
