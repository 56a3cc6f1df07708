"""A threaded HTTP server with its hands on the socket: keep-alive, drops, resets, cut answers."""

from __future__ import annotations

import contextlib
import math
import select
import socket
import socketserver
import struct
import threading
import time
import traceback
from collections.abc import Callable
from email.utils import formatdate
from http import HTTPStatus

from metrc_simulator.answers import Answer, message
from metrc_simulator.http_reading import Malformed, Request, RequestReader

_IDLE_SECONDS = 300.0
# How long a client that is refused in the middle of sending may go on, so that it can still read.
_LINGER_SECONDS = 1.0
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
_REASONS = {status.value: status.phrase for status in HTTPStatus}


class _Connection(socketserver.BaseRequestHandler):
    server: SimulatorServer
    request: socket.socket

    def handle(self) -> None:
        """Answer requests on this connection until either side ends it."""
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.request.settimeout(_IDLE_SECONDS)
        self.server.connections.add(self.request)
        self.reader = RequestReader(self.request, self._wait_until_gone)
        try:
            while not self.server.stopping.is_set() and self._exchange():
                pass
        except OSError:
            # The client hung up or the server is closing: there is nobody left to answer.
            return
        finally:
            self.server.connections.discard(self.request)

    def _exchange(self) -> bool:
        try:
            request = self.reader.read()
        except Malformed as problem:
            refusal = message(problem.status, str(problem))
            self.request.sendall(self._head(refusal, keep=False) + refusal.body)
            self._part()
            return False
        if request is None:
            return False
        try:
            answer = self.server.answer(request)
        except Exception:
            # An error of the simulator itself must not look like a dropped connection.
            traceback.print_exc()
            answer = message(500, "The simulator itself failed; its error output says where.")
        if answer.cut is not None:
            self._cut(answer, request)
            return False
        self._send(answer, request)
        return request.keep

    def _wait_until_gone(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not self.server.stopping.is_set():
            readable, _, _ = select.select([self.request], [], [], 0.05)
            if readable:
                try:
                    if not self.request.recv(1, socket.MSG_PEEK):
                        return True
                except OSError:
                    return True
                time.sleep(0.01)
        return False

    def _part(self) -> None:
        # Closing with bytes unread would reset the connection and take the answer with it.
        self.request.shutdown(socket.SHUT_WR)
        deadline = time.monotonic() + _LINGER_SECONDS
        self.request.settimeout(_LINGER_SECONDS)
        while time.monotonic() < deadline and self.reader.discard():
            pass

    def _send(self, answer: Answer, request: Request) -> None:
        start = self._head(answer, request.keep)
        body = b"" if request.method == "HEAD" else answer.body
        with answer.receipt or contextlib.nullcontext():
            sent = self.request.sendmsg([start, body])
            if sent < len(start) + len(body):
                self.request.sendall(memoryview(start + body)[sent:])
            if self.request.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                raise ConnectionResetError("The client was gone before its answer.")

    def _cut(self, answer: Answer, request: Request) -> None:
        if answer.cut in {"truncate", "half-body"}:
            start = self._head(answer, keep=request.keep)
            # With a body the cut falls inside it, without one inside the head.
            half = b"" if request.method == "HEAD" else answer.body[: len(answer.body) // 2]
            self.request.sendall(start + half if half else start[:-6])
        if answer.cut in {"half-body", "never-answers"}:
            self._wait_until_gone(math.inf)
        if answer.cut == "reset":
            self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            # Closed here: the server's own ending would send a FIN first.
            self.request.close()

    def _head(self, answer: Answer, keep: bool) -> bytes:
        lines = [
            f"HTTP/1.1 {answer.status} {_REASONS.get(answer.status, 'Unknown')}",
            f"Date: {formatdate(self.server.seconds_now(), usegmt=True)}",
            f"Connection: {'keep-alive' if keep else 'close'}",
        ]
        if answer.status != HTTPStatus.NO_CONTENT:
            lines.append(f"Content-Length: {len(answer.body)}")
        if answer.status == HTTPStatus.UNAUTHORIZED:
            # Without a challenge some clients never send their keys, and others break off.
            lines.append('WWW-Authenticate: Basic realm="METRC", charset="UTF-8"')
        if answer.body:
            lines.append(f"Content-Type: {answer.content_type}")
        lines += [f"{name}: {value}" for name, value in answer.headers.items()]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")


class SimulatorServer(socketserver.ThreadingTCPServer):
    """Listens on loopback and hands every request to `answer`; `seconds_now` dates the answers."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(
        self,
        port: int,
        answer: Callable[[Request], Answer],
        seconds_now: Callable[[], float] = time.time,
    ) -> None:
        self.answer = answer
        self.seconds_now = seconds_now
        self.stopping = threading.Event()
        self.connections: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), _Connection)

    @property
    def address(self) -> str:
        """Return the base address, `http://127.0.0.1:PORT`."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def stop(self) -> None:
        """Stop listening and end every open connection."""
        self.stopping.set()
        self.shutdown()
        self.server_close()
        for connection in list(self.connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
