"""Named places of a send at which a test may kill or stop the worker, to see what the next one does."""

from __future__ import annotations

import os
import signal
import time

from django.conf import settings

STOPS_WITHIN_SECONDS = 0.2


def reach(name: str) -> None:
    """Die here, as by kill -9, or stop as a paused machine does, if a test asked for it.

    In production nothing is ever asked.
    """
    if settings.IS_PRODUCTION:
        return
    if os.environ.get("GLASSBOX_KILL_AT") == name:
        os.kill(os.getpid(), signal.SIGKILL)
    if os.environ.get("GLASSBOX_STOP_AT") == name:
        del os.environ["GLASSBOX_STOP_AT"]
        os.kill(os.getpid(), signal.SIGSTOP)
        # Another thread may take the signal: this one must not run on for the moment that takes.
        time.sleep(STOPS_WITHIN_SECONDS)
