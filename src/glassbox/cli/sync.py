"""`glassbox sync --license NUMBER`: read METRC once, now, and show how far it is."""

from __future__ import annotations

import argparse
import sys

from rich.progress import Progress

from glassbox import clock
from glassbox.operations.sync.run import run_sync
from glassbox.queries.licenses import license_id_of
from glassbox.rules.actor import system_actor


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the licence."""
    parser.add_argument("--license", required=True, metavar="NUMBER")


def run(arguments: argparse.Namespace) -> int:
    """Read everything that changed; exit 2 with one sentence if METRC cannot be read."""
    actor = system_actor("command line")
    license_id = license_id_of(actor=actor, number=arguments.license)
    with Progress(transient=True) as progress:
        task = progress.add_task("Reading METRC", total=None)

        def show(feed: str, done: int, total: int) -> None:
            progress.update(task, description=feed.replace("_", " "), completed=done, total=total)

        run_id = run_sync(
            actor=actor,
            license_id=license_id,
            trigger="command line",
            now=clock.now(),
            progress=show,
        )
    sys.stdout.write(f"METRC was read for {arguments.license} (run {run_id}).\n")
    return 0
