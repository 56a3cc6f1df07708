"""`glassbox sync --license NUMBER`: have METRC read once, now, and show how far it is."""

from __future__ import annotations

import argparse
import sys
import time

from rich.progress import Progress, TaskID

from glassbox import clock
from glassbox.operations.sync.ask import ask_for_sync
from glassbox.operations.sync.feeds import NAMES
from glassbox.queries.licenses import license_id_of
from glassbox.queries.sync_runs import SyncProgress, sync_progress
from glassbox.rules.actor import Actor, system_actor
from glassbox.rules.verdicts import Refused

LOOK_AGAIN_SECONDS = 0.3


class NobodyReads(Refused):
    """No worker took the job, or the one that had taken it is gone."""

    code = "sync.nobody-reads"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the licence, the part to read, and how long to wait for a worker."""
    parser.add_argument("--license", required=True, metavar="NUMBER")
    parser.add_argument(
        "--feed",
        action="append",
        default=[],
        metavar="NAME",
        help="read only this list of METRC, as the sync page names it; may be repeated",
    )
    parser.add_argument(
        "--wait",
        type=float,
        default=30.0,
        metavar="SECONDS",
        help="how long to wait for a sign of life from the worker (30)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Queue a sync for the worker, which alone talks to METRC, and follow it.

    :raises NobodyReads: if the worker shows no life; the job stays in the queue
    """
    actor = system_actor("command line")
    license_id = license_id_of(actor=actor, number=arguments.license)
    feeds = frozenset(arguments.feed) or NAMES
    before = ask_for_sync(actor=actor, license_id=license_id, feeds=feeds, now=clock.now())
    with Progress(transient=True) as progress:
        task = progress.add_task("Waiting for the worker", total=None)
        ended = _follow(actor, license_id, before, arguments.wait, progress, task)
    if ended.error:
        sys.stderr.write(f"glassbox: {ended.error}\n")
        return 2
    sys.stdout.write(
        f"METRC was read for {arguments.license} (run {ended.run_id}): "
        f"{sum(count for _, count in ended.counts):,} records are new or changed.\n"
    )
    return 0


def _rest(found: SyncProgress) -> str:
    """Return how long the rest takes, where it is known and worth saying."""
    if found.left is None or found.left.total_seconds() < 1:
        return ""
    seconds = round(found.left.total_seconds())
    return f", about {seconds // 60} min {seconds % 60} s left"


def _follow(
    actor: Actor,
    license_id: int,
    before: int,
    wait_seconds: float,
    progress: Progress,
    task: TaskID,
) -> SyncProgress:
    """Watch the run that follows `before`, or that one itself if it is still under way."""
    seen, changed = None, time.monotonic()
    while True:
        found = sync_progress(actor=actor, license_id=license_id, after_run_id=before)
        if found is not None:
            if not found.is_running:
                return found
            before = found.run_id - 1
        if found != seen:
            seen, changed = found, time.monotonic()
        if found is not None:
            progress.update(
                task,
                description=f"Reading METRC: {len(found.counts)} lists read{_rest(found)}",
                completed=found.steps_done,
                total=found.steps_planned or None,
            )
        if time.monotonic() - changed > wait_seconds + (60 if found else 0):
            raise NobodyReads(
                f"No worker showed life for {wait_seconds:g} s. Start one with `glassbox worker`; "
                "the job waits in the queue."
            )
        time.sleep(LOOK_AGAIN_SECONDS)
