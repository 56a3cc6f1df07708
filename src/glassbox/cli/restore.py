"""`glassbox restore`: a backup in a folder of its own, in restore mode until a person opens the writes."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from django.conf import settings

from glassbox.cli.restored import Restored, look_at, restored_cluster
from glassbox.rules.verdicts import InvalidInput, Refused
from glassbox.runtime.backup import BackupFailed
from glassbox.runtime.postgres import ClusterFailed
from glassbox.runtime.restore import restore
from glassbox.runtime.sealed_files import NotOurs


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the backup, its key, the moment and the folder."""
    parser.add_argument("--from", dest="backup", type=Path, default=settings.GLASSBOX_BACKUP_FOLDER)
    parser.add_argument("--key", type=Path, required=True, help="the private key of the backups")
    parser.add_argument("--into", type=Path, required=True, help="the home of the new installation")
    parser.add_argument("--to", default="", help="a moment, as 2026-11-28T14:00:00Z; else the last")
    parser.add_argument("--json", action="store_true", help="print one object for a machine")


def run(arguments: argparse.Namespace) -> int:
    """Restore, look at what came back, and leave it in restore mode; exit 1 if it does not verify."""
    to = moment(arguments.to)
    if arguments.backup is None or not arguments.backup.exists():
        raise InvalidInput(
            field="--from", value=arguments.backup, way_out="Name the folder of the backups."
        )
    cluster = restored_cluster(arguments.into)
    try:
        restore(
            cluster,
            arguments.backup,
            private=arguments.key.read_text(),
            to=to,
            environment=settings.GLASSBOX_ENVIRONMENT,
        )
        urls = cluster.start()
        try:
            found = look_at(urls, to)
        finally:
            cluster.stop()
    except (BackupFailed, ClusterFailed, NotOurs) as problem:
        raise Refused(str(problem)) from problem
    if arguments.json:
        sys.stdout.write(json.dumps(asdict(found), indent=2) + "\n")
    else:
        _tell(found, arguments.into)
    return 0 if found.verifies else 1


def moment(text: str) -> datetime | None:
    """Return a moment somebody typed, or nothing if they typed none.

    :raises InvalidInput: if it is no moment, or says no time zone
    """
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise InvalidInput(
            field="--to", value=text, way_out="Say a moment with its time zone: 2026-11-28T14:00Z."
        )
    return found


def _tell(found: Restored, into: Path) -> None:
    lines = [
        f"Restored into {into}: {found.events:,} events"
        + (", and the ledger verifies." if found.verifies else f". WRONG: {found.problem}"),
        f"Outside: {found.outside or 'nothing that is held outside contradicts it.'}",
        f"Begun and not ended in METRC: {found.in_flight} actions. Each is looked up before anything "
        "is sent.",
        *(f"Known outside alone, to be looked up in METRC by hand: {one}" for one in found.beyond),
        "Nothing is numbered, signed or sent until a person has looked and says:",
        "    glassbox audit resume --because 'what was looked at, and by whom'",
    ]
    sys.stdout.write("\n".join(lines) + "\n")
