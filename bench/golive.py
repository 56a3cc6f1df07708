"""A licence's go-live on a world of a size: how long, who is needed, and what a kill -9 costs.

Run `python bench/golive.py --world m`: it builds the world, opens the brand with writing off, lets
a real worker read it back, kills that worker by SIGKILL at random moments, starts it again, and
holds what Glassbox has against what METRC has. It prints each number beside its limit, one JSON
line, and exits 1 when a limit is broken. METRC's own pace is left out of the machine's time and
told beside it.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

# In memory where the machine has it; set before Django reads its settings.
MEMORY = Path("/dev/shm")
HOME = Path(tempfile.mkdtemp(prefix="glassbox-golive-", dir=MEMORY if MEMORY.is_dir() else None))
HOME.chmod(0o711)
os.environ.update(
    GLASSBOX_HOME=str(HOME),
    GLASSBOX_ENVIRONMENT="dev",
    DJANGO_SETTINGS_MODULE="glassbox.config.settings",
)

import django
import psycopg
from django.db import connections
from measure import tell
from simulated_metrc import BIN, Metrc, truth_of

django.setup()

from glassbox.cli.demo_brand import MAKER, MOVER, open_brand
from glassbox.cli.migrate import migrate
from glassbox.operations.takeover.begin import begin_takeover
from glassbox.operations.transaction import short_transaction
from glassbox.queries.freshness import freshness
from glassbox.queries.takeover.points import open_points
from glassbox.rules.actor import system_actor
from glassbox.rules.takeover import Step
from glassbox.runtime.postgres import Cluster

HOURS_AT_MOST = 1.0
PERSON_PERCENT_AT_MOST = 5.0
METRC_GETS_PER_SECOND = 50
AS_FAST_AS_IT_GOES = "1000000"
DEAD_AFTER_SECONDS = 360
# Longer than the hour after which a list that has made its requests may go on.
SYNC_EVERY_SECONDS = 2 * 3600
LOOK_SECONDS = 1.0


class Brand:
    """The cast's company with writing off, in a database of the bench's own."""

    def __init__(self, home: Path, metrc: Metrc, days: int) -> None:
        self.cluster = Cluster(home, throw_away=True)
        self.urls = self.cluster.start("golive")
        migrate(self.urls.owner, "dev")
        parts = psycopg_parts(self.urls.application)
        connections["default"].settings_dict.update(parts)
        keys = metrc.keys()
        now = datetime.fromtimestamp(time.time(), UTC)
        opened = open_brand(
            metrc_users=keys["users"],
            sync_from=now - timedelta(days=days),
            now=now,
            with_passwords=False,
        )
        self.licenses = {number: opened.licenses[number] for number in (MAKER, MOVER)}
        for license_id in self.licenses.values():
            begin_takeover(
                actor=system_actor("set-up"), license_id=license_id, reason="go-live", now=now
            )
        self.environment = {
            **os.environ,
            **self.urls.as_environment(),
            "GLASSBOX_METRC_URL": metrc.address,
            "GLASSBOX_METRC_VENDOR_KEY": keys["vendorKey"],
            "GLASSBOX_METRC_GETS_PER_SECOND_PER_FACILITY": AS_FAST_AS_IT_GOES,
            "GLASSBOX_METRC_GETS_PER_SECOND_PER_VENDOR": AS_FAST_AS_IT_GOES,
            "GLASSBOX_SYNC_EVERY_SECONDS": str(SYNC_EVERY_SECONDS),
            "GLASSBOX_LOG_LEVEL": "ERROR",
        }

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Ask the database as its superuser."""
        with psycopg.connect(self.urls.superuser, autocommit=True) as connection:
            return connection.execute(statement, values or None).fetchall()

    def number(self, statement: str, *values: object) -> int:
        """Ask for one number."""
        return int(self.rows(statement, *values)[0][0] or 0)

    def move_clock(self, seconds: int) -> None:
        """Move our clock on, as far as a dead worker's read asks."""
        with psycopg.connect(self.urls.superuser, autocommit=True) as connection:
            connection.execute(
                "update installation set clock_offset_seconds = clock_offset_seconds + %s",
                [seconds],
            )

    def database_seconds(self) -> float:
        """Return the processor time of PostgreSQL, its ended connections included."""
        pid_file = self.cluster.data / "postmaster.pid"
        process_id = int(pid_file.read_text(encoding="ascii").split()[0])
        return processor_seconds(process_id, with_children=True)

    def is_done(self) -> bool:
        """Say whether METRC is read to its end, and both books are open and compared since."""
        return not self._unread() and self.number(
            "select count(distinct r.license_id) from reconciliation_reports r join takeovers t"
            " on t.license_id = r.license_id where r.compared_at >= t.books_opened_at"
            " and t.books_opened_at >= (select max(ended_at) from sync_runs s"
            " where s.license_id = t.license_id)"
        ) == len(self.licenses)

    def is_waiting(self) -> bool:
        """Say whether lists have made their requests of the hour, and nothing else is at work."""
        at_work = "select count(*) from sync_runs where state = 'RUNNING'"
        stopped = "select count(distinct license_id) from sync_runs where state = 'DONE'"
        return (
            self.number(stopped) >= len(self.licenses)
            and not self.number(at_work)
            and self._unread()
        )

    def _unread(self) -> bool:
        connections.close_all()
        seen = freshness(actor=system_actor("sync"), license_ids=tuple(self.licenses.values()))
        return any(one.as_of is None or one.packages_as_of is None for one in seen)


