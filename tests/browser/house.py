"""A running Glassbox of the browser tests' own: pages, worker and sequencer as real processes."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
from django.db import connections
from playwright.sync_api import StorageState

from glassbox.cli.demo_brand import Brand
from glassbox.operations.sync.ask import ask_for_sync
from glassbox.queries.sync_runs import sync_progress
from glassbox.rules.actor import system_actor
from glassbox.runtime.postgres import ClusterUrls
from tests import listening
from tests.desk import Desk

BIN = Path(sys.executable).parent
NEVER_SECONDS = 10**9
SERVES_WITHIN_SECONDS = 90.0
READ_WITHIN_SECONDS = 180.0


class House:
    """The processes, where they serve, and the people who may sign in."""

    def __init__(
        self, *, urls: ClusterUrls, desk: Desk, brand: Brand, home: Path, providers: Path
    ) -> None:
        port = _free_port()
        self.address = f"http://127.0.0.1:{port}"
        self.home = home
        self.desk = desk
        self.urls = urls
        self.brand = brand
        # Whoever signed in once stays signed in: a password takes a second to check.
        self.sessions: dict[str, StorageState] = {}
        # Called with every visitor whose browser shows another page.
        self.look: Callable[[Any], None] = lambda visitor: None
        self.environment = {
            **os.environ,
            **urls.as_environment(),
            "GLASSBOX_HOME": str(home),
            "GLASSBOX_MAIL_FOLDER": str(home / "mails"),
            "GLASSBOX_ENVIRONMENT": "dev",
            "GLASSBOX_SINGLE_SIGN_ON_FILE": str(providers),
            "GLASSBOX_METRC_URL": desk.address,
            "GLASSBOX_METRC_VENDOR_KEY": desk.keys()["vendorKey"],
            # Reads are asked for, so that a test waits for its own and for no other.
            "GLASSBOX_SYNC_EVERY_SECONDS": str(NEVER_SECONDS),
            "GLASSBOX_SETTLE_WINDOW_SECONDS": "2",
            "GLASSBOX_METRC_GETS_PER_SECOND_PER_FACILITY": "1000",
            "GLASSBOX_METRC_GETS_PER_SECOND_PER_VENDOR": "1000",
            "GLASSBOX_LOG_LEVEL": listening.level("ERROR"),
        }
        self.processes = [
            self._start("serve", f"--port={port}"),
            self._start("sequencer"),
            self._start("signer"),
            self._start("worker"),
        ]

    @contextmanager
    def strict(self) -> Iterator[str]:
        """Serve the pages once more, where a second factor is required; give their address.

        By a name: a browser keeps no passkey for a number.
        """
        port = _free_port()
        serve = self._start("serve", f"--port={port}", GLASSBOX_MFA_REQUIRED="yes")
        try:
            self.wait_until_it_serves(f"http://127.0.0.1:{port}")
            yield f"http://localhost:{port}"
        finally:
            serve.terminate()
            serve.wait(15)

    def wait_until_it_serves(self, address: str = "") -> None:
        """Return once the pages answer; fail after a minute and a half."""
        ends = time.monotonic() + SERVES_WITHIN_SECONDS
        while time.monotonic() < ends:
            try:
                if (
                    httpx.get(f"{address or self.address}/health/", trust_env=False).status_code
                    == 200
                ):
                    return
            except httpx.TransportError:
                time.sleep(0.1)
        raise AssertionError(f"The pages did not come up in {SERVES_WITHIN_SECONDS:.0f} s.")

    def close(self) -> None:
        """End every process, each by its own id."""
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def read(self, *numbers: str) -> None:
        """Have the worker read METRC for these licences now, and return when it has."""
        # In a thread of its own: beside a running browser Django refuses its database to ours.
        with ThreadPoolExecutor(max_workers=len(numbers)) as threads:
            for _ in threads.map(self._read, numbers):
                pass

    def _read(self, number: str) -> None:
        actor, license_id = system_actor("browser tests"), self.brand.licenses[number]
        try:
            before = ask_for_sync(actor=actor, license_id=license_id, now=datetime.now(UTC))
            ends = time.monotonic() + READ_WITHIN_SECONDS
            while time.monotonic() < ends:
                run = sync_progress(actor=actor, license_id=license_id, after_run_id=before)
                if run is not None and not run.is_running:
                    assert not run.error, run.error
                    return
                time.sleep(0.1)
        finally:
            connections.close_all()
        raise AssertionError(f"METRC was not read for {number} in {READ_WITHIN_SECONDS:.0f} s.")

    def metrc_package(self, label: str, number: str) -> dict[str, Any]:
        """Return METRC's own row of a package, read with the licence's key."""
        keys = self.desk.keys()
        user_key = next(
            user["userKey"]
            for user in keys["users"]
            if number in user["licenses"] and "View Packages" in user["permissions"]
        )
        answer = self.desk.client.get(
            f"/packages/v2/{label}",
            params={"licenseNumber": number},
            auth=(keys["vendorKey"], user_key),
        )
        assert answer.status_code == 200, answer.text
        row: dict[str, Any] = answer.json()
        row["Quantity"] = Decimal(str(row["Quantity"]))
        return row

    def _start(self, *words: str, **environment: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [str(BIN / "glassbox"), *words],
            env=self.environment | environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
