"""How near the client comes to METRC's limits on reading, and whether it is ever refused.

Run `python bench/client_rate.py [--requests 20000]`: worker processes read four facilities through
150 ms of latency under METRC's limits, then under one that the server has lowered. It prints what
the simulator measured beside each limit, one JSON line, and exits 1 when a limit is broken.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from measure import tell

from metrc_client import endpoints
from metrc_client.client import MetrcClient
from metrc_client.errors import RateLimited
from metrc_client.pacing import Limits, Pacing

LICENSES = ("CDPH-19990001", "C11-9990001-LIC", "CDPH-19990077", "CDPH-19990500")
PROCESSES = 3
THREADS_PER_FACILITY = 4
LATENCY_MILLISECONDS = 150
FACILITY = Limits(per_second=50, at_once=10)
VENDOR = Limits(per_second=150, at_once=30)
RATE_AT_LEAST = 0.95
LOWERED_PER_SECOND = 60
# It takes the client some refusals to learn of the lower limit.
LOWERED_REQUESTS_AT_LEAST = 1_800
LOWERED_REFUSED_SHARE_AT_MOST = 0.05
LOWERED_RATE_AT_LEAST = 0.8
WORKERS_TIMEOUT_SECONDS = 600


@contextmanager
def simulator() -> Iterator[str]:
    """Run a simulator in a process of its own, slow as a far server, and end it with the block."""
    command = [sys.executable, "-m", "metrc_simulator", "serve", "--world", "demo"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        address: str = json.loads(process.stdout.readline())["address"]
        desk(address, "faults", rules=[{"kind": "latency", "delayMs": LATENCY_MILLISECONDS}])
        yield address
    finally:
        process.terminate()
        process.wait(20)


def desk(address: str, verb: str, **payload: Any) -> Any:
    """Return the desk's answer to a verb with its fields, or to a look without any."""
    body = json.dumps(payload).encode() if payload else None
    with urlopen(Request(f"{address}/desk/api/{verb}", data=body), timeout=30) as answer:
        return json.loads(answer.read())


def run(address: str, requests: int, vendor_per_second: int) -> dict[str, Any]:
    """Let the workers make that many requests and return the simulator's measure."""
    desk(
        address,
        "limits",
        getPerSecond=FACILITY.per_second,
        concurrent=FACILITY.at_once,
        vendorGetPerSecond=vendor_per_second,
        vendorConcurrent=VENDOR.at_once,
    )
    with tempfile.TemporaryDirectory() as folder:
        share = str(requests // PROCESSES)
        command = [sys.executable, __file__, "--worker", address, folder, share]
        workers = [subprocess.Popen(command) for _ in range(PROCESSES)]
        try:
            for worker in workers:
                assert worker.wait(WORKERS_TIMEOUT_SECONDS) == 0
        finally:
            for worker in workers:
                worker.kill()
    measure: dict[str, Any] = desk(address, "limits")
    return measure


def work(address: str, folder: str, requests: int) -> None:
    """Read all four facilities as fast as the pacing lets, in threads."""
    keys = desk(address, "keys")
    pacing = Pacing(Path(folder), facility=FACILITY, vendor=VENDOR)
    turns = iter(range(requests))
    lock = threading.Lock()

    def read(license_number: str, user_key: str) -> None:
        with MetrcClient(
            address,
            vendor_key=keys["vendorKey"],
            user_key=user_key,
            license_number=license_number,
            pacing=pacing,
            read_attempts=1,
        ) as client:
            while True:
                with lock:
                    if next(turns, None) is None:
                        return
                try:
                    next(client.pages(endpoints.ADJUST_REASONS))
                except RateLimited:
                    continue

    with ThreadPoolExecutor(len(LICENSES) * THREADS_PER_FACILITY) as pool:
        done = [
            pool.submit(read, number, _holder(keys, number))
            for number in LICENSES
            for _ in range(THREADS_PER_FACILITY)
        ]
    for one in done:
        one.result()


def _holder(keys: dict[str, Any], license_number: str) -> str:
    """Return the key of somebody who may read in a licence."""
    users = (one for one in keys["users"] if license_number in one["licenses"])
    key: str = next(users)["userKey"]
    return key


def main() -> int:
    """Measure both limits and print them; returns the exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--worker", nargs=3, metavar=("ADDRESS", "FOLDER", "REQUESTS"))
    asked = parser.parse_args()
    if asked.worker:
        work(asked.worker[0], asked.worker[1], int(asked.worker[2]))
        return 0
    with simulator() as address:
        begun = time.monotonic()
        full = run(address, asked.requests, VENDOR.per_second)
        lowered = run(
            address, max(asked.requests // 5, LOWERED_REQUESTS_AT_LEAST), LOWERED_PER_SECOND
        )
        seconds = time.monotonic() - begun
    refused_share = lowered["refused"] / (lowered["granted"] + lowered["refused"])
    found = {
        "bench": "client_rate",
        "requests": full["granted"] + full["refused"],
        "refused": full["refused"],
        "refused_at_most": 0,
        "rate_ratio": round(full["grantedPerSecond"] / VENDOR.per_second, 3),
        "rate_ratio_at_least": RATE_AT_LEAST,
        "most_at_once": full["mostAtOnce"],
        "lowered_rate_ratio": round(lowered["grantedPerSecond"] / LOWERED_PER_SECOND, 3),
        "lowered_rate_ratio_at_least": LOWERED_RATE_AT_LEAST,
        "lowered_refused_share": round(refused_share, 4),
        "lowered_refused_share_at_most": LOWERED_REFUSED_SHARE_AT_MOST,
        "seconds": round(seconds, 1),
    }
    found["held"] = (
        found["refused"] == 0
        and found["rate_ratio"] >= RATE_AT_LEAST
        and found["lowered_rate_ratio"] >= LOWERED_RATE_AT_LEAST
        and refused_share <= LOWERED_REFUSED_SHARE_AT_MOST
    )
    return tell(found)


if __name__ == "__main__":
    raise SystemExit(main())
