"""restore(): a backup becomes a PostgreSQL of our own again, as it was at one moment."""

from __future__ import annotations

import json
import secrets
import shutil
import subprocess
import tarfile
import tempfile
import time
from datetime import datetime
from pathlib import Path

import psycopg
from psycopg import sql

from glassbox.runtime.backup import (
    BASE,
    BASE_FILES,
    PARTIAL,
    SEALED,
    WAL,
    BackupFailed,
    BaseBackup,
    base_backups,
)
from glassbox.runtime.children import die_with_parent
from glassbox.runtime.postgres import LOGIN_ROLES, Cluster, ClusterFailed, write_private
from glassbox.runtime.sealed_files import open_file

RECOVERS_WITHIN_SECONDS = 3600.0
# Nobody but its own user comes to a server that recovers: it listens on a socket in a folder of its.
ALONE = "local all all trust\n"


def restore(
    cluster: Cluster, backup: Path, *, private: str, to: datetime | None, environment: str
) -> BaseBackup:
    """Fill an empty cluster from a backup, replay WAL up to `to` (or all there is), and stop it.

    Every role has a new password afterwards. Return the base backup that was used.

    :raises BackupFailed: if there is no base backup before `to`, the WAL ends before it, a file is
        damaged, the backup is of another environment, or the cluster is not empty
    """
    if cluster.data.exists():
        raise BackupFailed(f"{cluster.data} exists. Restore into a folder of its own.")
    base = _choose(backup, to, environment)
    cluster.prepare_folder()
    cluster.data.mkdir(mode=0o700)
    with tempfile.TemporaryDirectory(prefix="restoring-", dir=cluster.folder) as name:
        opened = Path(name)
        opened.chmod(0o700)
        _open_base(base, opened, cluster.data, private)
        received = _open_wal(backup, opened / WAL, private)
        cluster.user.own_tree(cluster.data)
        cluster.user.own_tree(opened)
        _recover(cluster, received, to)
    return base


def _choose(backup: Path, to: datetime | None, environment: str) -> BaseBackup:
    found = [one for one in base_backups(backup) if to is None or one.ended_at <= to]
    if not found:
        raise BackupFailed(
            f"{backup} holds no base backup" + (f" from before {to.isoformat()}." if to else ".")
        )
    if found[-1].environment != environment:
        raise BackupFailed(
            f"The backup is of {found[-1].environment}, and GLASSBOX_ENVIRONMENT is {environment}."
        )
    return found[-1]


def _open_base(base: BaseBackup, opened: Path, data: Path, private: str) -> None:
    for file in BASE_FILES:
        with (opened / file).open("wb") as target:
            open_file(
                base.folder / f"{file}{SEALED}",
                target,
                called=f"{BASE}/{base.folder.name}/{file}",
                private=private,
            )
    with tarfile.open(opened / BASE_FILES[0]) as tar:
        tar.extractall(data, filter="data")


def _open_wal(backup: Path, folder: Path, private: str) -> Path:
    folder.mkdir(mode=0o700)
    for path in sorted((backup / WAL).glob(f"*{SEALED}")):
        called = path.name.removesuffix(SEALED)
        # The segment under way when the machine was lost is replayed as far as it goes.
        with (folder / called.removesuffix(PARTIAL)).open("wb") as target:
            open_file(path, target, called=f"{WAL}/{called}", private=private)
    return folder


def _recover(cluster: Cluster, received: Path, to: datetime | None) -> None:
    entrance, added = cluster.data / "pg_hba.conf", cluster.data / "postgresql.auto.conf"
    kept = entrance.read_text(), added.read_text()
    entrance.write_text(ALONE)
    target = f"recovery_target_time = '{to.isoformat()}'\n" if to else ""
    added.write_text(
        f'{kept[1]}restore_command = \'cp "{received}/%f" "%p"\'\n{target}'
        "recovery_target_action = 'promote'\n"
    )
    (cluster.data / "recovery.signal").touch()
    cluster.user.own_tree(cluster.data)
    sockets = Path(tempfile.mkdtemp(prefix="glassbox-restore-", dir="/tmp"))
    cluster.user.own(sockets)
    server = _launch(cluster, sockets)
    try:
        with _wait_until_it_is_open(cluster, server, sockets) as connection:
            _give_new_passwords(cluster, connection)
    finally:
        server.terminate()
        server.wait(60)
        shutil.rmtree(sockets, ignore_errors=True)
        entrance.write_text(kept[0])
        added.write_text(kept[1])


def _launch(cluster: Cluster, sockets: Path) -> subprocess.Popen[bytes]:
    with cluster.log.open("ab") as log:
        return subprocess.Popen(
            [
                *(str(cluster.program("postgres")), "-D", str(cluster.data)),
                *("-c", "listen_addresses=", "-c", f"unix_socket_directories={sockets}"),
                *("-c", "port=5432", "-c", "hot_standby=off", "-c", "max_connections=120"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=cluster.data,
            start_new_session=True,
            preexec_fn=die_with_parent,
            **cluster.user.as_popen(),
        )


def _wait_until_it_is_open(
    cluster: Cluster, server: subprocess.Popen[bytes], sockets: Path
) -> psycopg.Connection:
    ends = time.monotonic() + RECOVERS_WITHIN_SECONDS
    while time.monotonic() < ends:
        if server.poll() is not None:
            said = cluster.log.read_bytes()[-3000:].decode(errors="replace")
            if "recovery ended before configured recovery target" in said:
                raise BackupFailed("The WAL of this backup ends before that time.")
            raise ClusterFailed(f"PostgreSQL did not recover. Read {cluster.log}.")
        try:
            connection = psycopg.connect(
                host=str(sockets), port=5432, user="postgres", dbname="postgres", autocommit=True
            )
        except psycopg.OperationalError:
            time.sleep(0.1)
            continue
        if connection.execute("SELECT pg_is_in_recovery()").fetchone() == (False,):
            return connection
        connection.close()
        time.sleep(0.1)
    raise ClusterFailed(f"PostgreSQL still recovers. Read {cluster.log}.")


def _give_new_passwords(cluster: Cluster, connection: psycopg.Connection) -> None:
    """A backup holds no passwords; those of the lost machine need not be known any more."""
    passwords = {role: secrets.token_urlsafe(24) for role in ("postgres", *LOGIN_ROLES)}
    present = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles")}
    for role, password in passwords.items():
        if role in present:
            connection.execute(
                sql.SQL("ALTER ROLE {} PASSWORD {}").format(
                    sql.Identifier(role), sql.Literal(password)
                )
            )
    # The slot of the lost machine would hold WAL for nobody.
    connection.execute("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots")
    write_private(cluster.secrets_file, json.dumps(passwords))
