"""A standby of another machine follows by TLS alone, with certificates that both sides check."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from glassbox.runtime.postgres import Cluster, ClusterFailed
from glassbox.runtime.standby import follow, wait_for_standby
from tests.meta.source import ROOT
from tests.outside.certificates import Authority, Pair, authority, certificate

GLASSBOX = Path(sys.executable).parent / "glassbox"
SHIPPED = ROOT / "deploy" / "postgresql"
# The embedded PostgreSQL is built without TLS: a real pair needs a PostgreSQL of the system.
OF_THE_SYSTEM = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
needs_tls = pytest.mark.skipif(
    not OF_THE_SYSTEM, reason="no PostgreSQL with TLS here: apt-get install postgresql"
)
# The way in of whoever runs the server, as the shipped file says.
ADMINISTERED = "host all postgres 127.0.0.1/32 scram-sha-256\n"
UP_WITHIN_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True)
class Ground:
    """A primary that takes TLS alone, and what its backup role comes with."""

    home: Path
    primary: Cluster
    root: Authority
    client: Pair

    def address(self, root: Path, **other: str) -> str:
        asked = {
            "sslmode": "verify-full",
            "sslrootcert": str(root),
            "sslcert": str(self.client.certificate),
            "sslkey": str(self.client.key),
        } | other
        query = "&".join(f"{name}={value}" for name, value in asked.items())
        return f"postgresql://glassbox_backup@localhost:{self.primary.port}/postgres?{query}"


@pytest.fixture
def ground() -> Iterator[Ground]:
    memory = Path("/dev/shm")
    home = Path(tempfile.mkdtemp(prefix="gb-tls-", dir=memory if memory.is_dir() else None))
    home.chmod(0o711)
    root = authority(home, "authority")
    server, client = (
        certificate(home, root, "localhost"),
        certificate(home, root, "glassbox-backup"),
    )
    primary = Cluster(
        home / "primary",
        throw_away=True,
        binaries=OF_THE_SYSTEM[-1],
        settings={
            "ssl": "on",
            "ssl_min_protocol_version": "TLSv1.2",
            "ssl_ca_file": str(root.path),
            "ssl_cert_file": str(server.certificate),
            "ssl_key_file": str(server.key),
        },
    )
    for path in (server.key, client.key):
        primary.user.own(path)
    try:
        primary.start()
        doors = (SHIPPED / "pg_hba.other-machine.conf").read_text()
        (primary.data / "pg_hba.conf").write_text(doors + ADMINISTERED)
        (primary.data / "pg_ident.conf").write_text((SHIPPED / "pg_ident.conf").read_text())
        with primary.superuser() as superuser:
            superuser.execute("SELECT pg_reload_conf()")
            wrong = superuser.execute(
                "SELECT error FROM pg_hba_file_rules WHERE error IS NOT NULL"
            ).fetchall()
        assert wrong == []
        yield Ground(home=home, primary=primary, root=root, client=client)
    finally:
        primary.remove()
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def standby_of(ground: Ground) -> Iterator[Cluster]:
    """The standby as its own machine runs it, by the command."""
    home = ground.home / "standby"
    cluster = Cluster(home, binaries=OF_THE_SYSTEM[-1])
    with socket.create_server(("127.0.0.1", 0)) as free:
        cluster.port = free.getsockname()[1]
    process = subprocess.Popen(
        [
            *(str(GLASSBOX), "database", f"--home={home}", f"--port={cluster.port}"),
            *(f"--binaries={OF_THE_SYSTEM[-1]}", "--name=second"),
            *(f"--set={name}={value}" for name, value in ground.primary.settings.items()),
            f"--follow={ground.address(ground.root.path)}",
            f"--passwords={ground.primary.secrets_file}",
        ],
        env={**os.environ, "GLASSBOX_ENVIRONMENT": "dev", "GLASSBOX_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None and process.stderr is not None
        line = process.stdout.readline()
        assert "PostgreSQL listens" in line, process.stderr.read()
        yield cluster
    finally:
        process.terminate()
        process.communicate(timeout=60)
        cluster.remove()


@needs_tls
def test_a_standby_follows_by_a_checked_certificate_and_has_each_commit(ground: Ground) -> None:
    with standby_of(ground) as standby:
        wait_for_standby(ground.primary, "second")
        with ground.primary.superuser() as superuser:
            way = superuser.execute(
                "SELECT s.ssl, s.version, s.client_dn FROM pg_stat_replication r"
                " JOIN pg_stat_ssl s USING (pid)"
            ).fetchall()
            superuser.execute("CREATE TABLE told AS SELECT 7 AS number")
        ((is_tls, version, client),) = way
        assert is_tls and version in {"TLSv1.2", "TLSv1.3"}
        assert client == "/CN=glassbox-backup"
        ends = time.monotonic() + UP_WITHIN_SECONDS
        while time.monotonic() < ends:
            with standby.superuser() as reading:
                if reading.execute("SELECT to_regclass('told') IS NOT NULL").fetchone() == (True,):
                    break
            time.sleep(0.1)
        else:
            raise AssertionError("The standby never had it.")
        # It takes others by TLS alone too: it is the primary of tomorrow.
        there = ground.address(ground.root.path).replace(
            str(ground.primary.port), str(standby.port)
        )
        with psycopg.connect(there) as backup:
            asked = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
            assert backup.execute(asked).fetchone() == (True,)
        with pytest.raises(psycopg.OperationalError, match=r"no pg_hba\.conf entry"):
            psycopg.connect(there.replace("verify-full", "disable"))


@needs_tls
def test_whoever_is_not_vouched_for_is_not_followed(ground: Ground) -> None:
    stranger = authority(ground.home, "stranger")
    for number, (address, why) in enumerate(
        (
            (ground.address(stranger.path), "certificate verify failed"),
            (ground.address(ground.root.path, sslmode="disable"), r"no pg_hba\.conf entry"),
            (ground.address(ground.root.path, host="127.0.0.1"), "does not match host name"),
        )
    ):
        cluster = Cluster(ground.home / f"refused-{number}", binaries=OF_THE_SYSTEM[-1])
        with pytest.raises(ClusterFailed, match=why):
            follow(cluster, address, name="second", passwords=ground.primary.secrets_file)
        cluster.remove()


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://glassbox_backup@one.example:5432/postgres",
        "postgresql://glassbox_backup@one.example:5432/postgres?sslmode=require",
        "postgresql://glassbox_backup@127.0.0.1,one.example/postgres?sslmode=verify-ca",
    ],
)
def test_another_machine_is_followed_by_a_checked_way_alone(address: str, tmp_path: Path) -> None:
    with pytest.raises(ClusterFailed, match="End its address with"):
        follow(Cluster(tmp_path), address, name="second", passwords=tmp_path / "none")
