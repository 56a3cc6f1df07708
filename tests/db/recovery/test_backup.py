"""A backup is restored as it was at a moment, stands in restore mode, and is no use to a thief."""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from django.test import override_settings

from glassbox.audit.mirror import update_mirror
from glassbox.audit.sequencer import sequence_once
from glassbox.audit.standing import end_stop, open_stop
from glassbox.cli.demo_brand import Brand
from glassbox.cli.restored import look_at
from glassbox.runtime.backup import BackupFailed, WalFollower, base_backups, take_base
from glassbox.runtime.postgres import Cluster, ClusterUrls
from glassbox.runtime.restore import restore
from glassbox.runtime.sealed_files import NotOurs, make_pair
from tests.cast import MFG, receive_tags
from tests.ledger import ORIGIN, make_durable, signer_folder


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def room() -> Iterator[Path]:
    """A folder in memory, that the server's user may enter."""
    memory = Path("/dev/shm")
    folder = Path(
        tempfile.mkdtemp(prefix="glassbox-backup-", dir=memory if memory.is_dir() else None)
    )
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def events_in(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT count(*) FROM compliance_events").fetchone()
    assert row is not None
    return int(row[0])


def test_a_moment_comes_back_in_restore_mode(
    cluster: Cluster, cast: Brand, cast_urls: ClusterUrls, room: Path, frozen_now: datetime
) -> None:
    private, public = make_pair()
    backup, mirror = room / "backup", room / "mirror"
    key_line = (make_durable(cast_urls), signer_folder(cast_urls) / "ledger.vkey")[1].read_text()
    follower = WalFollower(cast_urls.backup, backup, public=public, spool=room / "spool")
    try:
        take_base(cast_urls.backup, backup, public=public, environment="dev", true_now=now)
        receive_tags(cast, MFG, 1, 3, frozen_now)
        make_durable(cast_urls)
        wanted = events_in(cast_urls.backup)
        moment = datetime.now(UTC)
        time.sleep(0.1)
        receive_tags(cast, MFG, 4, 6, frozen_now)
        make_durable(cast_urls)
        with psycopg.connect(cast_urls.verifier) as connection:
            update_mirror(connection, mirror, key_line)
        # These have no number yet.
        receive_tags(cast, MFG, 7, 9, frozen_now)
        last = events_in(cast_urls.backup)
        assert last > wanted
        wait_for_wal(cast_urls, follower)
    finally:
        follower.stop()
    with psycopg.connect(cast_urls.superuser, autocommit=True) as connection:
        connection.execute("SELECT pg_drop_replication_slot('glassbox_backup')")
    name = cast_urls.superuser.rsplit("/", 1)[1]

    for to, expected, waiting in ((moment, wanted, 0), (None, last, 1)):
        home = room / f"home-{expected}"
        home.mkdir(mode=0o711)
        again = Cluster(home, throw_away=True)
        restore(again, backup, private=private, to=to, environment="dev")
        urls = again.start(name)
        try:
            assert events_in(urls.backup) == expected
            check_restored(urls, mirror, to, expected - waiting)
            assert_in_restore_mode(urls, waiting=waiting)
        finally:
            again.remove()


def check_restored(urls: ClusterUrls, mirror: Path, to: datetime | None, numbered: int) -> None:
    """The ledger verifies, and a moment before the mirror's is called set back."""
    with override_settings(
        GLASSBOX_MIRROR_FOLDER=mirror,
        GLASSBOX_LEDGER_KEY_FILE=mirror / "ledger.vkey",
        GLASSBOX_LEDGER_ORIGIN=ORIGIN,
    ):
        found = look_at(urls, to)
    assert (found.events, found.verifies, found.problem) == (numbered, True, "")
    assert ("set back to an older state" in found.outside) is (to is not None)


def wait_for_wal(urls: ClusterUrls, follower: WalFollower) -> None:
    """Wait until all WAL of this moment has come."""
    with psycopg.connect(urls.superuser, autocommit=True) as connection:
        # Not the place written so far: these commits do not wait for the disk.
        row = connection.execute("SELECT pg_current_wal_insert_lsn()").fetchone()
        ends = time.monotonic() + 60
        while time.monotonic() < ends:
            follower.seal_what_came()
            come = connection.execute(
                "SELECT 1 FROM pg_stat_replication WHERE flush_lsn >= %s::pg_lsn", row
            ).fetchone()
            if come:
                return
            time.sleep(0.1)
    raise AssertionError("The WAL did not come.")


def assert_in_restore_mode(urls: ClusterUrls, *, waiting: int) -> None:
    """Nothing is numbered until a person ends every stop."""
    with psycopg.connect(urls.owner, autocommit=True) as connection:
        assert "restored from a backup" in open_stop(connection)
        assert sequence_once(urls.sequencer, ORIGIN) == 0
        assert end_stop(connection, because="Ana and Owen looked") >= 1
        assert open_stop(connection) == ""
    assert sequence_once(urls.sequencer, ORIGIN) == waiting


@contextmanager
def arguments_of_programs() -> Iterator[set[bytes]]:
    """What everybody on the machine can see of PostgreSQL's programs that this process starts."""
    seen: set[bytes] = set()
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(0.002):
            for children in Path("/proc/self/task").glob("*/children"):
                for pid in children.read_text().split():
                    with suppress(OSError):
                        seen.add(Path(f"/proc/{pid}/cmdline").read_bytes())

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield seen
    finally:
        ended.set()
        looking.join()


def test_nobody_sees_a_password_among_the_arguments(
    cast: Brand, cast_urls: ClusterUrls, room: Path
) -> None:
    _, public = make_pair()
    password = urlsplit(cast_urls.backup).password
    assert password
    with arguments_of_programs() as seen:
        follower = WalFollower(
            cast_urls.backup, room, public=public, spool=room / "spool", slot="looked_at"
        )
        take_base(cast_urls.backup, room, public=public, environment="dev", true_now=now)
        follower.stop()
    with psycopg.connect(cast_urls.superuser, autocommit=True) as connection:
        connection.execute("SELECT pg_drop_replication_slot('looked_at')")
    ours = [line for line in seen if b"glassbox_backup" in line]
    for program in (b"pg_basebackup", b"pg_receivewal"):
        assert any(program in line for line in ours)
    assert not any(password.encode() in line for line in seen)


def test_a_stolen_or_damaged_backup_gives_nothing(
    cast: Brand, cast_urls: ClusterUrls, room: Path
) -> None:
    private, public = make_pair()
    backup = room / "backup"
    made = take_base(cast_urls.backup, backup, public=public, environment="dev", true_now=now)
    sealed = made.folder / "base.tar.sealed"
    content = sealed.read_bytes()
    for word in (b"PG_VERSION", b"glassbox", b"compliance_events", MFG.encode()):
        assert word not in content
    other, _ = make_pair()
    refusals: tuple[tuple[type[Exception], str, dict[str, object]], ...] = (
        (NotOurs, "sealed for another key", {"private": other}),
        (BackupFailed, "is of dev", {"environment": "production"}),
        (BackupFailed, "no base backup from before", {"to": made.ended_at - timedelta(days=1)}),
    )
    for number, (kind, words, changed) in enumerate(refusals):
        asked = {"private": private, "to": None, "environment": "dev", **changed}
        home = room / f"refused-{number}"
        home.mkdir(mode=0o711)
        with pytest.raises(kind, match=words):
            restore(Cluster(home, throw_away=True), backup, **asked)  # type: ignore[arg-type]
    sealed.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(BackupFailed, match="missing or damaged"):
        base_backups(backup)
