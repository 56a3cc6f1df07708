"""The simulator in a process of its own over a world's file, and what that file holds."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from metrc_simulator.records import Query
from metrc_simulator.store import Store

BIN = Path(sys.executable).parent


class Metrc:
    """The simulator in a process of its own, with the world in a file."""

    def __init__(self, world: str, state: Path) -> None:
        if not state.exists():
            build = [str(BIN / "metrc-simulator"), "worlds", world, "--state", str(state)]
            subprocess.run(build, check=True, stdout=subprocess.DEVNULL)
        command = [str(BIN / "metrc-simulator"), "serve", "--state", str(state)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.address = json.loads(self.process.stdout.readline())["address"]

    def keys(self) -> Any:
        """Return the vendor key and the users of the world."""
        with urlopen(f"{self.address}/desk/api/keys", timeout=60) as answer:
            return json.load(answer)

    def lift_limits(self) -> None:
        """Let METRC answer as fast as it can: its pace is no time of our machine."""
        body = json.dumps({"getPerSecond": 100_000, "concurrent": 1_000}).encode()
        asked = Request(
            f"{self.address}/desk/api/limits",
            data=body,
            headers={"Content-Type": "application/json"},
        )
        with urlopen(asked, timeout=60):
            pass

    def stop(self) -> None:
        """End the process."""
        self.process.terminate()
        self.process.wait(60)


def truth_of(state: Path, number: str) -> set[str]:
    """Return each label that METRC's own store has at a licence, or that it has passed on.

    Read from the store's file, by another road than the sync's: what the sync never asked for
    would be missing from both.
    """
    store = Store(str(state), read_only=True)
    try:
        rows = [
            json.loads(body)
            for kind in ("packages", "transferred")
            for body in store.bodies(Query(kind, license_number=number))
        ]
    finally:
        store.close()
    return {row.get("PackageLabel") or row["Label"] for row in rows}
