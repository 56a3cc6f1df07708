"""A METRC that passes everything on to the simulator, and twists chosen answers on the way back."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

# Takes path and query, and what METRC answered; returns what to answer instead.
Twist = Callable[[str, int, bytes], tuple[int, bytes]]


@contextmanager
def twisted(simulator: str, twist: Twist) -> Iterator[str]:
    """Serve the twisted METRC on a free port of the loopback; yields its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            with httpx.Client(base_url=simulator, trust_env=False, timeout=20) as client:
                answer = client.get(
                    self.path, headers={"Authorization": self.headers["Authorization"]}
                )
            status, body = twist(self.path, answer.status_code, answer.content)
            self.send_response_only(status)
            # METRC's own clock, which windows are cut by; the server's own would be ours.
            self.send_header("Date", answer.headers["Date"])
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


def each_row(body: bytes, change: Callable[[dict[str, Any]], Any]) -> bytes:
    """Change every row of a page; a row that becomes None is left out, and not counted."""
    page = json.loads(body)
    kept = [changed for row in page["Data"] if (changed := change(row)) is not None]
    gone = len(page["Data"]) - len(kept)
    page["Data"] = kept
    for name in ("Total", "TotalRecords", "RecordsOnPage"):
        page[name] -= gone
    return json.dumps(page).encode()
