"""Fuzz the simulator for long: `python -m tests.fuzz --writes 100000 --seed 1`."""

from __future__ import annotations

import argparse
import sys

from tests.fuzz.run import fuzz
from tests.fuzz.writer import WRITES


def main() -> int:
    """Run and print what came of it; an answer or a row that breaks a law ends it at once."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--writes", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    found = fuzz(asked.writes, asked.seed)
    for status, count in sorted(found.statuses.items()):
        sys.stdout.write(f"{count:>8} answered {status}\n")
    sys.stdout.write(f"{len(WRITES) - len(found.never_done)} of {len(WRITES)} writes were done.\n")
    sys.stdout.writelines(f"  never done: {name}\n" for name in found.never_done)
    sys.stdout.write("No 500; the laws hold; the journal tells what there is.\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
