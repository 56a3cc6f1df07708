"""The units we ship, as systemd reads them, and how little each leaves open to whoever takes it over."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.meta.source import ROOT

UNITS = sorted((ROOT / "deploy/systemd").glob("*.service"))
ANALYZE = shutil.which("systemd-analyze") or ""
# systemd's own scale from 0, nothing, to 10, everything; below 2 it calls a service fine.
EXPOSURE_AT_MOST = 2.0

pytestmark = pytest.mark.skipif(
    not ANALYZE, reason="systemd-analyze is not here; Debian's package systemd brings it"
)


def analyze(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ANALYZE, *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def verified(folder: Path, change: tuple[str, str] = ("", "")) -> str:
    """Return what systemd says of all our units, with a program that is there."""
    copies = []
    for unit in UNITS:
        text = unit.read_text().replace("/opt/glassbox/bin/glassbox", "/bin/true")
        copies.append(folder / unit.name)
        copies[-1].write_text(text.replace(*change))
    done = analyze("verify", "--man=no", *map(str, copies))
    ours = [line for line in done.stderr.splitlines() if "glassbox-" in line]
    return "\n".join(ours)


def test_systemd_finds_nothing_wrong_in_a_unit(tmp_path: Path) -> None:
    assert len(UNITS) == 6
    assert verified(tmp_path) == ""
    assert "ProtectSistem" in verified(tmp_path, ("ProtectSystem", "ProtectSistem"))


def test_a_unit_leaves_little_open(tmp_path: Path) -> None:
    limit = f"--threshold={EXPOSURE_AT_MOST * 10:.0f}"
    for unit in UNITS:
        done = analyze("security", "--offline=true", limit, str(unit))
        assert done.returncode == 0, done.stdout.splitlines()[-1]
    loose = tmp_path / "glassbox-loose.service"
    lines = UNITS[0].read_text().splitlines()
    loose.write_text("\n".join(line for line in lines if "SystemCallFilter=" not in line))
    assert analyze("security", "--offline=true", limit, str(loose)).returncode != 0
