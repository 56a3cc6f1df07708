"""A fence around a write's first byte: a process that was paused past its deadline never sends.

Between the last look at the clock and the write to the socket a machine may stand still for any
time, and nothing that runs in the process can notice. The kernel can: its timer kills the process
while it stands still, so that it does not wake into a send that others have given up.
"""

from __future__ import annotations

import contextlib
import ctypes
import math
import os
import signal
import sys
import time
from collections.abc import Callable
from types import TracebackType

# A function that fences a send until it has left; the argument is its deadline.
Fence = Callable[[float], "KilledAt"]

# Unlike the monotonic clock it goes on while a machine sleeps (time.h of Linux).
_CLOCK_BOOTTIME = 7
_SIGNAL_THE_PROCESS = 0
_SECOND_NANOSECONDS = 1_000_000_000


class _Event(ctypes.Structure):
    """`struct sigevent` of Linux, which is 64 bytes long."""

    _fields_ = (
        ("value", ctypes.c_void_p),
        ("signal", ctypes.c_int),
        ("notify", ctypes.c_int),
        ("rest", ctypes.c_byte * (64 - ctypes.sizeof(ctypes.c_void_p) - 2 * 4)),
    )


class _Times(ctypes.Structure):
    """`struct itimerspec`: the interval, which stays zero, and the time until it rings."""

    _fields_ = (
        ("every_seconds", ctypes.c_long),
        ("every_nanoseconds", ctypes.c_long),
        ("seconds", ctypes.c_long),
        ("nanoseconds", ctypes.c_long),
    )


class KilledAt:
    """Kills this process, with all its threads, at a deadline of the monotonic clock.

    It does so even while the process is stopped. Leaving the context ends the danger. Only Linux
    has such a timer: elsewhere nothing is killed, and the look at the clock is all there is.

    :raises OSError: if the kernel gives no timer
    """

    def __init__(self, deadline: float) -> None:
        self._timer: ctypes.c_void_p | None = None
        if sys.platform != "linux":
            return
        self._library = ctypes.CDLL(None, use_errno=True)
        timer = ctypes.c_void_p()
        event = _Event(signal=signal.SIGKILL, notify=_SIGNAL_THE_PROCESS)
        self._call("timer_create", _CLOCK_BOOTTIME, ctypes.byref(event), ctypes.byref(timer))
        self._timer = timer
        # Zero would mean never.
        left = max(math.ceil((deadline - time.monotonic()) * _SECOND_NANOSECONDS), 1)
        seconds, nanoseconds = divmod(left, _SECOND_NANOSECONDS)
        times = _Times(seconds=seconds, nanoseconds=nanoseconds)
        try:
            self._call("timer_settime", timer, 0, ctypes.byref(times), None)
        except OSError:
            self.end()
            raise

    def __enter__(self) -> KilledAt:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()

    def end(self) -> None:
        """End the danger; harmless when it has ended."""
        timer, self._timer = self._timer, None
        if timer is not None:
            with contextlib.suppress(OSError):
                self._call("timer_delete", timer)

    def _call(self, name: str, *arguments: object) -> None:
        if getattr(self._library, name)(*arguments):
            number = ctypes.get_errno()
            raise OSError(number, f"{name}: {os.strerror(number)}")
