"""The primary is killed under load: its standby has every event that was told as done, and work goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import psycopg
import pytest
from django.conf import settings
from django.db import connections

from glassbox.audit.sequencer import sequence_once
from glassbox.audit.signer import sign_once
from glassbox.audit.signing_keys import read_public_key
from glassbox.audit.verify import verify
from glassbox.cli.demo_brand import MAKER, Brand
from glassbox.rules.action_lifecycle import ActionState
from glassbox.runtime.postgres import Cluster, ClusterUrls
from glassbox.runtime.standby import follow, promote, wait_for_nobody, wait_for_standby
from glassbox.runtime.supervisor import Child, Supervisor
from tests.conftest import _connect_django
from tests.db.audit.sealed import write_events
from tests.desk import Desk
from tests.journeys.story import action_of, approve, draft, read, receive_oil, split
from tests.journeys.test_kill import effects_of, move_our_clock, wait_for
from tests.ledger import ORIGIN, signer_folder

BIN = Path(sys.executable).parent
ACTIONS, APPENDERS = 4, 2
ACKNOWLEDGED_AT_LEAST = 50
FIRST_TAG = 700
NOT_YET_SECONDS = 1.5


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A primary with its standby in step, and addresses that find whichever of the two writes."""

    primary: Cluster
    standby: Cluster
    urls: ClusterUrls
    database: str


@contextmanager
def pair_of(source: ClusterUrls, passwords: Path, home: Path) -> Iterator[Pair]:
    """Make a primary out of a copy of the test's own server, and a standby that it waits for."""
    name = source.superuser.rsplit("/", 1)[1]
    primary, standby = Cluster(home / "primary"), Cluster(home / "standby")
    with ExitStack() as stack:
        for cluster, of, called in ((primary, source, "first"), (standby, None, "second")):
            stack.callback(cluster.remove)
            url = of.backup if of else primary.urls(name).backup
            follow(cluster, url, name=called, passwords=passwords)
            cluster.launch()
            if of:
                promote(cluster)
                drop_slots(of)
        wait_for_standby(primary, "second")
        yield Pair(
            primary=primary, standby=standby, urls=either(primary, standby, name), database=name
        )


def drop_slots(urls: ClusterUrls) -> None:
    """Let the server that was copied not keep WAL for a copy that went its own way."""
    with psycopg.connect(urls.superuser, autocommit=True) as connection:
        for (pid,) in connection.execute("SELECT pid FROM pg_stat_replication").fetchall():
            connection.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        connection.execute("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots")


def either(primary: Cluster, standby: Cluster, name: str) -> ClusterUrls:
    """Return addresses that name both servers, as a real installation has them."""

    def both(url: str) -> str:
        parts = urlsplit(url)
        user = parts.netloc.rpartition("@")[0]
        places = f"127.0.0.1:{primary.port},127.0.0.1:{standby.port}"
        return urlunsplit(
            parts._replace(
                netloc=f"{user}@{places}", query="target_session_attrs=read-write&connect_timeout=5"
            )
        )

    of = primary.urls(name)
    return ClusterUrls(
        **{field: both(getattr(of, field)) for field in ClusterUrls.__dataclass_fields__}
    )


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    memory = Path("/dev/shm")
    base = memory if memory.is_dir() else tmp_path_factory.mktemp("pair")
    folder = base / f"glassbox-pair-{os.getpid()}"
    folder.mkdir(mode=0o711)
    yield folder
    subprocess.run(["rm", "-rf", str(folder)], check=True)


def kill_the_server(cluster: Cluster) -> None:
    """Kill -9 the server and every process of it, so that none of them ends in order."""
    for pid in pids_of(cluster):
        os.kill(pid, signal.SIGKILL)
    assert cluster._server is not None
    cluster._server.wait(10)


def pids_of(cluster: Cluster) -> list[int]:
    assert cluster._server is not None
    pid = cluster._server.pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *map(int, children)]


def approved_splits(brand: Brand, desk: Desk, database: ClusterUrls) -> dict[int, str]:
    """Actions on goods of their own, approved and not sent: tags by action."""
    oils = receive_oil(brand, desk, *([10_000] * ACTIONS))
    for number in brand.licenses:
        if number != MAKER:
            read(brand, number)
    made = {}
    for number, oil in enumerate(oils):
        tag = f"1A4060300000001{FIRST_TAG + number:09}"
        action_id = draft(
            brand, "Ana", MAKER, "package.create", {"packages": [split(tag, oil, "500")]}
        )
        approve(brand, database, "Ana", "Ben", MAKER, action_id)
        made[action_id] = tag
    return made


@contextmanager
def processes(urls: ClusterUrls, folder: Path) -> Iterator[None]:
    """The worker, the sequencer and the signer of an installation, kept alive as systemd does."""
    environment = {
        **os.environ,
        **urls.as_environment(),
        "GLASSBOX_METRC_URL": settings.GLASSBOX_METRC_URL,
        "GLASSBOX_METRC_VENDOR_KEY": settings.GLASSBOX_METRC_VENDOR_KEY,
        "GLASSBOX_METRC_TIMEOUT_SECONDS": "3",
        "GLASSBOX_SETTLE_WINDOW_SECONDS": "4",
        "GLASSBOX_SYNC_EVERY_SECONDS": "1000000000",
        "GLASSBOX_WORKER_DEAD_AFTER_SECONDS": "3",
        "GLASSBOX_LEDGER_ORIGIN": ORIGIN,
        "GLASSBOX_SIGNER_FOLDER": str(folder),
        "GLASSBOX_LEDGER_KEY_FILE": str(folder / "ledger.vkey"),
        "GLASSBOX_LOG_LEVEL": "CRITICAL",
    }
    supervisor = Supervisor(
        [
            Child(name=name, command=[str(BIN / "glassbox"), name], environment=environment)
            for name in ("sequencer", "signer", "worker")
        ]
    )
    watching = threading.Thread(target=supervisor.watch)
    watching.start()
    try:
        yield
    finally:
        supervisor.stop()
        watching.join()


