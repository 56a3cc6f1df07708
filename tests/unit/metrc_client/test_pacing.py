"""Pacing: limits on reads that hold across threads and processes, and outlive a kill."""

from __future__ import annotations

import os
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from metrc_client import endpoints
from metrc_client.client import MetrcClient
from metrc_client.pacing import Limits, Pacing
from tests.unit.metrc_client.conftest import VENDOR_KEY
from tests.unit.metrc_client.scripted_host import answer, answer_json, page, scripted

MFG, DIST = "CDPH-19990001", "C11-9990001-LIC"
WIDE = Limits(per_second=10_000, at_once=50)

CHILD = """
import sys, time
from pathlib import Path
from metrc_client.pacing import Limits, Pacing
folder, license_number, per_second, at_once, reads, hold_seconds = sys.argv[1:]
limits = Limits(per_second=int(per_second), at_once=int(at_once))
pacing = Pacing(Path(folder), facility=limits, vendor=Limits(per_second=10_000, at_once=50))
sys.stdout.write("ready\\n"); sys.stdout.flush(); sys.stdin.readline()
for _ in range(int(reads)):
    with pacing.read(vendor_key="vendor", license_number=license_number):
        began = time.monotonic()
        sys.stdout.write("in\\n"); sys.stdout.flush()
        time.sleep(float(hold_seconds))
        sys.stdout.write(f"{began} {time.monotonic()}\\n"); sys.stdout.flush()
"""


