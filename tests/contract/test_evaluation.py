"""Each section of METRC's evaluation can be shown by one command."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(("section", "calls"), [("manufacturing", 25), ("laboratory", 8)])
def test_a_section_is_shown_and_every_step_of_it_is_done(section: str, calls: int) -> None:
    shown = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "evaluation.py"), section],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    statuses = re.findall(r"-> (\d+)$", shown.stdout, re.MULTILINE)
    assert len(statuses) >= calls
    assert set(statuses) == {"200"}
    assert f"{len(statuses)} calls shown." in shown.stdout
