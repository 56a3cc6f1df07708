"""`glassbox worker`: the only process that talks to METRC."""

from __future__ import annotations

import argparse
import asyncio
import logging
import threading

from django.db import connections
from procrastinate.contrib.django import app

from glassbox import clock
from glassbox.operations.timetable import defer_due_jobs
from glassbox.rules.actor import system_actor

POLL_SECONDS = 1.0
JOBS_AT_ONCE = 4

log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options; it has none."""


def run(arguments: argparse.Namespace) -> int:
    """Work until told to stop; a job under way is finished first."""
    stop = threading.Event()
    timetable = threading.Thread(target=_keep_timetable, args=(stop,), name="timetable")
    timetable.start()
    try:
        asyncio.run(_work())
    finally:
        stop.set()
        timetable.join()
    return 0


async def _work() -> None:
    worker_app = app.with_connector(app.connector.get_worker_connector())  # type: ignore[attr-defined]
    async with worker_app.open_async():
        await worker_app.run_worker_async(
            concurrency=JOBS_AT_ONCE,
            fetch_job_polling_interval=0.5,
            shutdown_graceful_timeout=30,
            delete_jobs="successful",
        )


def _keep_timetable(stop: threading.Event) -> None:
    while not stop.wait(POLL_SECONDS):
        try:
            defer_due_jobs(actor=system_actor("timetable"), now=clock.now())
        except Exception:
            # The database may be away for a moment; the next look is a second later.
            log.exception("The timetable could not be kept")
        finally:
            connections.close_all()
