"""die_with_parent(): a child that the kernel ends when its parent is gone, however it went."""

from __future__ import annotations

import ctypes
import signal
import sys

PR_SET_PDEATHSIG = 1

# Loaded in the parent: between fork and exec a child must not import or allocate much.
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent() -> None:
    """Ask the kernel to end this process when its parent dies, even by kill -9.

    For use between fork and exec. PostgreSQL takes SIGINT as a fast shut-down, and so do ours.
    """
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGINT)
