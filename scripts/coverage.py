"""Run the contract tests and print, for every operation of METRC, what passed on each side.

Run `python scripts/coverage.py`: a line an operation, the sums, the gaps METRC leaves in its own
documents, and exit code 1 unless every operation passed in the simulator and in the client.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

from metrc_simulator.contract.operations import OPERATIONS, Operation

ROOT = Path(__file__).resolve().parent.parent
TIMEOUT_SECONDS = 900
_SIMULATOR, _CLIENT = "test_operations", ("test_client", "test_client_table")


def main() -> int:
    """Run the suite and print the table; returns the exit code."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "contract.xml"
        subprocess.run(
            [sys.executable, "-m", "pytest", "tests/contract", "-q", f"--junitxml={report}"],
            cwd=ROOT,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
        verdicts = _verdicts(report)
    whole = 0
    for operation in OPERATIONS:
        simulator, client = (_word(verdicts, operation, side) for side in ("simulator", "client"))
        whole += simulator == client == "passed"
        sys.stdout.write(f"{simulator:<8}{client:<8}{operation}\n")
    sys.stdout.write(f"{whole} of {len(OPERATIONS)} operations pass in simulator and client.\n")
    gaps = [f"  {one}: {one.gap()}\n" for one in OPERATIONS if one.gap()]
    sys.stdout.write(f"{len(gaps)} operations METRC itself documents in part only:\n")
    sys.stdout.writelines(gaps)
    return 0 if whole == len(OPERATIONS) else 1


def _verdicts(report: Path) -> dict[tuple[str, str], list[bool]]:
    """Return whether each test of each operation passed, by side."""
    found: dict[tuple[str, str], list[bool]] = {}
    for case in ElementTree.parse(report).iter("testcase"):
        named = re.search(r"\[(.+)\]$", case.get("name", ""))
        module = case.get("classname", "").rpartition(".")[2]
        side = "simulator" if module == _SIMULATOR else "client" if module in _CLIENT else ""
        if named and side:
            has_passed = not any(case.find(word) is not None for word in ("failure", "error"))
            found.setdefault((named[1], side), []).append(has_passed)
    return found


def _word(verdicts: dict[tuple[str, str], list[bool]], operation: Operation, side: str) -> str:
    tests = verdicts.get((str(operation), side), [])
    return "passed" if tests and all(tests) else "FAILED" if tests else "none"


if __name__ == "__main__":
    raise SystemExit(main())
