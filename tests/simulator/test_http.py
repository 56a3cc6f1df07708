"""The wire itself, byte for byte: what a picky client in any language takes for granted."""

from __future__ import annotations

import base64
import json
import re
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest

from metrc_simulator.running import running
from tests.simulator.conftest import MFG, Metrc, adjustment


@pytest.fixture(scope="module")
def metrc(small_world: str) -> Iterator[Metrc]:
    """One simulator for all of these: none leaves anything behind that another minds."""
    with (
        running(small_world) as server,
        httpx.Client(base_url=server.address, timeout=20) as client,
    ):
        yield Metrc(client)


class Wire:
    """One connection, as bytes."""

    def __init__(self, metrc: Metrc) -> None:
        address = urlsplit(str(metrc.http.base_url))
        self.socket = socket.create_connection(("127.0.0.1", address.port or 0), timeout=5)
        pair = ":".join(metrc.auth("Ana")).encode()
        self.signed = b"Authorization: Basic " + base64.b64encode(pair) + b"\r\n"

    def send(self, *pieces: bytes) -> None:
        """Send bytes as they are."""
        for piece in pieces:
            self.socket.sendall(piece)

    def read(self, body: bool = True) -> tuple[int, list[str], bytes]:
        """Return status, header lines and body of the next answer."""
        head = self._until(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        size = next((int(row[16:]) for row in lines if row.startswith("Content-Length: ")), 0)
        return int(first.split(" ")[1]), lines, self._exactly(size) if body else b""

    def is_closed(self) -> bool:
        """Return whether the server has ended the connection."""
        return self.socket.recv(1) == b""

    def _until(self, mark: bytes) -> bytes:
        got = b""
        while not got.endswith(mark):
            piece = self.socket.recv(1)
            assert piece, f"the connection ended after {got!r}"
            got += piece
        return got[: -len(mark)]

    def _exactly(self, size: int) -> bytes:
        got = b""
        while len(got) < size:
            piece = self.socket.recv(size - len(got))
            assert piece, f"the connection ended after {len(got)} of {size} bytes"
            got += piece
        return got


@pytest.fixture
def wire(metrc: Metrc) -> Iterator[Wire]:
    """A fresh connection."""
    made = Wire(metrc)
    with made.socket:
        yield made


ADJUST = b"/packages/v2/adjust?licenseNumber=" + MFG.encode()
ACTIVE = b"/packages/v2/active?licenseNumber=" + MFG.encode()
PATHS = ["/packages/v2/active", "/desk/", "/desk/api/journal", "/openapi.json", "/docs/", "/"]


def test_the_names_of_headers_are_cased_as_in_the_standard(wire: Wire) -> None:
    wire.send(b"GET ", ACTIVE, b" HTTP/1.1\r\nHost: x\r\n", wire.signed, b"\r\n")
    status, lines, body = wire.read()
    assert status == 200
    assert [line.partition(":")[0] for line in lines] == [
        "Date",
        "Connection",
        "Content-Length",
        "Content-Type",
    ]
    assert re.fullmatch(r"Date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", lines[0])
    assert lines[1:] == [
        "Connection: keep-alive",
        f"Content-Length: {len(body)}",
        "Content-Type: application/json; charset=utf-8",
    ]


@pytest.mark.parametrize("path", PATHS)
def test_head_answers_as_get_does_without_the_body(metrc: Metrc, path: str) -> None:
    # A journal grows with every call, so its end is asked for.
    params = {"licenseNumber": MFG, "after": "100000"}
    auth = metrc.auth("Ana")
    whole = metrc.http.get(path, params=params, auth=auth)
    head = metrc.http.head(path, params=params, auth=auth)
    assert head.status_code == whole.status_code < 400
    assert head.content == b""
    for name in ("content-length", "content-type", "connection", "location"):
        assert head.headers.get(name) == whole.headers.get(name), name


def test_head_is_in_the_journal_under_its_own_name(metrc: Metrc) -> None:
    metrc.call("HEAD", "/packages/v2/active", "Ana", MFG)
    entry = metrc.journal()[-1]
    assert (entry["method"], entry["status"], entry["userName"]) == ("HEAD", 200, "Ana")


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/items/v2/", "POST, PUT, OPTIONS"),
        ("/packages/v2/12345/", "GET, DELETE, HEAD, OPTIONS"),
        ("/packages/v1/active", "OPTIONS"),
        ("/openapi.json", "GET, HEAD, OPTIONS"),
        ("/desk/", "GET, HEAD, OPTIONS"),
        ("/desk/api/keys", "GET, POST, HEAD, OPTIONS"),
        ("/desk/api/hold", "POST, OPTIONS"),
    ],
)
def test_options_and_405_name_the_methods_of_the_path(
    metrc: Metrc, path: str, allowed: str
) -> None:
    told = metrc.http.request("OPTIONS", path)
    assert (told.status_code, told.headers["allow"]) == (204, allowed)
    assert "content-length" not in told.headers
    refused = metrc.http.request("PATCH", path, json=[{}])
    assert (refused.status_code, refused.headers["allow"]) == (405, allowed)
    assert refused.headers["content-length"] == "0"


