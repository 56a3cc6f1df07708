"""A threaded HTTP/1.1 server with its hands on the socket: keep-alive, drops, cut answers."""

from __future__ import annotations

import contextlib
import select
import socket
import socketserver
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from metrc_simulator.answers import Answer, message

_HEAD_BYTES_AT_MOST = 65_536
_BODY_BYTES_AT_MOST = 96 * 1024 * 1024
_IDLE_SECONDS = 300.0
_REASONS = {status.value: status.phrase for status in HTTPStatus}


@dataclass(frozen=True)
class Request:
    """One request; `wait_until_gone` waits for the client to hang up."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    wait_until_gone: Callable[[float], bool]


class Malformed(Exception):
    """The bytes are not a request this server reads."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class _Connection(socketserver.BaseRequestHandler):
    server: SimulatorServer
    request: socket.socket

    def handle(self) -> None:
        """Answer requests on this connection until either side ends it."""
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.request.settimeout(_IDLE_SECONDS)
        self.server.connections.add(self.request)
        self.waiting = b""
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
            request = self._read()
        except Malformed as problem:
            self._send(message(problem.status, str(problem)), keep=False)
            return False
        if request is None:
            return False
        keep = request.headers.get("connection", "").lower() != "close"
        try:
            answer = self.server.answer(request)
        except Exception:
            # An error of the simulator itself must not look like a dropped connection.
            traceback.print_exc()
            answer = message(500, "The simulator itself failed; its error output says where.")
        return self._send(answer, keep)

    def _read(self) -> Request | None:
        while (end := self.waiting.find(b"\r\n\r\n")) < 0:
            if len(self.waiting) > _HEAD_BYTES_AT_MOST:
                raise Malformed(431, "The request's head is too large.")
            if not self._receive():
                return None
        head, self.waiting = self.waiting[:end], self.waiting[end + 4 :]
        line, _, rest = head.decode("latin-1").partition("\r\n")
        try:
            method, target, _ = line.split(" ")
        except ValueError:
            raise Malformed(400, f"The request line {line[:100]!r} is not HTTP/1.1.") from None
        headers = {}
        for row in rest.split("\r\n") if rest else []:
            name, _, value = row.partition(":")
            headers[name.strip().lower()] = value.strip()
        path, _, query = target.partition("?")
        return Request(method, path, query, headers, self._body(headers), self._wait_until_gone)

    def _body(self, headers: dict[str, str]) -> bytes:
        if "transfer-encoding" in headers:
            raise Malformed(411, "Send the body with a Content-Length.")
        length = headers.get("content-length", "0")
        if not length.isdigit():
            raise Malformed(400, f"Content-Length {length!r} is not a number.")
        size = int(length)
        if size > _BODY_BYTES_AT_MOST:
            raise Malformed(413, "The body is too large.")
        if size and headers.get("expect", "").lower() == "100-continue":
            self.request.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        while len(self.waiting) < size:
            if not self._receive():
                raise Malformed(400, "The body ended early.")
        body, self.waiting = self.waiting[:size], self.waiting[size:]
        return body

    def _receive(self) -> bool:
        piece = self.request.recv(262_144)
        self.waiting += piece
        return bool(piece)

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

    def _send(self, answer: Answer, keep: bool) -> bool:
        if answer.cut == "drop":
            return False
        head = (
            f"HTTP/1.1 {answer.status} {_REASONS.get(answer.status, 'Unknown')}\r\n"
            f"Content-Length: {len(answer.body)}\r\n"
            f"Connection: {'keep-alive' if keep else 'close'}\r\n"
        )
        if answer.body:
            head += f"Content-Type: {answer.content_type}\r\n"
        for name, value in answer.headers.items():
            head += f"{name}: {value}\r\n"
        start = head.encode("latin-1") + b"\r\n"
        if answer.cut == "truncate":
            # With a body the cut falls inside it, without one inside the head.
            half = answer.body[: len(answer.body) // 2]
            self.request.sendall(start + half if answer.body else start[:-6])
            return False
        sent = self.request.sendmsg([start, answer.body])
        if sent < len(start) + len(answer.body):
            self.request.sendall(memoryview(start + answer.body)[sent:])
        return keep


class SimulatorServer(socketserver.ThreadingTCPServer):
    """Listens on loopback and hands every request to `answer`."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, port: int, answer: Callable[[Request], Answer]) -> None:
        self.answer = answer
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
