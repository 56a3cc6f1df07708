"""How a world of a size is built and served, beside world demo on the same machine.

Run `python bench/sized_worlds.py m` or `l`: it builds the world into a file, serves it, and prints
each number beside its limit, one JSON line, and exits 1 when a limit is broken.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from measure import resident_bytes, tell

from metrc_simulator.worlds.demo.diary import MFG

BUILD_SECONDS_AT_MOST = {"m": 120, "l": 1_200}
MEMORY_BYTES_AT_MOST = 2 * 1024**3
PAGE_RATIO_AT_MOST = 1.5
ROUNDS = 150
PAGING = {"licenseNumber": MFG, "pageNumber": "1", "pageSize": "20"}
# With a window that holds the whole past, a page is full in every world.
SWITCH = ["--switch", "window_hours_at_most=none"]
PAGES = {
    "active": ("/packages/v2/active", {"lastModifiedStart": "2000-01-01"}),
    "inactive": ("/packages/v2/inactive", {"lastModifiedStart": "2000-01-01"}),
    "adjustments": ("/packages/v2/adjustments", {}),
}


@contextmanager
def served(*options: str) -> Iterator[tuple[str, int]]:
    """Serve a world in its own process, yield its address and process id, and end it."""
    command = [sys.executable, "-m", "metrc_simulator", "serve", *options, *SWITCH]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["address"], process.pid
    finally:
        process.terminate()
        process.wait(60)


def median_seconds(address: str) -> dict[str, float]:
    """Return the median time of each page, on one connection."""
    connection = HTTPConnection(urlsplit(address).netloc, timeout=120)
    keys = _asked(connection, "/desk/api/keys", "")
    user = next(one for one in keys["users"] if one["name"] == "Sync MFG")
    pair = b64encode(f"{keys['vendorKey']}:{user['userKey']}".encode()).decode()
    found = {}
    for name, (path, query) in PAGES.items():
        target = f"{path}?{urlencode(PAGING | query)}"
        assert _asked(connection, target, pair)["RecordsOnPage"] == 20, (address, name)
        times = []
        for _ in range(ROUNDS):
            began = time.perf_counter()
            _read(connection, target, pair)
            times.append(time.perf_counter() - began)
        found[name] = statistics.median(times)
    connection.close()
    return found


def _read(connection: HTTPConnection, target: str, pair: str) -> bytes:
    connection.request("GET", target, headers={"Authorization": f"Basic {pair}"} if pair else {})
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == 200, (target, answer.status, body[:200])
    return body


def _asked(connection: HTTPConnection, target: str, pair: str) -> Any:
    return json.loads(_read(connection, target, pair))


def main() -> int:
    """Build, serve and measure; returns the exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("world", choices=sorted(BUILD_SECONDS_AT_MOST))
    world = parser.parse_args().world
    with tempfile.TemporaryDirectory() as folder:
        state = str(Path(folder) / "state.db")
        began = time.monotonic()
        build = [sys.executable, "-m", "metrc_simulator", "worlds", world, "--state", state]
        subprocess.run(build, check=True, timeout=3_600, stdout=subprocess.DEVNULL)
        seconds = time.monotonic() - began
        size = Path(state).stat().st_size
        with served("--world", "demo") as (demo, _), served("--state", state) as (sized, process):
            here, there = median_seconds(demo), median_seconds(sized)
            memory = resident_bytes(process)
    ratios = {name: round(there[name] / here[name], 3) for name in PAGES}
    found = {
        "bench": "sized_worlds",
        "world": world,
        "file_bytes": size,
        "build_seconds": round(seconds, 1),
        "build_seconds_at_most": BUILD_SECONDS_AT_MOST[world],
        "memory_bytes": memory,
        "memory_bytes_at_most": MEMORY_BYTES_AT_MOST,
        "page_ratios": ratios,
        "page_ratio_at_most": PAGE_RATIO_AT_MOST,
    }
    found["held"] = (
        seconds <= BUILD_SECONDS_AT_MOST[world]
        and memory <= MEMORY_BYTES_AT_MOST
        and max(ratios.values()) <= PAGE_RATIO_AT_MOST
    )
    return tell(found)


if __name__ == "__main__":
    raise SystemExit(main())
