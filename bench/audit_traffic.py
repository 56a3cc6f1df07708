"""Sixteen clients on one ledger: appends, plain inserts and business transactions, in turn.

The clients are pgbench's, so that what is measured is the ledger and not a client written in
Python; all of them make their records by the same SQL function.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg

from glassbox.audit.chain import canonical_bytes, commitment
from glassbox.runtime.postgres import ClusterUrls
from tests.db.audit.raw_append import RawWriter, record_of

CLIENTS, THREADS = 16, 2
# Two for each core: what the ledger adds to a transaction shows only where cores are left for it.
# Sixteen ask two cores for nearly all they have, and then it is the appends' ratio once more.
BUSINESS_CLIENTS = 4
WORK_SECONDS = 0.005
PAUSE_BETWEEN_PROBES_SECONDS = 0.01
TURNS = 5
PLAIN_INSERT = "INSERT INTO bench_rows (body, openings) VALUES (%b, %s)"
# What one transaction does.
INSERT = "INSERT INTO bench_rows (body, openings) SELECT * FROM bench_record();\n"
APPEND = "SELECT audit.append(body, openings) FROM bench_record();\n"
WORK = f"SELECT pg_sleep({WORK_SECONDS});\n"
UNAUDITED = f"BEGIN;\n{WORK}{INSERT}COMMIT;\n"
# The record is made once, as on the other side: making it is the client's work. And its event goes
# with the change in one statement, for a way there and back costs the same whatever it is for.
INSERT_AND_APPEND = (
    "WITH made AS MATERIALIZED (SELECT * FROM bench_record()), kept AS"
    " (INSERT INTO bench_rows (body, openings) SELECT * FROM made)"
    " SELECT audit.append(body, openings) FROM made;\n"
)
AUDITED = f"BEGIN;\n{WORK}{INSERT_AND_APPEND}COMMIT;\n"
IS_SIGNED = (
    "SELECT 1 FROM audit_leaves l WHERE l.event_id = %s AND EXISTS (SELECT 1 FROM"
    " audit_checkpoints c WHERE c.log_id = l.log_id AND c.size > l.index)"
)
SALT = bytes(32)


def prepare(owner: psycopg.Connection) -> None:
    """Make the table of plain inserts, and the function that makes a record for either."""
    openings = (
        f'{{"reason": {{"salt": "{SALT.hex()}", "value": "A measurement"}},'
        f' "actor_name": {{"salt": "{SALT.hex()}", "value": "writer"}}}}'
    )
    commits = (commitment(SALT, "writer"), commitment(SALT, "A measurement"))
    record = canonical_bytes(record_of("@id@", "@now@", license_id=1, commits=commits)).decode()
    owner.execute("CREATE TABLE bench_rows (id bigserial PRIMARY KEY, body bytea, openings jsonb)")
    owner.execute(
        "CREATE FUNCTION bench_record(OUT body bytea, OUT openings jsonb) LANGUAGE sql AS $$"
        f" SELECT convert_to(replace(replace($j${record}$j$, '@id@', uuidv7()::text), '@now@',"
        " to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"+00:00\"')),"
        f" 'UTF8'), $j${openings}$j$::jsonb $$"
    )
    owner.execute("GRANT INSERT ON bench_rows TO glassbox_app")
    owner.execute("GRANT USAGE ON SEQUENCE bench_rows_id_seq TO glassbox_app")


class Traffic:
    """The clients, with sequencer and signer running as processes of their own."""

    def __init__(self, urls: ClusterUrls, folder: Path, origin: str, pgbench: Path) -> None:
        self.urls, self._folder, self._pgbench = urls, folder, pgbench
        environment = {
            **os.environ,
            **urls.as_environment(),
            "GLASSBOX_SIGNER_FOLDER": str(folder),
            "GLASSBOX_LEDGER_KEY_FILE": str(folder.parent / "ledger.vkey"),
            "GLASSBOX_LEDGER_ORIGIN": origin,
        }
        glassbox = Path(sys.executable).parent / "glassbox"
        self._processes = [
            subprocess.Popen([str(glassbox), name], env=environment)
            for name in ("sequencer", "signer")
        ]

    def close(self) -> None:
        """End both processes."""
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.wait(20)

    def rate(
        self, transaction: str, seconds: float, *, clients: int = CLIENTS, held_to: float = 0
    ) -> float:
        """Return transactions a second of all clients together; `held_to` so many, or all that go."""
        script = self._folder.parent / "transaction.sql"
        script.write_text(transaction)
        command = [str(self._pgbench), "--no-vacuum", "--protocol=prepared"]
        command += [f"--client={clients}", f"--jobs={THREADS}", f"--file={script}"]
        command += [f"--time={max(2, round(seconds))}"]
        command += [f"--rate={held_to}"] if held_to else []
        environment = {**os.environ, "PGOPTIONS": "-c app.license=1"}
        done = subprocess.run(
            [*command, self.urls.application], capture_output=True, env=environment, text=True
        )
        found = re.search(r"tps = ([0-9.]+)", done.stdout)
        assert done.returncode == 0 and found, done.stdout + done.stderr
        return float(found.group(1))

    def wait_until_numbered(self) -> None:
        """Wait until no event waits for its number, so that one measurement ends before the next."""
        with psycopg.connect(self.urls.superuser, autocommit=True) as connection:
            while connection.execute("SELECT 1 FROM audit_pending LIMIT 1").fetchone():
                assert all(one.poll() is None for one in self._processes), "a process has ended"
                time.sleep(0.05)

    def in_turn(
        self, baseline: str, audited: str, seconds: float, *, clients: int = CLIENTS
    ) -> tuple[float, float]:
        """Return both rates, measured in short turns so that other load meets both alike."""
        plain = with_audit = 0.0
        for _ in range(TURNS):
            plain += self.rate(baseline, seconds / TURNS, clients=clients) / TURNS
            with_audit += self.rate(audited, seconds / TURNS, clients=clients) / TURNS
            self.wait_until_numbered()
        return plain, with_audit

    def latencies(self, rate: float, seconds: float) -> tuple[list[float], list[float]]:
        """Return how long after its commit each event lay below a signed head, at a rate of
        appends; and how long three plain commits took one after the other, the least it takes.

        Both in milliseconds, sorted, probed in turn.
        """
        signed: list[float] = []
        commits: list[float] = []
        stop = threading.Event()
        probe = threading.Thread(target=self._probe, args=(stop, signed, commits))
        probe.start()
        self.rate(APPEND, seconds, held_to=rate)
        stop.set()
        probe.join()
        return sorted(signed), sorted(commits)

    def _probe(self, stop: threading.Event, signed: list[float], commits: list[float]) -> None:
        with RawWriter(self.urls.application, license_id=2) as writer:
            writer.connection.execute("SELECT set_config('app.licenses', '2', false)")
            writer.connection.commit()
            writer.connection.autocommit = True
            while not stop.is_set():
                event_id = writer.append()
                began = time.monotonic()
                while not writer.connection.execute(IS_SIGNED, [event_id]).fetchone():
                    time.sleep(0.001)
                signed.append((time.monotonic() - began) * 1000)
                _, body, openings = writer.record()
                began = time.monotonic()
                for _ in range(3):
                    writer.connection.execute(PLAIN_INSERT, [body, openings])
                commits.append((time.monotonic() - began) * 1000)
                time.sleep(PAUSE_BETWEEN_PROBES_SECONDS)
