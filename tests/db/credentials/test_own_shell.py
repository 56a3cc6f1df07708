"""Whoever has the pages' user tries every way to the worker's keys: files, memory, descriptors, database."""

from __future__ import annotations

import ctypes
import os
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from django.test import override_settings

from glassbox.operations import vault
from glassbox.runtime.postgres import ClusterUrls
from tests.db.credentials.test_keys_at_rest import KEY
from tests.db.credentials.test_vault import PAGES_UID, WORKER_UID, _as, as_shipped
from tests.db.credentials.vaults import vault_in

PR_SET_DUMPABLE, PTRACE_ATTACH, SYS_PIDFD_OPEN, SYS_PIDFD_GETFD = 4, 16, 434, 438
libc = ctypes.CDLL(None, use_errno=True)


@pytest.fixture
def own_vault(tmp_path: Path) -> Iterator[Path]:
    with override_settings(**vault_in(tmp_path)):
        yield tmp_path


@contextmanager
def worker_with(sealed: bytes, private: Path) -> Iterator[int]:
    """Run a process of the worker's user that has a key in its memory and its file open."""
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        os.setgroups([])
        os.setgid(WORKER_UID)
        os.setuid(WORKER_UID)
        # A process that systemd starts can be looked into by its own user; one that forked cannot.
        libc.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)
        signal.alarm(60)
        key, file = vault.unseal(sealed, b"ana"), private.open()
        os.write(writing, b"ready")
        signal.pause()
        os._exit(len(key) + file.fileno())
    try:
        assert os.read(reading, 5) == b"ready"
        yield process
    finally:
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        os.close(reading)
        os.close(writing)


def checked(result: int) -> str:
    if result == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return "done"


def taken_descriptor(process: int) -> str:
    mine = libc.syscall(SYS_PIDFD_OPEN, process, 0)
    return checked(libc.syscall(SYS_PIDFD_GETFD, mine, 0, 0))


def holds(process: int, key: str) -> bool:
    """Return whether a key lies in what a process may write to, as a debugger sees it."""
    with open(f"/proc/{process}/mem", "rb") as memory:
        for line in Path(f"/proc/{process}/maps").read_text().splitlines():
            at = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw", line)
            if at and "[vv" not in line:
                memory.seek(int(at[1], 16))
                if key.encode() in memory.read(int(at[2], 16) - int(at[1], 16)):
                    return True
    return False


def ways_in(process: int, private: Path, own_vault: Path) -> dict[str, Callable[[], str]]:
    at = Path(f"/proc/{process}")
    return {
        "file": private.read_text,
        "mode": lambda: private.chmod(0o644) or "done",
        "folder": lambda: str(list(os.scandir(private.parent))),
        "vault put aside": lambda: str((own_vault / "vault").rename(own_vault / "mine")),
        "public key": lambda: str(vault.public_file().write_text("mine")),
        "public key put aside": lambda: vault.public_file().unlink() or "done",
        "memory": lambda: str(holds(process, KEY)),
        "environment": (at / "environ").read_text,
        "descriptors": lambda: str(os.listdir(at / "fd")),
        "open file": lambda: (at / "fd/0").read_text(),
        "root": lambda: os.readlink(at / "root"),
        "debugger": lambda: checked(libc.ptrace(PTRACE_ATTACH, process, None, None)),
        "taken descriptor": lambda: taken_descriptor(process),
        "signal": lambda: os.kill(process, 0) or "done",
        "other user": lambda: os.setuid(WORKER_UID) or "done",
    }


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be two users; CI is root")
def test_the_pages_user_comes_by_no_way_to_the_workers_keys(own_vault: Path) -> None:
    sealed = vault.seal(KEY, b"ana")
    private = as_shipped(own_vault)
    with worker_with(sealed, private) as process:
        # The key is there for whoever may look: root.
        assert holds(process, KEY)
        ways = ways_in(process, private, own_vault)
        said = {name: _as(PAGES_UID, way) for name, way in ways.items()}
        opened = {name: told for name, told in said.items() if "PermissionError" not in told}
        assert opened == {}
        own = {name: _as(WORKER_UID, ways[name]) for name in ("file", "environment", "signal")}
        assert not [told for told in own.values() if "Error" in told]


def test_the_database_gives_the_pages_role_no_file_and_no_other_role(
    database: ClusterUrls,
) -> None:
    tries = [
        "SELECT pg_read_file('/etc/hostname')",
        "SELECT pg_read_binary_file('/etc/hostname')",
        "SELECT pg_ls_dir('/')",
        "SELECT lo_import('/etc/hostname')",
        "CREATE TEMPORARY TABLE taken (line text); COPY taken FROM '/etc/hostname'",
        "CREATE TEMPORARY TABLE taken (line text); COPY taken FROM PROGRAM 'id'",
        "COPY (SELECT 1) TO PROGRAM 'id'",
        "SET ROLE glassbox_owner",
        "SET ROLE glassbox_backup",
        "SET ROLE glassbox_ledger",
        "SET SESSION AUTHORIZATION postgres",
        "ALTER TABLE metrc_credentials_encrypted NO FORCE ROW LEVEL SECURITY",
        "GRANT pg_read_server_files TO glassbox_app",
        "ALTER SYSTEM SET log_statement = 'all'",
        "CREATE FUNCTION own() RETURNS int LANGUAGE c AS 'own', 'own'",
    ]
    with psycopg.connect(database.application, autocommit=True) as pages:
        for statement in tries:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                for one in statement.split("; "):
                    pages.execute(one)
            pages.execute("DROP TABLE IF EXISTS taken")
        rows = pages.execute("SELECT count(*) FROM metrc_credentials_encrypted").fetchone()
        assert rows == (0,)
