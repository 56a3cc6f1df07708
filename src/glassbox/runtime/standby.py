"""A standby: a second PostgreSQL that has every commit before anybody is told that it is done."""

from __future__ import annotations

import time
from pathlib import Path

from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from glassbox.runtime.addresses import without_password
from glassbox.runtime.postgres import Cluster, ClusterFailed, write_private

LOOPBACK = frozenset({"", "localhost", "127.0.0.1", "::1"})
COPY_SECONDS = 4 * 3600.0
IN_STEP_WITHIN_SECONDS = 30.0
# Of postmaster.pid.
PORT_LINE = 3


def follow(cluster: Cluster, primary: str, *, name: str, passwords: Path) -> None:
    """Copy a running primary into an empty cluster, which follows it from its start on.

    `primary` is the backup role's address there; `name` is what the primary knows the standby by;
    `passwords` is the primary's own file of them, because the roles are the same.

    :raises ClusterFailed: if the cluster is not empty, the way to another machine is not checked, or
        PostgreSQL's program fails
    """
    _require_checked_way(primary)
    if cluster.data.exists():
        raise ClusterFailed(f"{cluster.data} exists. Name a folder of its own for the standby.")
    cluster.prepare_folder()
    write_private(cluster.secrets_file, passwords.read_text())
    address, password = without_password(primary)
    cluster.run(
        *("pg_basebackup", f"--dbname={address}", f"--pgdata={cluster.data}"),
        *("--checkpoint=fast", "--wal-method=stream", "--write-recovery-conf"),
        *("--create-slot", f"--slot={name}"),
        password=password,
        timeout_seconds=COPY_SECONDS,
    )
    # Whom the primary waits for is no business of its standby's: once promoted, it would wait for
    # itself.
    with (cluster.data / "postgresql.auto.conf").open("a") as file:
        file.write(f"synchronous_standby_names = ''\ncluster_name = '{name}'\n")


def _require_checked_way(address: str) -> None:
    """Every row of every licence travels it, so another machine's certificate is held against it."""
    parts = conninfo_to_dict(address)
    hosts = str(parts.get("host", "")).split(",")
    is_here = all(host in LOOPBACK or host.startswith("/") for host in hosts)
    if not is_here and parts.get("sslmode") != "verify-full":
        raise ClusterFailed(
            f"The primary is on {', '.join(hosts)}, and its certificate would not be checked. End its "
            "address with ?sslmode=verify-full&sslrootcert=FILE&sslcert=FILE&sslkey=FILE."
        )


def wait_for_standby(primary: Cluster, name: str) -> None:
    """Let no commit of the primary be told as done before the standby has it on its disk.

    :raises ClusterFailed: if no such standby is in step within 30 s; then nothing waits for it
    """
    with primary.superuser() as connection:
        command = sql.SQL("ALTER SYSTEM SET synchronous_standby_names = {}")
        connection.execute(command.format(sql.Literal(f'"{name}"')))
        connection.execute("SELECT pg_reload_conf()")
        ends = time.monotonic() + IN_STEP_WITHIN_SECONDS
        while time.monotonic() < ends:
            found = connection.execute(
                "SELECT 1 FROM pg_stat_replication WHERE application_name = %s"
                " AND sync_state = 'sync'",
                [name],
            ).fetchone()
            if found:
                return
            time.sleep(0.1)
    wait_for_nobody(primary)
    raise ClusterFailed(f"No standby {name} follows. Start it, then ask again.")


def wait_for_nobody(primary: Cluster) -> None:
    """Let commits be done without a standby again: one that is lost holds every write."""
    with primary.superuser() as connection:
        connection.execute("ALTER SYSTEM SET synchronous_standby_names = ''")
        connection.execute("SELECT pg_reload_conf()")


def find_running(cluster: Cluster) -> None:
    """Take the port of a server that somebody else started on these data.

    :raises ClusterFailed: if none runs there
    """
    try:
        lines = (cluster.data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError as missing:
        raise ClusterFailed(f"No PostgreSQL runs on {cluster.data}.") from missing
    cluster.port = int(lines[PORT_LINE])


def is_standby(cluster: Cluster) -> bool:
    """Return whether a server on these data follows another one."""
    return (cluster.data / "standby.signal").exists()


def promote(cluster: Cluster) -> None:
    """Make a running standby the primary. The old one must be dead, and stay so.

    :raises ClusterFailed: if it does not run, or is no standby
    """
    cluster.run("pg_ctl", "promote", f"--pgdata={cluster.data}", "--wait")
