"""The proxy we ship, started as it is shipped, before the server that `glassbox serve` starts."""

from __future__ import annotations

import json
import os
import re
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from glassbox.cli.serve import gunicorn_arguments
from tests.meta.source import ROOT
from tests.outside.certificates import authority, certificate

HOST = "localhost"
WAIT_SECONDS = 60
BEGUN = b"POST /begun HTTP/1.1\r\nHost: localhost\r\n"
HIDDEN = b"GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
# Two readers could disagree where each of these requests ends.
SMUGGLED = {
    "both lengths": BEGUN + b"Content-Length: 4\r\n" + CHUNKED + b"\r\n0\r\n\r\n" + HIDDEN,
    "two lengths": BEGUN + b"Content-Length: 0\r\nContent-Length: 44\r\n\r\n" + HIDDEN,
    "two codings": BEGUN + CHUNKED + b"Transfer-Encoding: x\r\n\r\n0\r\n\r\n" + HIDDEN,
    "a coding nobody knows": BEGUN + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "a blank before the colon": BEGUN + b"Content-Length : 44\r\n\r\n" + HIDDEN,
    "a folded line": BEGUN + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "a length that is none": BEGUN + b"Content-Length: +0\r\n\r\n" + HIDDEN,
    "in a chunk, with both lengths": (
        BEGUN + b"Content-Length: 4\r\n" + CHUNKED + b"\r\n2c\r\n" + HIDDEN + b"\r\n0\r\n\r\n"
    ),
    "in a body, with two codings": (
        BEGUN + CHUNKED + b"Transfer-Encoding: chunked\r\n\r\n2c\r\n" + HIDDEN + b"\r\n0\r\n\r\n"
    ),
    "a chunk of bad size": BEGUN + CHUNKED + b"\r\n0x0\r\n\r\n" + HIDDEN,
}

# The proxy reads these as RFC 9112 (6.3) says, as two whole requests, and hands on each by itself: the
# server never sees the bytes that could be read in two ways.
READ_AS_TWO = {"both lengths", "a folded line"}


@dataclass(frozen=True)
class Stand:
    """Where proxy and server listen, and what a visitor trusts."""

    https: int
    http: int
    server: int
    roots: Path
    upstream: Path

    def client(self) -> httpx.Client:
        context = ssl.create_default_context(cafile=str(self.roots))
        return httpx.Client(base_url=f"https://{HOST}:{self.https}", verify=context)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def wait_for(port: int) -> None:
    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"nothing listens at {port}")


@contextmanager
def running(command: list[str], **more: str) -> Iterator[None]:
    process = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **more}, stderr=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=30)


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    folder = tmp_path_factory.mktemp("proxy")
    ours = authority(folder, "roots")
    pair = certificate(folder, ours, HOST)
    stand = Stand(free_port(), free_port(), free_port(), ours.path, folder / "pages.sock")
    # As it is shipped, by a socket; the port is for the tests that come without the proxy.
    server = gunicorn_arguments(f"unix:{stand.upstream}", "tests.outside.echo")
    server.append(f"--bind=127.0.0.1:{stand.server}")
    proxy = [str(Path(sys.executable).parent / "caddy"), "run", "--adapter", "caddyfile"]
    with (
        running([sys.executable, *server]),
        running(
            [*proxy, "--config", str(ROOT / "deploy/caddy/Caddyfile")],
            GLASSBOX_HOST=HOST,
            GLASSBOX_HTTP_PORT=str(stand.http),
            GLASSBOX_HTTPS_PORT=str(stand.https),
            GLASSBOX_TLS_FILES=f"{pair.certificate} {pair.key}",
            GLASSBOX_UPSTREAM=f"unix/{stand.upstream}",
            XDG_DATA_HOME=str(folder),
            XDG_CONFIG_HOME=str(folder),
        ),
    ):
        wait_for(stand.server)
        wait_for(stand.https)
        yield stand


