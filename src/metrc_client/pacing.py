"""Pacing: METRC's limits on reads, shared by every thread and process of one machine."""

from __future__ import annotations

import fcntl
import hashlib
import os
import random
import struct
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

# While every slot is taken or the pace is kept: how long to sleep before looking again.
LOOK_AGAIN_SECONDS = 0.004
# A stored time further ahead than this is from before a restart of the machine.
AHEAD_AT_MOST_SECONDS = 10.0


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How many reads a second, and how many at once."""

    per_second: int
    at_once: int


class Pacing:
    """The two limits of METRC: per facility, and per vendor key over all facilities.

    Kept in files under a folder: a slot is a lock on a file, which the kernel releases when a
    process is killed; the pace is the time of the next read, eight bytes under a lock.
    """

    def __init__(self, folder: Path, *, facility: Limits, vendor: Limits) -> None:
        self.folder = folder
        self.facility = facility
        self.vendor = vendor

    @contextmanager
    def read(self, *, vendor_key: str, license_number: str) -> Iterator[None]:
        """Hold a slot of the facility and one of the vendor key, and wait for their pace."""
        with ExitStack() as held:
            for name, limits in (
                (f"vendor-{_hashed(vendor_key)}", self.vendor),
                (f"facility-{_hashed(license_number)}", self.facility),
            ):
                folder = self.folder / name
                folder.mkdir(parents=True, exist_ok=True)
                held.enter_context(_slot(folder, limits.at_once))
                _wait_for_pace(folder / "pace", limits.per_second)
            yield


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@contextmanager
def _slot(folder: Path, count: int) -> Iterator[None]:
    first = random.randrange(count)
    while True:
        for offset in range(count):
            path = folder / f"slot-{(first + offset) % count}"
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                continue
            try:
                yield
            finally:
                os.close(descriptor)
            return
        time.sleep(LOOK_AGAIN_SECONDS)


def _wait_for_pace(path: Path, per_second: int) -> None:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        now = time.monotonic()
        stored = os.pread(descriptor, 8, 0)
        turn = struct.unpack("d", stored)[0] if len(stored) == 8 else now
        turn = now if turn > now + AHEAD_AT_MOST_SECONDS else max(turn, now)
        os.pwrite(descriptor, struct.pack("d", turn + 1 / per_second), 0)
    finally:
        os.close(descriptor)
    time.sleep(max(0.0, turn - time.monotonic()))
