"""How processes come to PostgreSQL without a password: the files we ship, and certificates checked."""

from __future__ import annotations

import getpass
import shutil
import socket
import ssl
import struct
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from glassbox.config.settings import _database
from glassbox.runtime.postgres import Cluster
from tests.meta.source import ROOT
from tests.outside.certificates import authority, certificate

SHIPPED = ROOT / "deploy/postgresql"
# PostgreSQL's protocol: what a client asks before it says who it is.
TLS_ASKED, GSS_ASKED = 80877103, 80877104
SEEN = b"SFATAL\0C28000\0Mseen by the gate\0\0"


@pytest.fixture(scope="module")
def by_socket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Cluster, str]]:
    """A PostgreSQL with the files we ship, in which whoever runs the tests is the pages' user."""
    # The path of a socket has 107 characters at most.
    sockets = Path(tempfile.mkdtemp(prefix="glassbox-"))
    settings = {"unix_socket_directories": str(sockets)}
    cluster = Cluster(tmp_path_factory.mktemp("pg"), throw_away=True, settings=settings)
    cluster.user.own(sockets)
    sockets.chmod(0o755)
    try:
        cluster.start()
        doors = (SHIPPED / "pg_hba.same-machine.conf").read_text()
        names = (SHIPPED / "pg_ident.conf").read_text()
        # The test's own way in, to let the files be read.
        doors += "host all postgres 127.0.0.1/32 scram-sha-256\n"
        (cluster.data / "pg_hba.conf").write_text(doors)
        names += f"glassbox {getpass.getuser()} glassbox_app\n"
        (cluster.data / "pg_ident.conf").write_text(names)
        with cluster.superuser() as superuser:
            superuser.execute("SELECT pg_reload_conf()")
            wrong = superuser.execute(
                "SELECT error FROM pg_hba_file_rules WHERE error IS NOT NULL"
                " UNION ALL SELECT error FROM pg_ident_file_mappings WHERE error IS NOT NULL"
            ).fetchall()
        assert wrong == []
        yield cluster, str(sockets)
    finally:
        cluster.remove()
        shutil.rmtree(sockets, ignore_errors=True)


def test_a_system_user_comes_as_its_own_role_without_a_password(
    by_socket: tuple[Cluster, str],
) -> None:
    cluster, sockets = by_socket
    at = {"host": sockets, "port": str(cluster.port), "dbname": "glassbox"}
    with psycopg.connect(**at, user="glassbox_app") as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("glassbox_app",)

    for other in ("glassbox_sequencer", "glassbox_owner", "glassbox_backup", "postgres"):
        with pytest.raises(psycopg.OperationalError, match="Peer authentication failed"):
            psycopg.connect(**at, user=other)


def test_a_password_opens_nothing_any_more(by_socket: tuple[Cluster, str]) -> None:
    cluster, _ = by_socket

    # The right one, of the role's own, by the network.
    with pytest.raises(psycopg.OperationalError, match=r"no pg_hba\.conf entry"):
        psycopg.connect(cluster.url("glassbox_app", "glassbox"))


def test_each_role_of_a_process_has_one_name_and_both_files_know_it() -> None:
    pairs = [
        line.split()[1:]
        for line in (SHIPPED / "pg_ident.conf").read_text().splitlines()
        if line and not line.startswith("#")
    ]
    roles = {role for _, role in pairs}

    assert len({name for name, _ in pairs}) == len(pairs)
    for file in ("pg_hba.same-machine.conf", "pg_hba.other-machine.conf"):
        lines = [
            line.split()
            for line in (SHIPPED / file).read_text().splitlines()
            if line and not line.startswith("#")
        ]
        assert {line[2] for line in lines} == roles | {"postgres"}
        assert {line[-2] for line in lines if line[2] != "postgres"} <= {"peer", "cert"}
        assert not {"trust", "password", "md5", "scram-sha-256"} & {
            w for line in lines for w in line
        }


@contextmanager
def gate(context: ssl.SSLContext) -> Iterator[tuple[int, list[str]]]:
    """Listen as PostgreSQL does, shake hands, note whose certificate came, and say that it is seen."""
    came: list[str] = []
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        plain, _ = listening.accept()
        with plain:
            while struct.unpack("!II", plain.recv(8))[1] == GSS_ASKED:
                plain.sendall(b"N")
            plain.sendall(b"S")
            try:
                with context.wrap_socket(plain, server_side=True) as safe:
                    subject = (safe.getpeercert() or {}).get("subject", ())
                    came.extend(str(value) for ((_, value),) in subject)
                    safe.recv(4096)
                    safe.sendall(b"E" + struct.pack("!I", len(SEEN) + 4) + SEEN)
            except (ssl.SSLError, OSError):
                came.append("no handshake")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listening.getsockname()[1], came
    finally:
        thread.join(10)
        listening.close()


@pytest.mark.parametrize(
    ("roots", "host", "said"),
    [
        ("ours", "localhost", "seen by the gate"),
        ("theirs", "localhost", "certificate verify failed"),
        ("ours", "127.0.0.1", "does not match host name"),
    ],
)
def test_a_database_elsewhere_shows_a_certificate_of_our_authority_and_we_show_ours(
    tmp_path: Path, roots: str, host: str, said: str
) -> None:
    ours, theirs = authority(tmp_path, "ours"), authority(tmp_path, "theirs")
    server, client = (
        certificate(tmp_path, ours, "localhost"),
        certificate(tmp_path, ours, "glassbox-serve"),
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(server.certificate, server.key)
    context.load_verify_locations(ours.path)
    context.verify_mode = ssl.CERT_REQUIRED
    trusted = {"ours": ours, "theirs": theirs}[roots].path
    with gate(context) as (port, came):
        address = (
            f"postgresql://glassbox_app@{host}:{port}/glassbox?sslmode=verify-full"
            f"&sslrootcert={trusted}&sslcert={client.certificate}&sslkey={client.key}"
        )
        # Read as the settings of an installation read it.
        found = _database(address)
        options = found["OPTIONS"]
        assert isinstance(options, dict)
        with pytest.raises(psycopg.OperationalError, match=said):
            psycopg.connect(
                host=str(found["HOST"]), port=str(found["PORT"]), user=str(found["USER"]), **options
            )
    if said == "seen by the gate":
        assert came == ["glassbox-serve"]
