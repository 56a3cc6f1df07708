"""Named places of a send at which a test may kill the worker, to see what the next one does."""

from __future__ import annotations

import os
import signal

from django.conf import settings


def reach(name: str) -> None:
    """Die here, as by kill -9, if a test asked for it. In production nothing is ever asked."""
    if os.environ.get("GLASSBOX_KILL_AT") == name and not settings.IS_PRODUCTION:
        os.kill(os.getpid(), signal.SIGKILL)
