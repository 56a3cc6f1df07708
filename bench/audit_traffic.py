"""Sixteen clients on one ledger: appends, plain inserts and business transactions, in turn."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path

import psycopg

from glassbox.runtime.postgres import ClusterUrls
from tests.db.audit.raw_append import RawWriter

CLIENTS = 16
WORK_SECONDS = 0.005
PAUSE_BETWEEN_PROBES_SECONDS = 0.01
TURNS = 5
PLAIN_TABLE = "CREATE TABLE bench_rows (id bigserial, body bytea, openings jsonb)"
PLAIN_INSERT = "INSERT INTO bench_rows (body, openings) VALUES (%b, %s)"
IS_SIGNED = (
    "SELECT 1 FROM audit_leaves l WHERE l.event_id = %s AND EXISTS (SELECT 1 FROM"
    " audit_checkpoints c WHERE c.log_id = l.log_id AND c.size > l.index)"
)


@cache
def _writer(url: str) -> RawWriter:
    return RawWriter(url, license_id=1)


def write(url: str, kinds: str, seconds: float, work: float, rate: float) -> int:
    """Commit transactions of some kinds for some seconds; return how many.

    `kinds` names what one transaction does: "insert", "append", or both; `work` is a wait in it,
    in seconds; `rate` holds it to so many in a second, 0 to as many as go.
    """
    writer = _writer(url)
    done, began = 0, time.monotonic()
    while (now := time.monotonic()) - began < seconds:
        if rate and done > (now - began) * rate:
            time.sleep(0.001)
            continue
        if work:
            writer.connection.execute("SELECT pg_sleep(%s)", [work])
        if "insert" in kinds:
            _, body, openings = writer.record()
            writer.connection.execute(PLAIN_INSERT, [body, openings])
        if "append" in kinds:
            writer.append()
        writer.connection.commit()
        done += 1
    return done


class Traffic:
    """The clients, with sequencer and signer running as processes of their own."""

    def __init__(self, urls: ClusterUrls, folder: Path, origin: str) -> None:
        self.urls = urls
        environment = {
            **os.environ,
            **urls.as_environment(),
            "GLASSBOX_SIGNER_FOLDER": str(folder),
            "GLASSBOX_LEDGER_KEY_FILE": str(folder / "ledger.vkey"),
            "GLASSBOX_LEDGER_ORIGIN": origin,
        }
        glassbox = Path(sys.executable).parent / "glassbox"
        self._processes = [
            subprocess.Popen([str(glassbox), name], env=environment)
            for name in ("sequencer", "signer")
        ]
        self._pool = ProcessPoolExecutor(CLIENTS)

    def close(self) -> None:
        """End the clients and both processes."""
        self._pool.shutdown()
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.wait(20)

    def rate(self, kinds: str, seconds: float, *, work: float = 0, held_to: float = 0) -> float:
        """Return transactions a second of all clients together."""
        jobs = [
            self._pool.submit(write, self.urls.application, kinds, seconds, work, held_to / CLIENTS)
            for _ in range(CLIENTS)
        ]
        return sum(job.result() for job in jobs) / seconds

    def wait_until_numbered(self) -> None:
        """Wait until no event waits for its number, so that one measurement ends before the next."""
        with psycopg.connect(self.urls.superuser, autocommit=True) as connection:
            while connection.execute("SELECT 1 FROM audit_pending LIMIT 1").fetchone():
                time.sleep(0.05)

    def in_turn(
        self, baseline: str, audited: str, seconds: float, *, work: float = 0
    ) -> tuple[float, float]:
        """Return both rates, measured in short turns so that other load meets both alike."""
        plain = with_audit = 0.0
        for _ in range(TURNS):
            plain += self.rate(baseline, seconds / TURNS, work=work) / TURNS
            with_audit += self.rate(audited, seconds / TURNS, work=work) / TURNS
            self.wait_until_numbered()
        return plain, with_audit

    def latencies(self, rate: float, seconds: float) -> tuple[list[float], list[float]]:
        """Return how long events took to lie below a signed head, at a rate of appends; and how
        long three plain commits took one after the other, which is the least that it takes.

        Both in milliseconds, sorted, probed in turn.
        """
        signed: list[float] = []
        commits: list[float] = []
        stop = threading.Event()
        probe = threading.Thread(target=self._probe, args=(stop, signed, commits))
        probe.start()
        self.rate("append", seconds, held_to=rate)
        stop.set()
        probe.join()
        return sorted(signed), sorted(commits)

    def _probe(self, stop: threading.Event, signed: list[float], commits: list[float]) -> None:
        with RawWriter(self.urls.application, license_id=2) as writer:
            writer.connection.execute("SELECT set_config('app.licenses', '2', false)")
            writer.connection.commit()
            writer.connection.autocommit = True
            while not stop.is_set():
                began = time.monotonic()
                event_id = writer.append()
                while not writer.connection.execute(IS_SIGNED, [event_id]).fetchone():
                    time.sleep(0.001)
                signed.append((time.monotonic() - began) * 1000)
                _, body, openings = writer.record()
                began = time.monotonic()
                for _ in range(3):
                    writer.connection.execute(PLAIN_INSERT, [body, openings])
                commits.append((time.monotonic() - began) * 1000)
                time.sleep(PAUSE_BETWEEN_PROBES_SECONDS)
