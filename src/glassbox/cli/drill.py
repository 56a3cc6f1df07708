"""`glassbox drill`: back up, restore and look, in scratch; timed, and told as an event."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import UUID

import psycopg
from django.conf import settings

from glassbox import clock
from glassbox.audit.sequencer import sequence_once
from glassbox.cli.restored import look_at
from glassbox.operations.drills import begin_drill, end_drill
from glassbox.operations.sync.run import run_sync
from glassbox.queries.licenses import active_license_ids
from glassbox.queries.restore_mode import licenses_not_read
from glassbox.rules.actor import system_actor
from glassbox.rules.verdicts import InvalidInput, Refused
from glassbox.runtime.backup import WalFollower, take_base
from glassbox.runtime.postgres import Cluster, ClusterUrls
from glassbox.runtime.restore import restore
from glassbox.runtime.sealed_files import make_pair

SLOT = "glassbox_drill"
WAL_WITHIN_SECONDS = 120.0
DRILLER = system_actor("drill")


class StepFailed(Exception):
    """A step of the drill did not come out as it must."""


@dataclass
class Drill:
    """One drill: where its scratch is, what it was taken of, and how long each step took."""

    scratch: Path
    database: str
    mirror: Path | None
    private: str = ""
    as_of: datetime | None = None
    newest_event: UUID | None = None
    events: int = 0
    urls: ClusterUrls | None = None
    failed_at: str = ""
    problem: str = ""
    seconds: dict[str, str] = field(default_factory=dict)

    @property
    def cluster(self) -> Cluster:
        return Cluster(self.scratch / "home", throw_away=True)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare where scratch is, and how the drill goes on without METRC."""
    parser.add_argument(
        "--scratch", type=Path, help="a folder with room for two copies of the data"
    )
    parser.add_argument("--without-metrc", default="", metavar="WHY", help="leave out the reading")
    parser.add_argument("--json", action="store_true", help="print one object for a machine")
    parser.add_argument("--read-here", action="store_true", help=argparse.SUPPRESS)


def run(arguments: argparse.Namespace) -> int:
    """Do the drill and throw its data away; exit 1 naming the step that failed."""
    if arguments.read_here:
        return _read_here()
    if not settings.GLASSBOX_BACKUP_DATABASE_URL:
        raise InvalidInput(
            field="GLASSBOX_BACKUP_DATABASE_URL",
            value="nothing",
            way_out="Give the drill the address of the backup's role, as the service has it.",
        )
    scratch = Path(tempfile.mkdtemp(prefix="glassbox-drill-", dir=arguments.scratch))
    scratch.chmod(0o711)
    drill = Drill(
        scratch=scratch,
        database=str(
            psycopg.conninfo.conninfo_to_dict(settings.GLASSBOX_BACKUP_DATABASE_URL)["dbname"]
        ),
        mirror=settings.GLASSBOX_MIRROR_FOLDER,
    )
    cluster = drill.cluster
    try:
        _walk(drill, cluster, arguments.without_metrc)
    finally:
        cluster.remove()
        shutil.rmtree(scratch, ignore_errors=True)
    _report(drill, arguments.without_metrc)
    return _tell(drill, arguments)


def _walk(drill: Drill, cluster: Cluster, without_metrc: str) -> None:
    steps: list[tuple[str, Callable[[], None]]] = [
        ("backup", lambda: _back_up(drill)),
        ("restore", lambda: _restore(drill, cluster)),
        ("ledger", lambda: _check_ledger(drill)),
        ("intents", lambda: _bring_back(drill)),
        ("shut", lambda: _check_shut(drill)),
    ]
    if not without_metrc:
        steps.append(("sweep", lambda: _sweep(drill)))
    for name, step in steps:
        began = time.monotonic()
        try:
            step()
        except Exception as problem:
            drill.failed_at, drill.problem = name, str(problem) or type(problem).__name__
        drill.seconds[name] = f"{time.monotonic() - began:.1f}"
        if drill.failed_at:
            return


def _back_up(drill: Drill) -> None:
    """Take a base backup and the WAL since, for a key that is thrown away with them."""
    drill.private, public = make_pair()
    url, folder = settings.GLASSBOX_BACKUP_DATABASE_URL, drill.scratch / "backup"
    with _followed(url, folder, public, drill.scratch / "spool") as follower:
        take_base(
            url,
            folder,
            public=public,
            environment=settings.GLASSBOX_ENVIRONMENT,
            true_now=clock.true_now,
        )
        with psycopg.connect(url, autocommit=True) as connection:
            row = connection.execute(
                "SELECT (SELECT event_id FROM compliance_events ORDER BY ts DESC LIMIT 1),"
                " clock_timestamp()"
            ).fetchone()
            assert row is not None
            drill.newest_event, drill.as_of = row
            # Also the commit after the moment, without which nobody knows that it was reached.
            begin_drill(actor=DRILLER, now=clock.now())
            _wait_for_wal(connection, follower)


@contextmanager
def _followed(url: str, folder: Path, public: str, spool: Path) -> Iterator[WalFollower]:
    follower = WalFollower(url, folder, public=public, spool=spool, slot=SLOT)
    try:
        yield follower
    finally:
        follower.stop()
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("SELECT pg_drop_replication_slot(%s)", [SLOT])


