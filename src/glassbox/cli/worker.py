"""`glassbox worker`: the only process that talks to METRC."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import threading

from django.conf import settings
from django.db import connections
from procrastinate import App
from procrastinate.contrib.django import app
from procrastinate.exceptions import ConnectorException, UniqueViolation
from procrastinate.jobs import Status
from procrastinate.manager import JobManager

from glassbox import clock
from glassbox.cli.start_check import require_sound
from glassbox.operations.timetable import defer_due_jobs
from glassbox.rules.actor import system_actor

POLL_SECONDS = 1.0
JOBS_AT_ONCE = 4
HEARTBEATS = 5

log = logging.getLogger(__name__)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options; it has none."""


def run(arguments: argparse.Namespace) -> int:
    """Work until told to stop; a job under way is finished first."""
    require_sound("worker")
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
    dead_after_seconds = settings.WORKER_DEAD_AFTER_SECONDS
    async with worker_app.open_async():
        taking_over = asyncio.create_task(_take_over(worker_app, dead_after_seconds))
        try:
            await worker_app.run_worker_async(
                concurrency=JOBS_AT_ONCE,
                fetch_job_polling_interval=0.5,
                shutdown_graceful_timeout=30,
                delete_jobs="successful",
                update_heartbeat_interval=dead_after_seconds / HEARTBEATS,
                stalled_worker_timeout=dead_after_seconds,
            )
        finally:
            taking_over.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await taking_over


async def _take_over(worker_app: App, dead_after_seconds: float) -> None:
    """Put what a dead worker had begun back into the queue.

    Every job may begin again: a send looks before it sends, a read goes on at its cursor.
    """
    while True:
        try:
            await _take_over_once(worker_app.job_manager, dead_after_seconds)
        except ConnectorException:
            # The database may be away for a moment; the next look comes soon.
            log.exception("The jobs of dead workers could not be taken over")
        await asyncio.sleep(dead_after_seconds / 2)


async def _take_over_once(jobs: JobManager, dead_after_seconds: float) -> None:
    for job in await jobs.get_stalled_jobs(seconds_since_heartbeat=dead_after_seconds):
        try:
            await jobs.retry_job(job)
        except UniqueViolation:
            # The same work waits in the queue already; one of the two is enough.
            await jobs.finish_job(job, status=Status.FAILED, delete_job=True)


def _keep_timetable(stop: threading.Event) -> None:
    while not stop.wait(POLL_SECONDS):
        try:
            defer_due_jobs(actor=system_actor("timetable"), now=clock.now())
        except Exception:
            # The database may be away for a moment; the next look is a second later.
            log.exception("The timetable could not be kept")
        finally:
            connections.close_all()
