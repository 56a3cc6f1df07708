"""Folders of one run of the tests; those of runs that were killed are removed by the next."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path

# Between a folder's making and its lock it looks like a dead run's.
YOUNG_SECONDS = 600.0


def own_folder(prefix: str, within: Path | None = None) -> Path:
    """Make a folder that is locked while this process lives; remove what dead ones left beside it."""
    remove_leftovers(prefix, within)
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=within))
    # Never closed: the lock ends with the process, however that ends.
    fcntl.flock(os.open(folder, os.O_RDONLY), fcntl.LOCK_EX)
    return folder


def remove_leftovers(prefix: str, within: Path | None = None) -> None:
    """Remove every folder of that name which nobody holds any more."""
    for left in Path(within or tempfile.gettempdir()).glob(f"{prefix}*"):
        with suppress(OSError):
            descriptor = os.open(left, os.O_RDONLY)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if time.time() - left.stat().st_mtime > YOUNG_SECONDS:
                    shutil.rmtree(left, ignore_errors=True)
            finally:
                os.close(descriptor)