def psycopg_parts(url: str) -> dict[str, str]:
    """Return what Django wants to know of a database's address."""
    parts = psycopg.conninfo.conninfo_to_dict(url)
    return {
        "NAME": str(parts["dbname"]),
        "USER": str(parts["user"]),
        "PASSWORD": str(parts["password"]),
        "HOST": str(parts["host"]),
        "PORT": str(parts["port"]),
    }


class Worker:
    """A real worker process, and the processor time of all that have died before it."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment
        self.spent = 0.0
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start one."""
        self.process = subprocess.Popen(
            [str(BIN / "glassbox"), "worker"],
            env=self.environment,
            stdin=subprocess.DEVNULL,
        )

    def kill(self) -> None:
        """End it by SIGKILL, in the middle of whatever it does."""
        if self.process is None:
            return
        self.spent += processor_seconds(self.process.pid, with_children=False)
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(20)
        self.process = None


def processor_seconds(process_id: int, *, with_children: bool) -> float:
    """Return the processor time of a process, with that of children that have ended if asked."""
    fields = Path(f"/proc/{process_id}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    if with_children:
        ticks += int(fields[13]) + int(fields[14])
    return ticks / os.sysconf("SC_CLK_TCK")


@contextmanager
def scene(world: str, state: Path | None, days: int) -> Iterator[tuple[Brand, Metrc, Path]]:
    """Open everything, and leave nothing behind."""
    home = HOME
    own = home / "metrc.sqlite"
    metrc: Metrc | None = None
    brand: Brand | None = None
    try:
        if state is not None:
            shutil.copy(state, own)
        metrc = Metrc(world, own)
        metrc.lift_limits()
        brand = Brand(home, metrc, days)
        yield brand, metrc, own
    finally:
        if metrc is not None:
            metrc.stop()
        if brand is not None:
            connections.close_all()
            brand.cluster.remove()
        shutil.rmtree(home, ignore_errors=True)


def go(brand: Brand, worker: Worker, kills: int, between: float, chance: random.Random) -> int:
    """Let the worker read everything, killed at random moments; return how often it was."""
    killed = 0
    worker.start()
    next_kill = time.monotonic() + between * chance.uniform(0.3, 1.7)
    told = 0.0
    try:
        while not brand.is_done():
            time.sleep(LOOK_SECONDS)
            if worker.process is not None and worker.process.poll() is not None:
                raise SystemExit("The worker ended by itself.")
            if time.monotonic() - told > 30:
                told = time.monotonic()
                sys.stderr.write(f"{killed} kills, {say(brand)}\n")
            if brand.is_waiting():
                # METRC's pace is no time of our machine: what waits for the hour to end goes on.
                brand.move_clock(SYNC_EVERY_SECONDS)
                time.sleep(10 * LOOK_SECONDS)
            if killed < kills and time.monotonic() > next_kill:
                worker.kill()
                killed += 1
                brand.move_clock(DEAD_AFTER_SECONDS)
                worker.start()
                next_kill = time.monotonic() + between * chance.uniform(0.3, 1.7)
    finally:
        worker.kill()
    return killed


def say(brand: Brand) -> str:
    """Say how far it is."""
    packages, requests = (
        brand.number(f"select count(*) from {table}")
        for table in ("packages", "metrc_api_requests")
    )
    return f"{packages:,} packages, {requests:,} requests"


def lost(brand: Brand, state: Path) -> dict[str, int]:
    """Count what METRC has and Glassbox has not, or has otherwise, or twice."""
    found = {"packages_missing": 0, "packages_too_many": 0}
    for number, license_id in brand.licenses.items():
        theirs = truth_of(state, number)
        ours = {
            label
            for (label,) in brand.rows(
                "select p.label from packages p join package_snapshots s"
                " on s.package_id = p.id and s.is_newest where p.license_id = %s",
                license_id,
            )
        }
        found["packages_missing"] += len(theirs - ours)
        found["packages_too_many"] += len(ours - theirs)
    found["openings_not_one"] = brand.number(
        "select count(*) from (select p.id from packages p left join package_movements m"
        " on m.package_id = p.id and m.cause = 'OPENING' group by p.id having count(m.id) <> 1) x"
    )
    found["books_differ"] = brand.number(
        "select count(*) from package_snapshots s left join (select package_id, sum(quantity) q"
        " from package_movements group by package_id) o on o.package_id = s.package_id"
        " where s.is_newest and s.quantity is distinct from o.q"
    )
    found["openings_without_snapshot"] = brand.number(
        "select count(*) from package_movements m where m.cause = 'OPENING' and not exists"
        " (select 1 from package_snapshots s where 'snapshot:' || s.id = m.evidence)"
    )
    return found


def needing_a_person(brand: Brand) -> tuple[int, int]:
    """Return how many packages are on a worklist before the first count, and how many there are."""
    concerned = 0
    for license_id in brand.licenses.values():
        with short_transaction(license_id):
            points = open_points(license_id, now=datetime.fromtimestamp(time.time(), UTC))
        labels = {label for one in points if one.step is not Step.COUNT for label in one.labels}
        concerned += len(labels)
        for one in points:
            sys.stderr.write(f"open: {one.sentence}\n")
    return concerned, brand.number(
        "select count(*) from package_snapshots where is_newest and not is_finished"
        " and list_name in ('ACTIVE', 'ON_HOLD')"
    )


def main() -> int:
    """Measure one go-live; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--world", default="m")
    parser.add_argument("--state", type=Path, help="a world built before, which is copied")
    parser.add_argument("--days", type=int, default=3 * 365 + 120)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--between", type=float, default=120.0, help="seconds between two kills")
    parser.add_argument("--seed", type=int, default=1)
    said = parser.parse_args()
    # So that whatever was started ends too when somebody ends the bench.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with scene(said.world, said.state, said.days) as (brand, metrc, state):
        worker = Worker(brand.environment)
        began = time.monotonic()
        killed = go(brand, worker, said.kills, said.between, random.Random(said.seed))
        wall = time.monotonic() - began
        database = brand.database_seconds()
        requests = brand.number("select count(*) from metrc_api_requests")
        concerned, active = needing_a_person(brand)
        found: dict[str, Any] = {
            "bench": "golive",
            "world": said.world,
            "days": said.days,
            "packages": brand.number("select count(*) from packages"),
            "active_packages": active,
            "transfers": brand.number("select count(*) from transfers"),
            "requests": requests,
            "pacing_hours_at_metrc_limit": round(requests / METRC_GETS_PER_SECOND / 3600, 2),
            "kills": killed,
            "wall_hours": round(wall / 3600, 3),
            "machine_hours": round((worker.spent + database) / 3600, 3),
            "of_that_database": round(database / 3600, 3),
            "machine_hours_at_most": HOURS_AT_MOST,
            "metrc_hours": round(
                processor_seconds(metrc.process.pid, with_children=False) / 3600, 3
            ),
            "packages_for_a_person": concerned,
            "percent_for_a_person": round(100 * concerned / max(active, 1), 2),
            "percent_at_most": PERSON_PERCENT_AT_MOST,
            **lost(brand, state),
        }
    found["held"] = (
        found["machine_hours"] <= HOURS_AT_MOST
        and found["percent_for_a_person"] <= PERSON_PERCENT_AT_MOST
        and killed == said.kills
        and not any(
            found[name]
            for name in (
                "packages_missing",
                "packages_too_many",
                "openings_not_one",
                "books_differ",
                "openings_without_snapshot",
            )
        )
    )
    return tell(found)


if __name__ == "__main__":
    sys.exit(main())
