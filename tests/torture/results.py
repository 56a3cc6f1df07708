"""What was played already: one line of JSON for each cell, valid for the code it was played with."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

from tests.torture.cells import Result

ROOT = Path(__file__).parents[2]
# What decides how a cell ends; anything else may change between two parts of one run.
PLAYED = ("src/glassbox", "src/metrc_client", "src/metrc_simulator", "tests/torture")


def code_sha256() -> str:
    """Return the digest of every Python file that a cell's end depends on."""
    digest = hashlib.sha256()
    for folder in PLAYED:
        for file in sorted((ROOT / folder).rglob("*.py")):
            digest.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


class Results:
    """Keeps results in a file, so that a run that was cut short goes on where it ended."""

    def __init__(self, file: Path) -> None:
        self.file, self.code = file, code_sha256()

    def known(self) -> dict[str, Result]:
        """Return the results of this very code, by the name of their cell."""
        if not self.file.exists():
            return {}
        rows = map(json.loads, self.file.read_text().splitlines())
        return {
            row["name"]: Result(**{**row, "problems": tuple(row["problems"])})
            for row in rows
            if row.pop("code") == self.code
        }

    def add(self, result: Result) -> None:
        """Append one result."""
        with self.file.open("a") as out:
            out.write(json.dumps({"code": self.code, **asdict(result)}) + "\n")