def shakes_hands(stand: Stand, version: ssl.TLSVersion, ciphers: str = "") -> tuple[Any, ...]:
    context = ssl.create_default_context(cafile=str(stand.roots))
    context.set_ciphers(ciphers or "ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    with (
        socket.create_connection(("127.0.0.1", stand.https), 10) as plain,
        context.wrap_socket(plain, server_hostname=HOST) as safe,
    ):
        return safe.cipher() or ()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls_of_today_is_spoken(stand: Stand, version: ssl.TLSVersion) -> None:
    name = shakes_hands(stand, version)[0]

    assert name.startswith("TLS_") or name.startswith("ECDHE-")


def test_the_newest_tls_and_the_strongest_ciphers_are_preferred(stand: Stand) -> None:
    context = ssl.create_default_context(cafile=str(stand.roots))
    with (
        socket.create_connection(("127.0.0.1", stand.https), 10) as plain,
        context.wrap_socket(plain, server_hostname=HOST) as safe,
    ):
        assert safe.version() == "TLSv1.3"
    weaker_first = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384"

    assert "AES256" in shakes_hands(stand, ssl.TLSVersion.TLSv1_2, weaker_first)[0]


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_tls_of_yesterday_is_refused(stand: Stand, version: ssl.TLSVersion) -> None:
    with pytest.raises(ssl.SSLError, match="version"):
        shakes_hands(stand, version)


@pytest.mark.parametrize(
    "cipher", ["AES256-GCM-SHA384", "AES128-SHA", "ECDHE-ECDSA-AES128-SHA", "ECDHE-RSA-AES256-SHA"]
)
def test_ciphers_without_forward_secrecy_or_authentication_are_refused(
    stand: Stand, cipher: str
) -> None:
    with pytest.raises(ssl.SSLError, match="handshake failure"):
        shakes_hands(stand, ssl.TLSVersion.TLSv1_2, f"{cipher}:@SECLEVEL=0")


def test_a_stranger_with_other_roots_does_not_believe_us(stand: Stand) -> None:
    with pytest.raises(httpx.ConnectError, match="certificate"):
        httpx.get(f"https://{HOST}:{stand.https}/")


def test_people_are_led_to_tls_and_systems_are_refused(stand: Stand) -> None:
    at = f"http://{HOST}:{stand.http}"

    page = httpx.get(f"{at}/both/?x=1")
    called = [httpx.get(f"{at}/api/v1/l/X/packages"), httpx.post(f"{at}/metrc/1/x/")]

    assert (page.status_code, page.headers["Location"]) == (308, f"https://{HOST}/both/?x=1")
    assert [one.status_code for one in called] == [403, 403]
    assert all("Location" not in one.headers for one in called)