@contextmanager
def appenders(urls: ClusterUrls, license_id: int, folder: Path) -> Iterator[list[Path]]:
    files = [folder / f"acknowledged-{number}" for number in range(APPENDERS)]
    command = [sys.executable, "-m", "tests.db.recovery.appender", str(license_id)]
    environment = {**os.environ, **urls.as_environment(), "TMPDIR": str(folder)}
    running = [subprocess.Popen([*command, str(file)], env=environment) for file in files]
    try:
        yield files
    finally:
        for process in running:
            process.kill()
            process.wait(10)


def acknowledged(files: list[Path]) -> list[str]:
    return [line for file in files if file.exists() for line in file.read_text().split()]


def missing(url: str, event_ids: list[str]) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT count(*) FROM unnest(%s::uuid[]) AS a(id) WHERE NOT EXISTS"
            " (SELECT 1 FROM compliance_events e WHERE e.event_id = a.id)",
            [event_ids],
        ).fetchone()
    assert row is not None
    return int(row[0])


def in_doubt(brand: Brand, actions: dict[int, str]) -> int:
    states = [action_of(brand, MAKER, action_id).state for action_id in actions]
    return sum(state == ActionState.SUBMITTING for state in states)


def test_a_killed_primary_loses_nothing_that_was_told_as_done(
    cluster: Cluster, database: ClusterUrls, brand: Brand, desk: Desk, home: Path
) -> None:
    actions = approved_splits(brand, desk, database)
    folder, license_id = signer_folder(database), brand.licenses[MAKER]
    # METRC takes its time, so that sends are under way when the primary dies.
    slow = {"method": "POST", "path": "/packages/v2/", "kind": "slow-after", "delayMs": 1500}
    desk.do("faults", rules=[{**slow, "times": ACTIONS}])
    with pair_of(database, cluster.secrets_file, home) as pair:
        urls = pair.standby.urls(pair.database)
        with ExitStack() as stack:
            files = stack.enter_context(appenders(pair.urls, license_id, home))
            wait_for(lambda: len(acknowledged(files)) > ACKNOWLEDGED_AT_LEAST, "events")
            stack.enter_context(processes(pair.urls, folder))
            wait_for(lambda: any(effects_of(desk, tag) for tag in actions.values()), "a send")
            connections["default"].close()
            kill_the_server(pair.primary)
            before = len(acknowledged(files))
            promote(pair.standby)
            _connect_django(urls.application)
            assert in_doubt(brand, actions) > 0
            with psycopg.connect(urls.superuser, autocommit=True) as superuser:
                move_our_clock(superuser, 60)
            wait_for(lambda: len(acknowledged(files)) > 2 * before, "the writers go on")
            wait_for(lambda: ended(brand, actions), "what was in flight is settled", 90)
        assert missing(urls.backup, acknowledged(files)) == 0
        assert [effects_of(desk, tag) for tag in actions.values()] == [1] * ACTIONS
        sequence_once(urls.sequencer, ORIGIN)
        sign_once(urls.signer, folder, folder / "ledger.vkey", ORIGIN)
        walked = verify(urls.verifier, public_key=read_public_key(folder / "ledger.vkey"))
        assert walked.problem == ""
        assert walked.events > len(acknowledged(files))
        connections["default"].close()


def ended(brand: Brand, actions: dict[int, str]) -> bool:
    return all(
        action_of(brand, MAKER, action_id).state == ActionState.ACCEPTED for action_id in actions
    )


def test_nothing_is_told_as_done_that_the_standby_has_not(
    cluster: Cluster, cast: Brand, cast_urls: ClusterUrls, home: Path
) -> None:
    with pair_of(cast_urls, cluster.secrets_file, home) as pair:
        _connect_django(pair.primary.urls(pair.database).application)
        told: list[UUID] = []
        writing = threading.Thread(target=lambda: told.extend(write_and_close()))
        with stopped(pair.standby):
            writing.start()
            writing.join(NOT_YET_SECONDS)
            assert told == []
        writing.join(20)
        assert len(told) == 1

        # Where nobody waits for it, the same death loses events, and the count of them sees it.
        wait_for_nobody(pair.primary)
        pair.standby.stop()
        told += write_and_close()
        kill_the_server(pair.primary)
        pair.standby.launch()
        promote(pair.standby)
        event_ids = [str(event_id) for event_id in told]
        assert missing(pair.standby.urls(pair.database).backup, event_ids) == 1


def write_and_close() -> list[UUID]:
    try:
        return write_events(1)
    finally:
        connections["default"].close()


@contextmanager
def stopped(cluster: Cluster) -> Iterator[None]:
    """Hold every process of a server, as a machine does that hangs."""
    pids = pids_of(cluster)
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in reversed(pids):
            os.kill(pid, signal.SIGCONT)