def _wait_for_wal(connection: psycopg.Connection, follower: WalFollower) -> None:
    wanted = connection.execute("SELECT pg_current_wal_insert_lsn()").fetchone()
    ends = time.monotonic() + WAL_WITHIN_SECONDS
    while time.monotonic() < ends:
        follower.seal_what_came()
        come = connection.execute(
            "SELECT 1 FROM pg_replication_slots WHERE slot_name = %s AND restart_lsn >= %s::pg_lsn",
            [SLOT, *(wanted or ())],
        ).fetchone()
        if come:
            return
        time.sleep(0.1)
    raise StepFailed(f"The WAL did not come within {WAL_WITHIN_SECONDS:.0f} s.")


def _restore(drill: Drill, cluster: Cluster) -> None:
    (drill.scratch / "home").mkdir(mode=0o711)
    restore(
        cluster,
        drill.scratch / "backup",
        private=drill.private,
        to=drill.as_of,
        environment=settings.GLASSBOX_ENVIRONMENT,
    )
    drill.urls = cluster.start(drill.database)
    with psycopg.connect(drill.urls.backup) as connection:
        newest = connection.execute(
            "SELECT 1 FROM compliance_events WHERE event_id = %s", [drill.newest_event]
        ).fetchone()
        later = connection.execute(
            "SELECT 1 FROM compliance_events WHERE ts > %s", [drill.as_of]
        ).fetchone()
    if drill.newest_event is not None and newest is None:
        raise StepFailed(f"Event {drill.newest_event} was there at {drill.as_of}, and is not.")
    if later is not None:
        raise StepFailed(f"Events from after {drill.as_of} came back: that was not the moment.")


def _check_ledger(drill: Drill) -> None:
    assert drill.urls is not None
    found = look_at(drill.urls, drill.as_of)
    drill.events = found.events
    if not found.verifies:
        raise StepFailed(f"The ledger that came back does not verify. {found.problem}")
    if found.outside and "set back to an older state" not in found.outside:
        # Being shorter than the mirror is what a restore is; being different never is.
        raise StepFailed(found.outside)


def _bring_back(drill: Drill) -> None:
    """Write again what the mirror took meanwhile, and put sends that were lost in doubt."""
    if drill.mirror is None or not drill.mirror.exists():
        return
    words = ["audit", "bring-back", f"--from={drill.mirror}", "--because=A restore drill"]
    _glassbox(drill, *words)


def _check_shut(drill: Drill) -> None:
    """Nothing is numbered, and nobody opens the writes, before METRC was read."""
    assert drill.urls is not None
    if sequence_once(drill.urls.sequencer, settings.GLASSBOX_LEDGER_ORIGIN):
        raise StepFailed("Events were numbered in restore mode.")
    done = _run_glassbox(drill, "audit", "resume", "--because=A restore drill")
    if done.returncode == 0:
        raise StepFailed("The writes could be opened although METRC was not read.")


def _sweep(drill: Drill) -> None:
    _glassbox(drill, "drill", "--read-here")


def _read_here() -> int:
    """Read METRC whole for every licence, and never send: no worker runs in scratch."""
    actor = system_actor("sync")
    for license_id in active_license_ids(actor=actor):
        run_sync(actor=actor, license_id=license_id, trigger="drill", now=clock.now())
    if unread := licenses_not_read(actor=actor):
        raise Refused(f"METRC was not read whole for {', '.join(unread)}.")
    return 0


def _glassbox(drill: Drill, *words: str) -> None:
    done = _run_glassbox(drill, *words)
    if done.returncode:
        raise StepFailed(done.stderr.strip().splitlines()[-1] if done.stderr else words[0])


def _run_glassbox(drill: Drill, *words: str) -> subprocess.CompletedProcess[str]:
    assert drill.urls is not None
    return subprocess.run(
        [str(Path(sys.executable).parent / "glassbox"), *words],
        env={**os.environ, **_settings_of_this_process(), **drill.urls.as_environment()},
        capture_output=True,
        text=True,
        check=False,
    )


def _settings_of_this_process() -> dict[str, str]:
    """Return what the commands in scratch must see as this process does."""
    return {
        "GLASSBOX_METRC_URL": settings.GLASSBOX_METRC_URL,
        "GLASSBOX_METRC_VENDOR_KEY": settings.GLASSBOX_METRC_VENDOR_KEY,
        "GLASSBOX_LEDGER_KEY_FILE": str(settings.GLASSBOX_LEDGER_KEY_FILE),
        "GLASSBOX_LEDGER_ORIGIN": settings.GLASSBOX_LEDGER_ORIGIN,
    }


def _report(drill: Drill, without_metrc: str) -> None:
    """Write how it ended into the ledger that people use; the signer signs it as everything there."""
    end_drill(
        actor=DRILLER,
        reason=f"Failed at {drill.failed_at}: {drill.problem}"[:500]
        if drill.failed_at
        else "Restored, looked at, and thrown away",
        body={
            "as_of": drill.as_of.isoformat() if drill.as_of else "",
            "events": drill.events,
            "failed_at": drill.failed_at,
            "seconds": drill.seconds,
            "without_metrc": without_metrc,
        },
        now=clock.now(),
    )


def _tell(drill: Drill, arguments: argparse.Namespace) -> int:
    if arguments.json:
        told = {"failed_at": drill.failed_at, "problem": drill.problem, "seconds": drill.seconds}
        sys.stdout.write(json.dumps({**told, "events": drill.events}, indent=2) + "\n")
    else:
        for name, seconds in drill.seconds.items():
            sign = "FAILED" if name == drill.failed_at else "ok"
            sys.stdout.write(f"{name:8} {seconds:>8} s  {sign}\n")
        if not drill.failed_at:
            sys.stdout.write(f"{drill.events:,} events came back and verify.\n")
    if drill.failed_at:
        sys.stderr.write(f"The drill failed at {drill.failed_at}. {drill.problem}\n")
        return 1
    return 0