def test_nothing_a_visitor_says_of_proxies_comes_through(stand: Stand) -> None:
    invented = {
        **{"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "http"},
        **{"X-Forwarded-Host": "evil.example", "X-Forwarded-Port": "444"},
        **{"X-Forwarded-Prefix": "/evil", "Forwarded": "for=203.0.113.9", "Proxy": "evil:1"},
        **{"X-Real-IP": "203.0.113.9", "X-Original-URL": "/x", "X-Rewrite-URL": "/x"},
        **{"X-HTTP-Method-Override": "DELETE", "Remote-User": "fay", "X-Remote-User": "fay"},
        **{"X-Forwarded-Ssl": "off", "X-Forwarded-Protocol": "http"},
    }
    with stand.client() as client:
        answer = client.get("/seen", headers=invented)
    said = answer.json()["headers"]

    assert answer.json()["scheme"] == "https"
    assert said["HTTP_X_FORWARDED_FOR"] == "127.0.0.1"
    assert said["HTTP_X_FORWARDED_PROTO"] == "https"
    assert said["HTTP_X_FORWARDED_HOST"].startswith(HOST)
    assert "evil" not in json.dumps(said) and "203.0.113.9" not in json.dumps(said)
    assert not {"HTTP_REMOTE_USER", "HTTP_X_REMOTE_USER", "HTTP_FORWARDED"} & set(said)


def test_between_proxy_and_pages_lies_no_network(stand: Stand) -> None:
    unit = (ROOT / "deploy/systemd/glassbox-serve.service").read_text()
    proxy = (ROOT / "deploy/caddy/Caddyfile").read_text()
    (path,) = re.findall(r"serve --socket (\S+)", unit)
    folder = re.findall(r"^RuntimeDirectory=(\S+)\nRuntimeDirectoryMode=0750$", unit, re.MULTILINE)

    assert f"{{$GLASSBOX_UPSTREAM:unix/{path}}}" in proxy
    assert [str(Path(path).parent)] == [f"/run/{one}" for one in folder]
    assert stand.upstream.stat().st_mode & 0o777 == 0o770


def test_an_answer_asks_for_tls_and_does_not_name_its_server(stand: Stand) -> None:
    with stand.client() as client:
        answers = [
            client.get("/"),
            client.post("/big", content=b"0" * (8 * 1024 * 1024)),
            client.request("TRACE", "/"),
            httpx.get(f"http://{HOST}:{stand.http}/api/v1/"),
            httpx.get(f"http://{HOST}:{stand.http}/"),
        ]

    assert {one.status_code for one in answers} >= {200, 308, 403}
    for answer in answers:
        said = answer.headers
        # Browsers pay no heed to it without TLS (RFC 6797, 7.2).
        asks = {"max-age=31536000; includeSubDomains"} if answer.url.scheme == "https" else set()
        assert set(said.get_list("Strict-Transport-Security")) == asks
        assert said["X-Content-Type-Options"] == "nosniff"
        assert "frame-ancestors 'none'" in said["Content-Security-Policy"]
        assert "Server" not in said and "Via" not in said and "X-Powered-By" not in said
        assert not re.search(r"(?i)caddy|gunicorn|django|python", str(said.raw))


def test_what_is_too_big_is_refused(stand: Stand) -> None:
    with stand.client() as client:
        body = client.post("/big", content=b"0" * (8 * 1024 * 1024))
        header = client.get("/", headers={"X-Long": "x" * 64 * 1024})

    assert body.status_code in (413, 502)
    assert body.headers["X-Content-Type-Options"] == "nosniff"
    assert header.status_code in (400, 431)


def asked_of(stand: Stand, request: bytes, *, is_direct: bool) -> list[str]:
    """Send bytes as they are, and return what the server was asked since."""
    with httpx.Client() as client:
        before = len(client.get(f"http://127.0.0.1:{stand.server}/count").json()["asked"])
    port = stand.server if is_direct else stand.https
    spoken = socket.create_connection(("127.0.0.1", port), 10)
    if not is_direct:
        context = ssl.create_default_context(cafile=str(stand.roots))
        spoken = context.wrap_socket(spoken, server_hostname=HOST)
    with spoken:
        spoken.settimeout(1)
        spoken.sendall(request)
        try:
            while spoken.recv(65536):
                pass
        except (TimeoutError, OSError):
            pass
    with httpx.Client() as client:
        said: list[str] = client.get(f"http://127.0.0.1:{stand.server}/count").json()["asked"]
    return said[before:-1]


@pytest.mark.parametrize("is_direct", [False, True], ids=["through the proxy", "without it"])
@pytest.mark.parametrize("name", SMUGGLED)
def test_no_request_hides_in_another(stand: Stand, name: str, is_direct: bool) -> None:
    asked = asked_of(stand, SMUGGLED[name], is_direct=is_direct)

    if not is_direct and name in READ_AS_TWO:
        assert asked in ([], ["POST /begun"], ["POST /begun", "GET /smuggled"])
        return
    assert "GET /smuggled" not in asked
    assert len(asked) <= 1
