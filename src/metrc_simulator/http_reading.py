"""Reading requests from a socket: HTTP/1.0 and 1.1, by length or in chunks (RFC 9112)."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from dataclasses import dataclass

_HEAD_BYTES_AT_MOST = 65_536
_BODY_BYTES_AT_MOST = 96 * 1024 * 1024
_LINE_BYTES_AT_MOST = 8_192
_PIECE_BYTES = 262_144
_VERSIONS = ("HTTP/1.0", "HTTP/1.1")
_LENGTH = re.compile(r"[0-9]+")
_CHUNK_SIZE = re.compile(rb"[0-9A-Fa-f]{1,8}")
_SINGLE = {"content-length", "host", "authorization", "transfer-encoding"}
_FIELD_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


@dataclass(frozen=True)
class Request:
    """One request; `wait_until_gone` waits for the client to hang up.

    `keep` says whether the client wants to go on using the connection.
    """

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    wait_until_gone: Callable[[float], bool]
    keep: bool = True


class Malformed(Exception):
    """The bytes are not a request this server reads."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class RequestReader:
    """Takes one request after the other from a connection; names of headers become lower case."""

    def __init__(self, connection: socket.socket, wait_until_gone: Callable[[float], bool]) -> None:
        self._connection = connection
        self._wait_until_gone = wait_until_gone
        self._waiting = bytearray()

    def read(self) -> Request | None:
        """Return the next request, or None when the client has ended; Malformed otherwise."""
        head = self._head()
        if head is None:
            return None
        line, *rows = head.replace("\r\n", "\n").split("\n")
        method, target, version = _request_line(line)
        headers = _headers(rows)
        if version == "HTTP/1.1" and "host" not in headers:
            raise Malformed(400, "A request of HTTP/1.1 must have a Host header.")
        options = {word.strip().lower() for word in headers.get("connection", "").split(",")}
        keep = "keep-alive" in options if version == "HTTP/1.0" else "close" not in options
        path, _, query = _origin(target).partition("?")
        body = self._body(headers, version)
        return Request(method, path, query, headers, body, self._wait_until_gone, keep)

    def discard(self) -> bool:
        """Throw away what the client is still sending; False when it has stopped."""
        self._waiting.clear()
        return self._receive()

    def _head(self) -> str | None:
        while True:
            # Empty lines before a request are allowed, and some clients send them after a body.
            while self._waiting.startswith((b"\r", b"\n")):
                del self._waiting[:1]
            end, length = self._waiting.find(b"\r\n\r\n"), 4
            if end < 0:
                # A client typed by hand ends its lines with a line feed alone.
                end, length = self._waiting.find(b"\n\n"), 2
            if end >= 0:
                head = self._waiting[:end].decode("latin-1")
                del self._waiting[: end + length]
                return head
            if len(self._waiting) > _HEAD_BYTES_AT_MOST:
                raise Malformed(431, "The request's head is too large.")
            if not self._receive():
                return None

    def _body(self, headers: dict[str, str], version: str) -> bytes:
        coding = headers.get("transfer-encoding")
        size = 0 if coding is not None else _size(headers.get("content-length", "0"))
        if coding is not None:
            if "content-length" in headers:
                raise Malformed(400, "A body has a Content-Length or comes in chunks, not both.")
            if coding.lower() != "chunked":
                raise Malformed(501, f"Transfer-Encoding {coding!r} is not read; use chunked.")
        expected = headers.get("expect", "").lower()
        if expected not in {"", "100-continue"}:
            raise Malformed(417, f"Expect {expected!r} is not known; only 100-continue is.")
        if expected and version == "HTTP/1.1" and not self._waiting and (size or coding):
            self._connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        return self._chunks() if coding is not None else self._take(size)

    def _chunks(self) -> bytes:
        body = bytearray()
        while True:
            size = _CHUNK_SIZE.fullmatch(self._line().partition(b";")[0].strip())
            if size is None:
                raise Malformed(400, "A chunk of the body does not begin with its size.")
            length = int(size.group(), 16)
            if len(body) + length > _BODY_BYTES_AT_MOST:
                raise Malformed(413, "The body is too large.")
            if length == 0:
                break
            body += self._take(length)
            if self._line():
                raise Malformed(400, "A chunk of the body is longer than its size says.")
        while self._line():
            pass
        return bytes(body)

    def _line(self) -> bytes:
        while (end := self._waiting.find(b"\n")) < 0:
            if len(self._waiting) > _LINE_BYTES_AT_MOST:
                raise Malformed(400, "A line between the chunks of the body is too long.")
            self._more()
        line = bytes(self._waiting[:end]).rstrip(b"\r")
        del self._waiting[: end + 1]
        return line

    def _take(self, size: int) -> bytes:
        while len(self._waiting) < size:
            self._more()
        taken = bytes(self._waiting[:size])
        del self._waiting[:size]
        return taken

    def _more(self) -> None:
        if not self._receive():
            raise Malformed(400, "The body ended early.")

    def _receive(self) -> bool:
        piece = self._connection.recv(_PIECE_BYTES)
        self._waiting += piece
        return bool(piece)


def _request_line(line: str) -> tuple[str, str, str]:
    parts = line.split(" ")
    if len(parts) != 3 or not parts[2].startswith("HTTP/"):
        raise Malformed(400, f"The request line {line[:100]!r} is not HTTP/1.1.")
    method, target, version = parts
    if version not in _VERSIONS:
        raise Malformed(505, f"{version!r} is not spoken here; HTTP/1.1 and HTTP/1.0 are.")
    return method, target, version


def _headers(rows: list[str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for row in rows:
        name, colon, value = row.partition(":")
        if not colon or not _FIELD_NAME.fullmatch(name):
            raise Malformed(400, f"The header line {row[:100]!r} is not `Name: value`.")
        name, value = name.lower(), value.strip()
        if name not in headers:
            headers[name] = value
        elif name not in _SINGLE:
            headers[name] += f", {value}"
        elif headers[name] != value:
            raise Malformed(400, f"The header {name!r} came twice and differs.")
    return headers


def _origin(target: str) -> str:
    # A client that takes the simulator for a proxy sends the whole address.
    if target.lower().startswith(("http://", "https://")):
        _, _, rest = target.partition("://")
        _, slash, path = rest.partition("/")
        return slash + path or "/"
    return target


def _size(length: str) -> int:
    if not _LENGTH.fullmatch(length):
        raise Malformed(400, f"Content-Length {length[:100]!r} is not a number.")
    # More digits than any size has are refused before they are made a number.
    digits = length.lstrip("0") or "0"
    if len(digits) > 12 or int(digits) > _BODY_BYTES_AT_MOST:
        raise Malformed(413, "The body is too large.")
    return int(digits)
