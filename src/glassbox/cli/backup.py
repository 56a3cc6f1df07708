"""`glassbox backup`: a base backup now, or the WAL as it comes; sealed so that it cannot be read here."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path

from django.conf import settings

from glassbox import clock
from glassbox.cli.start_check import require_sound
from glassbox.rules.verdicts import InvalidInput, Refused
from glassbox.runtime.backup import (
    LOOK_SECONDS,
    BackupFailed,
    WalFollower,
    base_backups,
    take_base,
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare where the backup goes and what is done."""
    parser.add_argument("--to", type=Path, default=settings.GLASSBOX_BACKUP_FOLDER)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--follow", action="store_true", help="receive WAL until told to stop")
    what.add_argument("--list", action="store_true", help="check and list the base backups")


def run(arguments: argparse.Namespace) -> int:
    """Do it; exit 1 where WAL no longer comes."""
    if arguments.to is None:
        raise InvalidInput(
            field="--to",
            value="nothing",
            way_out="Name a folder, best of another machine, or set GLASSBOX_BACKUP_FOLDER.",
        )
    try:
        if arguments.list:
            return _list(arguments.to)
        require_sound("backup")
        return _follow(arguments.to) if arguments.follow else _take(arguments.to)
    except BackupFailed as problem:
        raise Refused(str(problem)) from problem


def public_key() -> str:
    """Return the key that backups are sealed for.

    :raises Refused: if there is none yet
    """
    path: Path = settings.GLASSBOX_BACKUP_PUBLIC_FILE
    if not path.exists():
        raise Refused(
            f"The key that backups are sealed for, {path}, is missing. Make a pair by `glassbox "
            "make-keys --only backup`, and take the private half away from this machine."
        )
    return path.read_text()


def _list(folder: Path) -> int:
    if not folder.is_dir():
        raise InvalidInput(
            field="--to",
            value=folder,
            way_out="There is no such folder: name the one of the backups.",
        )
    found = base_backups(folder)
    for one in found:
        sys.stdout.write(f"{one.ended_at.isoformat()}  {one.environment}  {one.folder}\n")
    sys.stdout.write(f"{len(found)} base backups, each as whole as when it was made.\n")
    return 0


def _take(folder: Path) -> int:
    done = take_base(
        settings.GLASSBOX_BACKUP_DATABASE_URL,
        folder,
        public=public_key(),
        environment=settings.GLASSBOX_ENVIRONMENT,
        true_now=clock.true_now,
    )
    sys.stdout.write(f"A base backup is in {done.folder}, verified and sealed.\n")
    return 0


def _follow(folder: Path) -> int:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    follower = WalFollower(
        settings.GLASSBOX_BACKUP_DATABASE_URL,
        folder,
        public=public_key(),
        spool=settings.GLASSBOX_HOME / "wal-received",
    )
    while not stop.wait(LOOK_SECONDS):
        follower.seal_what_came()
        if not follower.is_alive():
            sys.stderr.write(
                "WAL no longer comes: PostgreSQL is away, or refuses the backup role.\n"
            )
            follower.stop()
            return 1
    follower.stop()
    return 0
