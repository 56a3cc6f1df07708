"""Workers of a torture: forked processes that run the shipped timetable, queue and jobs once over."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.db import connections
from procrastinate import PsycopgConnector
from procrastinate.contrib.django import app, utils

from glassbox import clock
from glassbox.operations.timetable import defer_due_jobs
from glassbox.rules.actor import system_actor

PATIENCE_SECONDS = 60.0
CONNECTIONS_AT_MOST = 4


@dataclass
class Forked:
    """One worker process; it looks once at what is due, does it, and ends."""

    pid: int
    is_over: bool = False
    killed_by: int = 0

    def wait(self, *, for_stop: bool = False) -> bool:
        """Wait until it has ended, or stopped if `for_stop`; return whether it stopped."""
        ends = time.monotonic() + PATIENCE_SECONDS
        flags = os.WNOHANG | (os.WUNTRACED if for_stop else 0)
        while not self.is_over:
            pid, status = os.waitpid(self.pid, flags)
            if pid and os.WIFSTOPPED(status):
                return True
            if pid:
                self.is_over = True
                self.killed_by = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
            elif time.monotonic() > ends:
                self.end()
                raise AssertionError(f"a worker did not end within {PATIENCE_SECONDS:.0f} s")
            else:
                time.sleep(0.002)
        return False

    def signal(self, number: int) -> None:
        """Send a signal to it and to nobody else."""
        if not self.is_over:
            os.kill(self.pid, number)

    def end(self) -> None:
        """End it whatever it does."""
        if not self.is_over:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self.is_over = True


def start_worker(*, kill_at: str = "", stop_at: str = "") -> Forked:
    """Fork a worker that dies by SIGKILL, or stops, where it is asked to."""
    # A connection that two processes share would be closed for both.
    connections["default"].close()
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return Forked(pid)
    _run_child(lambda: _work_once(kill_at, stop_at))
    raise AssertionError("a child never returns")


def _run_child(work: Callable[[], None]) -> None:
    code = 1
    try:
        work()
        code = 0
    finally:
        os._exit(code)


def _work_once(kill_at: str, stop_at: str) -> None:
    for name, point in (("GLASSBOX_KILL_AT", kill_at), ("GLASSBOX_STOP_AT", stop_at)):
        if point:
            os.environ[name] = point
    assert not settings.IS_PRODUCTION
    with contextlib.suppress(Exception):
        defer_due_jobs(actor=system_actor("timetable"), now=clock.now())
    connections.close_all()
    with contextlib.suppress(Exception):
        asyncio.run(_drain())


async def _drain() -> None:
    # The pool's usual four connections, each with its scram, would take longer than the work.
    connector = PsycopgConnector(
        kwargs=utils.connector_params("default"), min_size=1, max_size=CONNECTIONS_AT_MOST
    )
    worker_app = app.with_connector(connector)
    async with worker_app.open_async():
        await worker_app.run_worker_async(
            wait=False, concurrency=1, delete_jobs="successful", listen_notify=False
        )
