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
# METRC's Retry-After is kept up to here; whoever is asked for more gives up and comes back later.
REST_AT_MOST_SECONDS = 60.0
# A stored time further ahead than this is from before a restart of the machine.
AHEAD_AT_MOST_SECONDS = 2 * REST_AT_MOST_SECONDS
# Refused, a facility's pace slows by this factor, once for all refusals of the same second, and
# finds back by this share a second: METRC may allow less than it says, and does not say how much.
SLOWER_BY = 1.25
SLOWNESS_AT_MOST = 20.0
RECOVERY_PER_SECOND = 0.01


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How many reads a second, and how many at once."""

    per_second: int
    at_once: int


class Pacing:
    """The two limits of METRC: per facility, and per vendor key over all facilities.

    Kept in files under a folder: a slot is a lock on a file, which the kernel releases when a
    process is killed; the pace is the time of the next read and how slow it is, under a lock. A key is
    known there by its hash alone.
    """

    def __init__(self, folder: Path, *, facility: Limits, vendor: Limits) -> None:
        if min(facility.per_second, facility.at_once, vendor.per_second, vendor.at_once) < 1:
            raise ValueError("A limit of METRC's pace is at least one read.")
        self.folder = folder
        self.facility = facility
        self.vendor = vendor

    @contextmanager
    def read(self, *, vendor_key: str, license_number: str) -> Iterator[None]:
        """Hold a slot of the facility and one of the vendor key, and wait for their pace.

        The facility's comes first: who waits for a busy facility must not sit on a slot that the
        other facilities of the same vendor key could use.
        """
        with ExitStack() as held:
            for name, limits in (
                (_facility(vendor_key, license_number), self.facility),
                (f"vendor-{_hashed(vendor_key)}", self.vendor),
            ):
                folder = self._folder(name)
                held.enter_context(_slot(folder, limits.at_once))
                _wait_for_pace(folder / "pace", limits.per_second)
            yield

    def rest(self, seconds: float, *, vendor_key: str, license_number: str) -> None:
        """Let no read of the facility begin for `seconds`, and the next ones more slowly.

        METRC refused one and asked for it.
        """
        wait = min(max(seconds, 0.0), REST_AT_MOST_SECONDS)
        path = self._folder(_facility(vendor_key, license_number)) / "pace"
        with _next_turn(path) as turn:
            now = time.monotonic()
            turn.at = max(turn.at, now + wait)
            if now >= turn.slowed_at + 1:
                turn.slowness = min(turn.slowness * SLOWER_BY, SLOWNESS_AT_MOST)
                turn.slowed_at = now

    def _folder(self, name: str) -> Path:
        folder = self.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder


def _facility(vendor_key: str, license_number: str) -> str:
    # What METRC answers without a licence it counts by the key.
    return f"facility-{_hashed(license_number or 'no licence ' + vendor_key)}"


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


# The next turn, the slowness, and when it was last slowed.
_STORED = struct.Struct("ddd")


@dataclass
class _Turn:
    """When the next read may begin, on the machine's monotonic clock, and how slow the pace is."""

    at: float
    slowness: float = 1.0
    slowed_at: float = 0.0


@contextmanager
def _next_turn(path: Path) -> Iterator[_Turn]:
    """Hold the file of a pace, and keep in it what becomes of its next turn."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        now = time.monotonic()
        turn = _sound(os.pread(descriptor, _STORED.size, 0), now)
        yield turn
        os.pwrite(descriptor, _STORED.pack(turn.at, turn.slowness, turn.slowed_at), 0)
    finally:
        os.close(descriptor)


def _sound(stored: bytes, now: float) -> _Turn:
    """Return the stored turn, or a new one where it is from before a restart, or broken."""
    if len(stored) != _STORED.size:
        return _Turn(at=now)
    at, slowness, slowed_at = _STORED.unpack(stored)
    # Written so that a stored "not a number" counts as unsound too.
    if at <= now + AHEAD_AT_MOST_SECONDS and 1 <= slowness <= SLOWNESS_AT_MOST and slowed_at <= now:
        return _Turn(at=max(at, now), slowness=slowness, slowed_at=slowed_at)
    return _Turn(at=now)


def _wait_for_pace(path: Path, per_second: int) -> None:
    with _next_turn(path) as turn:
        mine = turn.at
        interval_seconds = turn.slowness / per_second
        turn.at += interval_seconds
        turn.slowness = max(1.0, turn.slowness * (1 - RECOVERY_PER_SECOND * interval_seconds))
    time.sleep(max(0.0, mine - time.monotonic()))
