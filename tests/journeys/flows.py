"""Flows run by the command, as a person runs them, and what they tell."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

from tests import listening

GLASSBOX = str(Path(sys.executable).parent / "glassbox")


def flow(*words: str) -> subprocess.CompletedProcess[str]:
    command = [GLASSBOX, "flow", *words]
    if listening.FOLDER:
        command = [sys.executable, "-m", "tests.listened_flow", *words]
    return listening.heard(
        subprocess.run(command, capture_output=True, text=True, timeout=400, check=False)
    )


@cache
def told_by(*words: str) -> dict[str, Any]:
    """Run a flow that must hold, once, and return what it tells."""
    folder = f"{listening.FOLDER}/flows/{''.join(words)}"
    export = ["--export", folder] if listening.FOLDER else []
    done = flow(*words, "--json", *export)
    assert done.returncode == 0, done.stderr[-3000:]
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def check_told(told: dict[str, Any]) -> None:
    """Check that every expectation held, and that the whole story is told."""
    assert told["expectations"] and all(row["held"] for row in told["expectations"])
    assert told["ledger"]["verified"] is True
    assert told["ledger"]["untold"] == []
    assert set(told) >= {"steps", "metrc_calls", "packages", "ledger", "expectations"}
