"""Whether the client's memory stays flat while it walks a very long list.

Run `python bench/client_memory.py [--rows 1000000]`: a list is read window by window, without
pacing, and the process is measured after the first tenth and at the end. It prints both beside the
limit, one JSON line, and exits 1 when the limit is broken.
"""

from __future__ import annotations

import argparse
import multiprocessing
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from urllib.parse import parse_qs

from measure import resident_bytes, tell

from metrc_client.client import PAGE_SIZE, MetrcClient
from metrc_client.endpoints import PACKAGES_INACTIVE
from metrc_client.windows import cut
from metrc_simulator.answers import Answer, page
from metrc_simulator.http_server import SimulatorServer
from metrc_simulator.shapes import blank
from metrc_simulator.wire import encode

WINDOWS = 50
GROWTH_AT_MOST = 1.1


def serve(pipe: Connection) -> None:
    """Answer every page of a window that has as many rows as the parent names."""
    total = pipe.recv()
    rows = [encode(blank("package", Label=f"1A406030000000100{n:07d}")) for n in range(PAGE_SIZE)]

    def answer(request: object) -> Answer:
        query = parse_qs(getattr(request, "query", ""))
        return page(rows, total, int(query["pageNumber"][0]), PAGE_SIZE)

    server = SimulatorServer(0, answer)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    pipe.send(server.address)
    pipe.recv()
    server.stop()
    thread.join()


@contextmanager
def host(rows_per_window: int) -> Iterator[str]:
    """Run the server in its own process and end it with the block."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.Process(target=serve, args=(there,))
    process.start()
    here.send(rows_per_window)
    try:
        yield here.recv()
    finally:
        here.send("stop")
        process.join(10)


def main() -> int:
    """Walk the list and print what it cost; returns the exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows_per_window = parser.parse_args().rows // WINDOWS
    until = datetime(2026, 11, 24, tzinfo=UTC)
    windows = cut(until - timedelta(days=WINDOWS), until, overlap=timedelta(0))
    read, early, began = 0, 0, time.monotonic()
    with (
        host(rows_per_window) as address,
        MetrcClient(address, vendor_key="v", user_key="u", license_number="CDPH-19990001") as metrc,
    ):
        for number, window in enumerate(windows, start=1):
            for answer in metrc.pages(PACKAGES_INACTIVE, window=window):
                read += len(answer.rows)
            if number == WINDOWS // 10:
                early = resident_bytes()
        late = resident_bytes()
    growth = late / early
    found = {
        "bench": "client_memory",
        "rows": read,
        "bytes_after_a_tenth": early,
        "bytes_at_the_end": late,
        "growth": round(growth, 3),
        "growth_at_most": GROWTH_AT_MOST,
        "seconds": round(time.monotonic() - began, 1),
        "held": growth <= GROWTH_AT_MOST,
    }
    return tell(found)


if __name__ == "__main__":
    raise SystemExit(main())