@contextmanager
def readers(
    folder: Path, count: int, *, per_second: int, at_once: int, reads: int, hold_seconds: float
) -> Iterator[list[subprocess.Popen[str]]]:
    """Start processes that read under the same limits, all at the same moment."""
    words = [MFG, str(per_second), str(at_once), str(reads), str(hold_seconds)]
    started = [
        subprocess.Popen(
            [sys.executable, "-c", CHILD, str(folder), *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(count)
    ]
    try:
        for process in started:
            assert process.stdout is not None and process.stdin is not None
            assert process.stdout.readline() == "ready\n"
        for process in started:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        yield started
    finally:
        for process in started:
            process.kill()
            process.communicate(timeout=10)


def spans(processes: list[subprocess.Popen[str]]) -> list[tuple[float, float]]:
    """Return when each read began and ended, of all processes, in order."""
    lines = [
        line for process in processes for line in process.communicate(timeout=30)[0].split("\n")
    ]
    pairs = [line.split() for line in lines if " " in line]
    return sorted((float(began), float(ended)) for began, ended in pairs)


def most_at_once(found: list[tuple[float, float]]) -> int:
    edges = sorted([(began, 1) for began, _ in found] + [(ended, -1) for _, ended in found])
    running = [sum(step for _, step in edges[: n + 1]) for n in range(len(edges))]
    return max(running)


def test_two_processes_together_keep_one_pace(tmp_path: Path) -> None:
    with readers(tmp_path, 2, per_second=50, at_once=10, reads=20, hold_seconds=0) as processes:
        found = spans(processes)
    assert len(found) == 40
    # Forty turns, a fiftieth of a second apart; alone each would need half. On a busy machine the
    # first may be late in telling that it began.
    assert found[-1][0] - found[0][0] >= 39 / 50 - 0.25


def test_two_processes_together_keep_to_the_slots(tmp_path: Path) -> None:
    with readers(tmp_path, 2, per_second=10_000, at_once=1, reads=6, hold_seconds=0.02) as both:
        found = spans(both)
    assert len(found) == 12
    assert most_at_once(found) == 1


def test_without_a_common_slot_the_same_processes_do_overlap(tmp_path: Path) -> None:
    with readers(tmp_path, 2, per_second=10_000, at_once=2, reads=6, hold_seconds=0.05) as both:
        found = spans(both)
    assert most_at_once(found) == 2


def test_a_killed_process_leaves_its_slot_free(tmp_path: Path) -> None:
    only = Limits(per_second=10_000, at_once=1)
    pacing = Pacing(tmp_path, facility=only, vendor=WIDE)
    with readers(tmp_path, 1, per_second=10_000, at_once=1, reads=1, hold_seconds=60) as (child,):
        assert child.stdout is not None
        assert child.stdout.readline() == "in\n"
        entered = threading.Event()

        def enter() -> None:
            with pacing.read(vendor_key="vendor", license_number=MFG):
                entered.set()

        thread = threading.Thread(target=enter)
        thread.start()
        assert not entered.wait(0.2)
        os.kill(child.pid, signal.SIGKILL)
        assert entered.wait(5)
        thread.join(5)


def test_threads_of_one_process_share_the_slots_too(tmp_path: Path) -> None:
    pacing = Pacing(tmp_path, facility=Limits(per_second=10_000, at_once=2), vendor=WIDE)
    found: list[tuple[float, float]] = []

    def enter() -> None:
        with pacing.read(vendor_key="vendor", license_number=MFG):
            began = time.monotonic()
            time.sleep(0.02)
            found.append((began, time.monotonic()))

    threads = [threading.Thread(target=enter) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(found) == 8
    assert most_at_once(found) == 2


def test_all_facilities_together_keep_the_pace_of_the_vendor_key(tmp_path: Path) -> None:
    pacing = Pacing(tmp_path, facility=WIDE, vendor=Limits(per_second=100, at_once=30))
    began = time.monotonic()
    for number in range(11):
        with pacing.read(vendor_key="vendor", license_number=f"C10-999000{number}-LIC"):
            pass
    assert time.monotonic() - began >= 0.1


def test_who_waits_for_a_busy_facility_holds_no_slot_of_the_vendor_key(tmp_path: Path) -> None:
    one = Limits(per_second=10_000, at_once=1)
    pacing = Pacing(tmp_path, facility=one, vendor=Limits(per_second=10_000, at_once=2))
    with pacing.read(vendor_key="vendor", license_number=MFG):
        waiting = threading.Thread(
            target=lambda: pacing.read(vendor_key="vendor", license_number=MFG).__enter__()
        )
        waiting.daemon = True
        waiting.start()
        time.sleep(0.1)
        began = time.monotonic()
        with pacing.read(vendor_key="vendor", license_number=DIST):
            pass
        assert time.monotonic() - began < 0.5
    waiting.join(5)


def _seconds_for(pacing: Pacing, reads: int) -> float:
    began = time.monotonic()
    for _ in range(reads):
        with pacing.read(vendor_key="vendor", license_number=MFG):
            pass
    return time.monotonic() - began


def test_a_refusal_slows_the_facility_once_a_second_and_no_more(tmp_path: Path) -> None:
    seconds = []
    for name in ("first", "second", "third"):
        pacing = Pacing(tmp_path / name, facility=Limits(per_second=100, at_once=9), vendor=WIDE)
        for _ in range(5):
            pacing.rest(0, vendor_key="vendor", license_number=MFG)
        seconds.append(_seconds_for(pacing, 21))
    # Twenty turns of 12.5 milliseconds; without slowing of 10, slowed five times of 30. The
    # fastest of three, because a busy machine adds to each.
    assert 0.245 <= min(seconds) < 0.5


def test_a_rest_holds_back_one_facility_and_no_other(tmp_path: Path) -> None:
    pacing = Pacing(tmp_path, facility=WIDE, vendor=WIDE)
    pacing.rest(0.3, vendor_key="vendor", license_number=MFG)
    began = time.monotonic()
    with pacing.read(vendor_key="vendor", license_number=DIST):
        assert time.monotonic() - began < 0.2
    with pacing.read(vendor_key="vendor", license_number=MFG):
        assert time.monotonic() - began >= 0.3


def test_metrcs_retry_after_is_kept_by_every_client_of_the_facility(
    metrc: Callable[..., MetrcClient], tmp_path: Path
) -> None:
    pacing = Pacing(tmp_path, facility=WIDE, vendor=WIDE)
    with scripted(answer(429, retry_after="0.4"), page([])) as host:
        first = metrc(host.address, pacing=pacing)
        other = metrc(host.address, pacing=pacing)
        began = time.monotonic()
        first.rows(endpoints.EMPLOYEES, license_number=MFG)
        assert time.monotonic() - began >= 0.4
        pacing.rest(0.3, vendor_key=VENDOR_KEY, license_number=MFG)
        began = time.monotonic()
        other.rows(endpoints.EMPLOYEES, license_number=MFG)
        assert time.monotonic() - began >= 0.3


@pytest.mark.parametrize(
    "stored",
    [
        b"",
        b"abc",
        struct.pack("ddd", 1e12, 1.0, 0.0),
        struct.pack("ddd", float("nan"), 1.0, 0.0),
        struct.pack("ddd", 0.0, 1e9, 0.0),
        struct.pack("ddd", 0.0, float("nan"), 0.0),
    ],
)
def test_a_pace_from_before_a_restart_or_a_broken_one_stops_nobody(
    tmp_path: Path, stored: bytes
) -> None:
    pacing = Pacing(tmp_path, facility=WIDE, vendor=WIDE)
    with pacing.read(vendor_key="vendor", license_number=MFG):
        pass
    for path in tmp_path.glob("*/pace"):
        path.write_bytes(stored)
    began = time.monotonic()
    with pacing.read(vendor_key="vendor", license_number=MFG):
        assert time.monotonic() - began < 1
    with pacing.read(vendor_key="vendor", license_number=MFG):
        assert time.monotonic() - began < 1


def test_no_key_is_written_into_the_folder(
    metrc: Callable[..., MetrcClient], tmp_path: Path
) -> None:
    pacing = Pacing(tmp_path, facility=WIDE, vendor=WIDE)
    with scripted(answer_json([])) as host:
        metrc(host.address, pacing=pacing).one(endpoints.FACILITIES)
    files = [path for path in tmp_path.rglob("*")]
    assert len(files) >= 4
    written = b"".join(path.read_bytes() for path in files if path.is_file())
    assert VENDOR_KEY.encode() not in written
    assert not [path for path in files if VENDOR_KEY in str(path)]


def test_a_limit_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least one read"):
        Pacing(tmp_path, facility=Limits(per_second=50, at_once=0), vendor=WIDE)
