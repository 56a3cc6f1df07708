"""Backups: a base backup, verified and sealed, and the WAL since, sealed as it comes.

They are made by PostgreSQL's own programs; what is ours is the sealing and the list of what there is.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from glassbox.runtime.addresses import environment_with, without_password
from glassbox.runtime.children import die_with_parent
from glassbox.runtime.postgres import packaged_binaries
from glassbox.runtime.sealed_files import seal_file

BASE, WAL, SEALED, LIST = "base", "wal", ".sealed", "backup.json"
SLOT = "glassbox_backup"
BASE_FILES = ("base.tar", "backup_manifest")
PARTIAL = ".partial"
LOOK_SECONDS = 1.0
# How old the newest WAL outside may be: what a lost machine costs at most.
PARTIAL_SECONDS = 20.0


class BackupFailed(Exception):
    """A backup was not made, or is not whole. The sentence says what to do."""


@dataclass(frozen=True, kw_only=True)
class BaseBackup:
    """One base backup: its folder, and when it had been taken."""

    folder: Path
    ended_at: datetime
    environment: str


def take_base(
    url: str, to: Path, *, public: str, environment: str, true_now: Callable[[], datetime]
) -> BaseBackup:
    """Take a base backup, verify it against PostgreSQL's manifest, and seal it below `to`.

    :raises BackupFailed: if PostgreSQL's programs fail; nothing half is left under its final name
    """
    to.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(prefix="taking-", dir=to) as name:
        plain = Path(name) / "plain"
        _run(
            *("pg_basebackup", url, f"--pgdata={plain}", "--format=tar"),
            *("--wal-method=fetch", "--checkpoint=fast", "--manifest-checksums=SHA256"),
        )
        verify_base(plain)
        ended_at = true_now()
        label = ended_at.strftime("%Y%m%dT%H%M%SZ")
        sealed = Path(name) / label
        sealed.mkdir()
        for file in BASE_FILES:
            called = f"{BASE}/{label}/{file}"
            seal_file(plain / file, sealed / f"{file}{SEALED}", called=called, public=public)
        told: dict[str, Any] = {
            "version": 1,
            "environment": environment,
            "ended_at": ended_at.isoformat(),
            "sha256": {path.name: _sha256(path) for path in sorted(sealed.iterdir())},
        }
        (sealed / LIST).write_text(json.dumps(told, indent=2))
        (to / BASE).mkdir(exist_ok=True, mode=0o700)
        sealed.rename(to / BASE / label)
    return BaseBackup(folder=to / BASE / label, ended_at=ended_at, environment=environment)


def verify_base(plain: Path) -> None:
    """Hold every file of a base backup against PostgreSQL's manifest, as `pg_verifybackup` does.

    WAL is not in the manifest; it is checked when it is replayed.

    :raises BackupFailed: naming the first file that is missing, damaged or too many
    """
    text = (plain / "backup_manifest").read_text()
    told = json.loads(text)
    if (
        hashlib.sha256(text[: text.rindex('"Manifest-Checksum"')].encode()).hexdigest()
        != (told["Manifest-Checksum"])
    ):
        raise BackupFailed("The manifest of the base backup is damaged. Take it again.")
    expected = {
        one["Path"]: one["Checksum"]
        for one in told["Files"]
        if not one["Path"].startswith("pg_wal/")
    }
    with tarfile.open(plain / "base.tar") as tar:
        for member in tar:
            name = member.name.removeprefix("./")
            file = tar.extractfile(member) if member.isfile() else None
            if file is None or name.startswith("pg_wal/"):
                continue
            if hashlib.file_digest(file, "sha256").hexdigest() != expected.pop(name, None):  # type: ignore[arg-type]
                raise BackupFailed(f"{name} of the base backup is damaged. Take it again.")
    if expected:
        raise BackupFailed(f"{min(expected)} is missing in the base backup. Take it again.")


def base_backups(folder: Path) -> tuple[BaseBackup, ...]:
    """Return every base backup of a folder, oldest first.

    :raises BackupFailed: if one is not whole
    """
    found = []
    for path in sorted((folder / BASE).glob("*")):
        told = json.loads((path / LIST).read_text())
        for name, sha256 in told["sha256"].items():
            if not (path / name).exists() or _sha256(path / name) != sha256:
                raise BackupFailed(f"{path / name} is missing or damaged. Use another copy of it.")
        found.append(
            BaseBackup(
                folder=path,
                ended_at=datetime.fromisoformat(told["ended_at"]),
                environment=told["environment"],
            )
        )
    return tuple(found)


class WalFollower:
    """Receives WAL as PostgreSQL writes it, and seals it below `to`, the segment under way too."""

    def __init__(self, url: str, to: Path, *, public: str, spool: Path, slot: str = SLOT) -> None:
        self.to, self.spool, self.public = to / WAL, spool, public
        self.to.mkdir(parents=True, exist_ok=True, mode=0o700)
        spool.mkdir(parents=True, exist_ok=True, mode=0o700)
        _run("pg_receivewal", url, f"--slot={slot}", "--create-slot", "--if-not-exists")
        address, password = without_password(url)
        self.process = subprocess.Popen(
            [
                *(_program("pg_receivewal"), f"--dbname={address}", f"--directory={spool}"),
                *(f"--slot={slot}", "--synchronous", "--status-interval=2"),
            ],
            env=environment_with(password),
            preexec_fn=die_with_parent,
        )
        self._partial_at = 0.0

    def is_alive(self) -> bool:
        """Return whether WAL still comes."""
        return self.process.poll() is None

    def seal_what_came(self, *, at_once: bool = False) -> int:
        """Seal every whole segment and, every 20 s, the one under way; return how many whole ones."""
        whole = [path for path in sorted(self.spool.iterdir()) if path.suffix != PARTIAL]
        for path in whole:
            self._seal(path)
            (self.to / f"{path.name}{PARTIAL}{SEALED}").unlink(missing_ok=True)
            path.unlink()
        if at_once or time.monotonic() - self._partial_at > PARTIAL_SECONDS:
            for path in self.spool.glob(f"*{PARTIAL}"):
                self._seal(path)
            self._partial_at = time.monotonic()
        return len(whole)

    def _seal(self, path: Path) -> None:
        called = f"{WAL}/{path.name}"
        try:
            seal_file(path, self.to / f"{path.name}{SEALED}", called=called, public=self.public)
        except FileNotFoundError:
            # It was made whole under our hands; the next look finds it by its final name.
            return

    def stop(self) -> None:
        """Stop receiving, and seal what came last."""
        self.process.terminate()
        self.process.wait(20)
        self.seal_what_came(at_once=True)


def _program(name: str) -> str:
    return str(packaged_binaries() / "bin" / name)


def _run(program: str, url: str, *arguments: str) -> None:
    address, password = without_password(url)
    done = subprocess.run(
        [_program(program), f"--dbname={address}", *arguments],
        env=environment_with(password),
        capture_output=True,
        check=False,
    )
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise BackupFailed(f"{program} failed: {said[-1] if said else 'without a word'}")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
