"""A METRC on the loopback that answers what a test scripts, down to resets and broken bodies."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

# Says something on a connection; False means that the connection ends here.
Reply = Callable[[socket.socket], bool]
PATIENCE_SECONDS = 10.0


@dataclass(frozen=True, kw_only=True)
class Heard:
    """One request as it came; `connection` counts the connections from 1."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    connection: int

    @property
    def query(self) -> dict[str, str]:
        """Return the query, decoded as a server would."""
        return dict(parse_qsl(urlsplit(self.target).query))


@dataclass
class Host:
    """Answers request after request with the scripted replies; the last is repeated."""

    address: str
    replies: list[Reply]
    requests: list[Heard] = field(default_factory=list)
    connections: int = 0

    def next_reply(self) -> Reply:
        """Return the reply to the request heard last."""
        return self.replies[min(len(self.requests), len(self.replies)) - 1]


@contextmanager
def scripted(*replies: Reply) -> Iterator[Host]:
    """Serve these replies on a free port of the loopback."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.02)
    host = Host(address=f"http://127.0.0.1:{listener.getsockname()[1]}", replies=list(replies))
    is_over = threading.Event()
    threads: list[threading.Thread] = []

    def accept() -> None:
        while not is_over.is_set():
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            host.connections += 1
            thread = threading.Thread(
                target=_serve, args=(host, connection, host.connections, is_over)
            )
            threads.append(thread)
            thread.start()

    door = threading.Thread(target=accept)
    door.start()
    try:
        yield host
    finally:
        is_over.set()
        door.join(PATIENCE_SECONDS)
        for thread in threads:
            thread.join(PATIENCE_SECONDS)
        listener.close()


def _serve(host: Host, connection: socket.socket, number: int, is_over: threading.Event) -> None:
    connection.settimeout(0.02)
    with connection:
        while (request := _hear(connection, number, is_over)) is not None:
            host.requests.append(request)
            try:
                if not host.next_reply()(connection):
                    return
            except OSError:
                return


def _hear(connection: socket.socket, number: int, is_over: threading.Event) -> Heard | None:
    data = b""
    while not is_over.is_set():
        head, found, body = data.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in lines[1:])
        }
        if found and len(body) >= int(headers.get("content-length", "0")):
            method, target, _ = lines[0].split(" ")
            return Heard(
                method=method, target=target, headers=headers, body=body, connection=number
            )
        try:
            piece = connection.recv(65536)
        except TimeoutError:
            continue
        except OSError:
            return None
        if not piece:
            return None
        data += piece
    return None


def answer(status: int, body: bytes = b"", **headers: str) -> Reply:
    """Return a reply with this status and body; `retry_after` becomes the header Retry-After."""

    def reply(connection: socket.socket) -> bool:
        connection.sendall(_head(status, len(body), headers) + body)
        return True

    return reply


def answer_json(found: Any, status: int = 200, **headers: str) -> Reply:
    """Return a reply with this as JSON."""
    return answer(status, json.dumps(found).encode(), **headers)


def page(rows: list[Any], *, number: int = 1, pages: int = 1, total: int | None = None) -> Reply:
    """Return METRC's envelope around rows."""
    total = len(rows) if total is None else total
    return answer_json(
        {
            "Data": rows,
            "Total": total,
            "TotalRecords": total,
            "PageSize": len(rows),
            "RecordsOnPage": len(rows),
            "Page": number,
            "CurrentPage": number,
            "TotalPages": pages,
        }
    )


def cut_short(body: bytes, *, promised: int, status: int = 200) -> Reply:
    """Return a reply that promises more bytes than it sends, and hangs up."""

    def reply(connection: socket.socket) -> bool:
        connection.sendall(_head(status, promised, {}) + body)
        return False

    return reply


def reset(connection: socket.socket) -> bool:
    """Throw the connection away without a word."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return False


def dripping(*, pieces: int, pause_seconds: float) -> Reply:
    """Return a reply that sends one blank after the other, each in time."""

    def reply(connection: socket.socket) -> bool:
        connection.sendall(_head(200, pieces, {}))
        for _ in range(pieces):
            time.sleep(pause_seconds)
            connection.sendall(b" ")
        return True

    return reply


def silent(seconds: float) -> Reply:
    """Return a reply that says nothing for a while and hangs up."""

    def reply(connection: socket.socket) -> bool:
        time.sleep(seconds)
        return False

    return reply


def _head(status: int, length: int, headers: dict[str, str]) -> bytes:
    lines = [
        f"HTTP/1.1 {status} Scripted",
        "Content-Type: application/json",
        "Date: Tue, 24 Nov 2026 00:00:10 GMT",
        f"Content-Length: {length}",
        *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items()),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
