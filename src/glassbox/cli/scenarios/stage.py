"""The stage: a throw-away database, a simulator, and our own, all real processes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import psycopg

from glassbox.cli.scenarios.language import Scenario
from glassbox.rules.verdicts import Refused
from glassbox.runtime.children import die_with_parent
from glassbox.runtime.postgres import Cluster, ClusterUrls

BIN = Path(sys.executable).parent
NEVER_SECONDS = 10**9
PROCESSES = ("sequencer", "signer", "worker")


class DeskRefused(Refused):
    """The desk said no; its sentence names field and value."""

    code = "desk.refused"


class Stage:
    """Everything a scenario runs on. `strike` ends and deletes all of it."""

    def __init__(self, scenario: Scenario) -> None:
        memory = Path("/dev/shm")
        self.home = Path(
            tempfile.mkdtemp(prefix="glassbox-flow-", dir=memory if memory.is_dir() else None)
        )
        self.home.chmod(0o711)
        self.scenario = scenario
        self.cluster = Cluster(self.home, throw_away=True)
        self.processes: dict[str, subprocess.Popen[str]] = {}
        self.address = ""
        self.vendor_key = ""
        self.urls: ClusterUrls | None = None
        self.environment: dict[str, str] = {}
        self.clock_seconds = 0.0
        self._journal: list[dict[str, Any]] = []

    def set(self) -> None:
        """Start database and simulator, migrate, and put the addresses into our environment."""
        self.urls = self.cluster.start()
        self._start_simulator()
        self.vendor_key = self.keys()["vendorKey"]
        chosen = self.scenario.settings
        self.environment = {
            **os.environ,
            **self.urls.as_environment(),
            "GLASSBOX_HOME": str(self.home),
            "GLASSBOX_ENVIRONMENT": "dev",
            "GLASSBOX_METRC_URL": self.address,
            "GLASSBOX_METRC_VENDOR_KEY": self.vendor_key,
            "GLASSBOX_METRC_TIMEOUT_SECONDS": str(chosen.get("metrc_timeout_seconds", 5)),
            "GLASSBOX_SETTLE_WINDOW_SECONDS": str(chosen.get("settle_window_seconds", 900)),
            "GLASSBOX_SYNC_EVERY_SECONDS": str(NEVER_SECONDS),
            "GLASSBOX_WORKER_DEAD_AFTER_SECONDS": "2",
            "GLASSBOX_METRC_SHARE": "1",
            "GLASSBOX_METRC_GETS_PER_SECOND_PER_FACILITY": "1000",
            "GLASSBOX_METRC_GETS_PER_SECOND_PER_VENDOR": "1000",
            "GLASSBOX_LOG_LEVEL": os.environ.get("GLASSBOX_LOG_LEVEL", "ERROR"),
        }
        os.environ.update(self.environment)
        done = subprocess.run(
            [str(BIN / "glassbox"), "migrate"],
            env=self.environment,
            stdout=subprocess.DEVNULL,
            timeout=300,
            check=False,
        )
        if done.returncode:
            raise Refused("The throw-away database could not be migrated.")
        for name in PROCESSES:
            self.start(name)

    def start(self, name: str, *, kill_at: str = "") -> None:
        """Start one of our processes; `kill_at` names a point at which it dies."""
        if name not in PROCESSES:
            raise Refused(f"There is no process {name!r} to start; it is {', '.join(PROCESSES)}.")
        extra = {"GLASSBOX_KILL_AT": kill_at} if kill_at else {}
        self.processes[name] = subprocess.Popen(
            [str(BIN / "glassbox"), name],
            env={**self.environment, **extra},
            stdin=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
            preexec_fn=die_with_parent,
        )

    def kill(self, name: str) -> None:
        """End a process as kill -9 does."""
        process = self.processes.get(name)
        if process is None:
            raise Refused(f"There is no process {name!r} to kill.")
        process.kill()
        process.wait(10)

    def is_alive(self, name: str) -> bool:
        """Return whether a process runs."""
        return name in self.processes and self.processes[name].poll() is None

    def strike(self) -> None:
        """End every process, each by its own id, and delete the data."""
        for process in self.processes.values():
            # Nothing of a throw-away stage is worth a graceful end.
            process.kill()
            process.wait()
            for pipe in (process.stdout, process.stderr):
                if pipe is not None:
                    pipe.close()
        self.cluster.remove()
        shutil.rmtree(self.home, ignore_errors=True)

    def desk(self, verb: str, fields: dict[str, Any]) -> Any:
        """Do one verb of the desk.

        :raises DeskRefused: with the desk's own sentence
        """
        if verb == "reset":
            self._journal.clear()
        request = Request(
            f"{self.address}/desk/api/{verb}",
            data=json.dumps(fields, default=str).encode(),
            headers={"Content-Type": "application/json"},
            method="POST",
        )
        try:
            with urlopen(request, timeout=30) as answer:
                return json.load(answer)
        except HTTPError as error:
            said = json.load(error)
            raise DeskRefused(f"{verb}: {said.get('error', said)}") from error

    def metrc_package(self, label: str, license_number: str) -> dict[str, Any] | None:
        """Return METRC's own row of a package under a licence, read with that licence's key."""
        keys = self.keys()
        user = next(
            one
            for one in keys["users"]
            if license_number in one["licenses"] and "View Packages" in one["permissions"]
        )
        secret = b64encode(f"{keys['vendorKey']}:{user['userKey']}".encode()).decode()
        request = Request(
            f"{self.address}/packages/v2/{label}?licenseNumber={license_number}",
            headers={"Authorization": f"Basic {secret}"},
        )
        try:
            with urlopen(request, timeout=20) as answer:
                row: dict[str, Any] = json.load(answer, parse_float=Decimal)
                return row
        except HTTPError as error:
            if error.code in (401, 404):
                return None
            raise Refused(f"METRC answered {error.code} about {label}.") from error

    def keys(self) -> Any:
        """Return every key of the world."""
        return self._get("/desk/api/keys")

    def journal(self) -> list[dict[str, Any]]:
        """Return the ground truth: every request and every applied effect, in order."""
        last = self._journal[-1]["seq"] if self._journal else 0
        self._journal += self.journal_after(last)
        return self._journal

    def journal_after(self, number: int) -> list[dict[str, Any]]:
        """Return the entries of the journal that follow this number."""
        found: list[dict[str, Any]] = self._get(f"/desk/api/journal?after={number}")
        return found

    def move_clocks(self, seconds: float) -> None:
        """Move our clock and METRC's on together."""
        assert self.urls is not None
        self.clock_seconds += seconds
        with psycopg.connect(self.urls.superuser, autocommit=True) as connection:
            connection.execute(
                "UPDATE installation SET clock_offset_seconds = %s", [self.clock_seconds]
            )
        self.desk("clock", {"offsetSeconds": self.clock_seconds})

    def _get(self, path: str) -> Any:
        with urlopen(self.address + path, timeout=30) as answer:
            return json.load(answer)

    def _start_simulator(self) -> None:
        process = subprocess.Popen(
            [str(BIN / "metrc-simulator"), "serve", f"--world={self.scenario.world}"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=die_with_parent,
        )
        self.processes["simulator"] = process
        assert process.stdout is not None and process.stderr is not None
        line = process.stdout.readline()
        if not line:
            said = process.stderr.read().strip()
            raise Refused(f"{self.scenario.path}: the world does not start: {said}")
        self.address = json.loads(line)["address"]


def wait_until(
    holds: Callable[[], bool],
    *,
    seconds: float,
    what: str,
    meanwhile: Callable[[], None] | None = None,
) -> None:
    """Look again until something holds, doing `meanwhile` between two looks.

    :raises Refused: if it does not hold in time; the sentence says what was waited for
    """
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if holds():
            return
        if meanwhile is not None:
            meanwhile()
        time.sleep(0.05)
    raise Refused(f"After {seconds:.0f} s still: {what}.")
