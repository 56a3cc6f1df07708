"""How fast a page of packages is, as a ratio to constant bytes on the same server.

Run `python bench/simulator_pages.py`: it prints a table and one JSON line, and exits 1 when the
ratio is below what the simulator must hold.
"""

from __future__ import annotations

import base64
import multiprocessing
import socket
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from multiprocessing.connection import Connection

from measure import tell

from metrc_simulator.answers import Answer
from metrc_simulator.engine import Engine
from metrc_simulator.http_server import SimulatorServer
from metrc_simulator.laws.creation import new_package
from metrc_simulator.running import open_engine
from metrc_simulator.simulator import Simulator

LICENSE = "CDPH-19990001"
PACKAGES = 5_000
PAGE = f"/packages/v2/active?licenseNumber={LICENSE}&pageNumber=3&pageSize=20"
REQUESTS = 400
ROUNDS = 5
RATIO_AT_LEAST = 0.3


def stocked_engine() -> Engine:
    """Return an engine of world `empty` with many active packages at the manufacturer."""
    engine = open_engine("ca", "empty")
    act = engine.act(LICENSE, "Bench")
    item = engine.store.find("items", "Distillate", LICENSE)
    assert item is not None
    with engine.store.transaction():
        for number in range(PACKAGES):
            label = f"1A4060300000001{900_000_000 + number}"
            unit = act.unit("Grams")
            act.add(new_package(act, label, item.body, Decimal("500.0"), unit, "2026-01-02"))
    return engine


def serve_pages(pipe: Connection) -> None:
    """Serve the simulator until told to stop; the parent learns port and credentials."""
    engine = stocked_engine()
    user = next(user for user in engine.people.everyone() if user.name == "Sync MFG")
    pair = f"{engine.people.vendor_key}:{user.user_key}".encode()
    _serve(SimulatorServer(0, Simulator(engine).answer), base64.b64encode(pair).decode(), pipe)


def serve_constant(pipe: Connection) -> None:
    """Serve the same bytes for every request, as many as the parent names first."""
    answer = Answer(200, b"x" * pipe.recv())
    _serve(SimulatorServer(0, lambda request: answer), "", pipe)


def _serve(server: SimulatorServer, credentials: str, pipe: Connection) -> None:
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    pipe.send((server.server_address[1], credentials))
    pipe.recv()
    server.stop()
    thread.join()


@contextmanager
def server_process(target: object, *first: int) -> Iterator[tuple[int, str]]:
    """Run a server in its own process and end it with the block."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.Process(target=target, args=(there,))  # type: ignore[arg-type]
    process.start()
    for word in first:
        here.send(word)
    try:
        yield here.recv()
    finally:
        here.send("stop")
        process.join(10)


def seconds_for(port: int, credentials: str) -> tuple[float, int]:
    """Return the time of one round of requests on one connection, and the body's size."""
    head = f"GET {PAGE} HTTP/1.1\r\nHost: bench\r\nAuthorization: Basic {credentials}\r\n\r\n"
    asked = head.encode()
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        size = _exchange(connection, asked)
        started = time.perf_counter()
        for _ in range(REQUESTS):
            _exchange(connection, asked)
        return time.perf_counter() - started, size


def _exchange(connection: socket.socket, asked: bytes) -> int:
    connection.sendall(asked)
    got = connection.recv(262_144)
    end = got.index(b"\r\n\r\n") + 4
    assert got.startswith(b"HTTP/1.1 200"), got[:200]
    size = int(got.split(b"Content-Length: ", 1)[1].split(b"\r\n", 1)[0])
    left = size - (len(got) - end)
    while left > 0:
        left -= len(connection.recv(262_144))
    return size


def main() -> int:
    """Measure both servers in turn and print the ratio; returns the exit code."""
    with server_process(serve_pages) as (page_port, credentials):
        _, size = seconds_for(page_port, credentials)
        with server_process(serve_constant, size) as (constant_port, _):
            rounds = [
                (seconds_for(constant_port, "")[0], seconds_for(page_port, credentials)[0])
                for _ in range(ROUNDS)
            ]
    constant = REQUESTS / statistics.median(one for one, _ in rounds)
    pages = REQUESTS / statistics.median(one for _, one in rounds)
    ratio = statistics.median(constant_time / page_time for constant_time, page_time in rounds)
    found = {
        "bench": "simulator_pages",
        "packages": PACKAGES,
        "page_bytes": size,
        "constant_per_second": round(constant, 1),
        "pages_per_second": round(pages, 1),
        "ratio": round(ratio, 3),
        "ratio_at_least": RATIO_AT_LEAST,
        "held": ratio >= RATIO_AT_LEAST,
    }
    return tell(found)


if __name__ == "__main__":
    raise SystemExit(main())
