"""A killed run's folder is removed by the next run, and a living one's stays."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.meta.source import ROOT
from tests.own_folders import YOUNG_SECONDS, own_folder, remove_leftovers

RUN = """
import signal, sys
from pathlib import Path
from tests.own_folders import own_folder
(own_folder("run-", Path(sys.argv[1])) / "signer").mkdir()
print("made", flush=True)
signal.pause()
"""


def let_age(folder: Path) -> None:
    before = folder.stat().st_mtime - YOUNG_SECONDS - 1
    os.utime(folder, (before, before))


def test_a_dead_runs_folder_goes_and_a_living_ones_stays(tmp_path: Path) -> None:
    run = subprocess.Popen(
        [sys.executable, "-c", RUN, str(tmp_path)], stdout=subprocess.PIPE, cwd=ROOT
    )
    try:
        assert run.stdout is not None
        assert run.stdout.readline() == b"made\n"
        (theirs,) = tmp_path.iterdir()
        young = tmp_path / "run-young"
        young.mkdir()
        let_age(theirs)

        remove_leftovers("run-", tmp_path)
        assert theirs.exists()
    finally:
        run.kill()
        run.communicate(timeout=10)
    ours = own_folder("run-", tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted([ours, young])
