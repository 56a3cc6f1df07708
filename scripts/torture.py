"""Runs the main job twenty times, each with one kill -9 of the worker at a seeded moment."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

RUNS = 20
CALLS_OF_A_RUN = 860
MINUTES_AT_MOST = 10


def main() -> int:
    """Print a line for each run; exit 1 if one of them did not end as it should."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scenario", default="S01")
    arguments = parser.parse_args()
    glassbox = Path(sys.executable).parent / "glassbox"
    failed = 0
    for number in range(RUNS):
        seed = arguments.seed * 1000 + number
        done = subprocess.run(
            [
                str(glassbox),
                *("flow", arguments.scenario, "--json", "--kills", "1"),
                *("--seed", str(seed), "--every", str(CALLS_OF_A_RUN // 2)),
            ],
            capture_output=True,
            text=True,
            timeout=MINUTES_AT_MOST * 60,
            check=False,
        )
        lines = done.stderr.splitlines()
        moment = next((line for line in lines if line.startswith("kill -9")), "no kill")
        rows = json.loads(done.stdout)["expectations"] if done.stdout else []
        held = sum(row["held"] for row in rows)
        failed += done.returncode != 0
        sys.stdout.write(f"seed {seed}: {held} of {len(rows)} held; {moment}\n")
        if done.returncode:
            sys.stdout.write("\n".join(lines[-5:]) + "\n")
        sys.stdout.flush()
    sys.stdout.write(f"{RUNS - failed} of {RUNS} runs ended as they should\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