def test_options_of_the_server_and_of_nothing(metrc: Metrc, wire: Wire) -> None:
    wire.send(b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n")
    status, lines, _ = wire.read()
    assert (status, lines[-1]) == (204, "Allow: GET, POST, PUT, DELETE, HEAD, OPTIONS")
    assert metrc.http.request("OPTIONS", "/nowhere/v2/at/all").status_code == 404


def test_a_body_may_come_in_chunks_and_the_connection_goes_on(metrc: Metrc, wire: Wire) -> None:
    label = metrc.stock(MFG, 100)
    body = json.dumps([adjustment(label, -1)]).encode()
    wire.send(
        b"POST " + ADJUST + b" HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n",
        wire.signed + b"\r\n",
        b"1;name=value\r\n" + body[:1] + b"\r\n",
        f"{len(body) - 1:X}\r\n".encode() + body[1:] + b"\r\n",
        b"0\r\nTrailer: ignored\r\n\r\n",
    )
    assert wire.read()[0] == 200
    wire.send(b"GET ", ACTIVE, b" HTTP/1.1\r\nHost: x\r\n", wire.signed, b"\r\n")
    status, _, rows = wire.read()
    assert (status, json.loads(rows)["Data"][0]["Quantity"]) == (200, 99.0)


def test_a_body_is_asked_for_when_the_client_waits_to_be_asked(metrc: Metrc, wire: Wire) -> None:
    label = metrc.stock(MFG, 100)
    body = json.dumps([adjustment(label, -1)]).encode()
    wire.send(
        b"POST " + ADJUST + b" HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n" + wire.signed,
        f"Content-Length: {len(body)}\r\n\r\n".encode(),
    )
    assert wire.read() == (100, [], b"")
    wire.send(body)
    assert wire.read()[0] == 200


def test_requests_sent_at_once_are_answered_in_their_order(wire: Wire) -> None:
    ask = b"GET %b HTTP/1.1\r\nHost: x\r\n" + wire.signed + b"\r\n"
    wire.send(ask % ACTIVE + ask % b"/nowhere" + b"\r\n" + ask % ACTIVE)
    assert [wire.read()[0] for _ in range(3)] == [200, 404, 200]


@pytest.mark.parametrize(
    ("first", "keeps"),
    [
        (b"HTTP/1.1\r\nHost: x\r\n", True),
        (b"HTTP/1.1\r\nHost: x\r\nConnection: Keep-Alive, TE\r\n", True),
        (b"HTTP/1.1\r\nHost: x\r\nConnection: TE, Close\r\n", False),
        (b"HTTP/1.0\r\n", False),
        (b"HTTP/1.0\r\nConnection: keep-alive\r\n", True),
    ],
)
def test_a_connection_is_kept_as_its_client_wishes(wire: Wire, first: bytes, keeps: bool) -> None:
    ask = b"GET " + ACTIVE + b" " + first + wire.signed + b"\r\n"
    wire.send(ask)
    status, lines, _ = wire.read()
    assert status == 200
    assert f"Connection: {'keep-alive' if keeps else 'close'}" in lines
    if keeps:
        wire.send(ask)
        assert wire.read()[0] == 200
    else:
        assert wire.is_closed()


def test_a_whole_address_and_lines_typed_by_hand_are_read(wire: Wire) -> None:
    wire.send(b"GET http://127.0.0.1:80/desk/ HTTP/1.1\nHost: x\n\n")
    assert wire.read()[0] == 200


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/2.0\r\nHost: x\r\n\r\n", 505),
        (b"GET / HTTP/1.1\r\nHost: x\r\nNo colon\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nSpace : before\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nExpect: a-miracle\r\n\r\n", 417),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: \xb2\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
        (
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n",
            400,
        ),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\n", 413),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n", 400),
    ],
)
def test_what_is_no_request_is_refused_with_a_reason_and_the_connection_ends(
    wire: Wire, sent: bytes, status: int
) -> None:
    wire.send(sent)
    got, lines, body = wire.read()
    assert got == status
    assert json.loads(body)["Message"]
    assert "Connection: close" in lines
    wire.socket.shutdown(socket.SHUT_WR)
    assert wire.is_closed()


def test_a_body_refused_for_its_size_leaves_the_refusal_readable(wire: Wire) -> None:
    wire.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n\r\n" + b"x" * 3_000_000)
    assert wire.read()[0] == 413
