"""PostgresUser: whom the embedded PostgreSQL runs as, and where that user can keep its data."""

from __future__ import annotations

import fcntl
import hashlib
import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

USER_NAME = "glassbox-postgres"
SHARED_HOME = Path("/var/lib/glassbox")
MAKING_LOCK = Path("/run/lock/glassbox-postgres-user")


@dataclass(frozen=True, kw_only=True)
class PostgresUser:
    """The user of the server: ourselves, or a system user of its own if we are root."""

    uid: int
    gid: int
    is_other: bool

    def as_popen(self) -> dict[str, Any]:
        """Return the arguments that make a child run as this user."""
        if not self.is_other:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, path: Path) -> None:
        """Give a file or folder to this user."""
        if self.is_other:
            os.chown(path, self.uid, self.gid)

    def own_tree(self, folder: Path) -> None:
        """Give a folder and all in it to this user."""
        if self.is_other:
            for parent, folders, files in os.walk(folder):
                for name in (*folders, *files):
                    os.chown(os.path.join(parent, name), self.uid, self.gid, follow_symlinks=False)
            self.own(folder)

    def folder_for(self, home: Path) -> Path:
        """Return where the data of `home` go: below it, or where this user can reach them."""
        if not self.is_other or _can_be_entered(home, self):
            return home / "database"
        return SHARED_HOME / hashlib.sha256(str(home).encode()).hexdigest()[:16]


def find_postgres_user() -> PostgresUser:
    """Return whom the server runs as; as root, make the system user on first use."""
    if os.geteuid() != 0:
        return PostgresUser(uid=os.getuid(), gid=os.getgid(), is_other=False)
    entry = _find_system_user() or _make_system_user()
    return PostgresUser(uid=entry.pw_uid, gid=entry.pw_gid, is_other=True)


def _find_system_user() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(USER_NAME)
    except KeyError:
        return None


def _make_system_user() -> pwd.struct_passwd:
    """Make the user, or take the one that somebody else made meanwhile.

    Two `useradd` at once each write a number of their own, and the later one wins: the earlier
    caller would hold a number that nobody has.
    """
    MAKING_LOCK.parent.mkdir(parents=True, exist_ok=True)
    with MAKING_LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if entry := _find_system_user():
            return entry
        subprocess.run(
            ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", USER_NAME],
            check=True,
            capture_output=True,
        )
        return pwd.getpwnam(USER_NAME)


def is_reachable(path: Path, user: PostgresUser) -> bool:
    """Return whether the user can enter every folder above `path` and read it."""
    return not user.is_other or (_can_be_entered(path.parent, user) and _allows(path, user, 0o5))


def _can_be_entered(folder: Path, user: PostgresUser) -> bool:
    existing = folder
    while not existing.exists():
        existing = existing.parent
    return all(_allows(part, user, 0o1) for part in (existing, *existing.parents))


def _allows(path: Path, user: PostgresUser, bits: int) -> bool:
    found = path.stat()
    if found.st_uid == user.uid:
        return (found.st_mode >> 6) & bits == bits
    return found.st_mode & bits == bits
