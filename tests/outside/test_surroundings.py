"""TLS as a visitor meets it, and TLS that fails behind us: found, said and logged."""

from __future__ import annotations

import logging
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from glassbox.operations.tls_failures import say_if_tls_failed
from glassbox.queries.surroundings import clock_is_in_step, tls_error
from metrc_client import endpoints
from metrc_client.client import MetrcClient
from metrc_client.errors import Unreachable
from tests.outside.certificates import authority, certificate


@contextmanager
def server(folder: Path, host: str, newest: ssl.TLSVersion) -> Iterator[tuple[int, Path]]:
    """Shake hands with whoever comes, by a certificate that an authority of our own vouches for."""
    ours = authority(folder, "ours")
    pair = certificate(folder, ours, host)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if newest < ssl.TLSVersion.TLSv1_2:
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = newest
    context.load_cert_chain(pair.certificate, pair.key)
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                plain, _ = listening.accept()
            except OSError:
                return
            try:
                context.wrap_socket(plain, server_side=True).close()
            except OSError:
                plain.close()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listening.getsockname()[1], ours.path
    finally:
        # accept() of the thread ends only when the socket is shut.
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()


def test_a_public_address_is_trusted_by_its_certificate_alone(tmp_path: Path) -> None:
    with server(tmp_path, "localhost", ssl.TLSVersion.TLSv1_3) as (port, roots):
        address = f"https://localhost:{port}"
        assert tls_error(address, roots) == ""
        # As browsers, which know nothing of an authority of ours.
        assert "certificate does not hold" in tls_error(address)
        assert "certificate does not hold" in tls_error(f"https://127.0.0.1:{port}", roots)
    assert "nobody answers" in tls_error(address, roots)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion")
def test_a_public_address_with_old_tls_is_refused(tmp_path: Path) -> None:
    with server(tmp_path, "localhost", ssl.TLSVersion.TLSv1_1) as (port, roots):
        assert "no TLS of today" in tls_error(f"https://localhost:{port}", roots)


def test_an_address_without_tls_has_a_finding_of_its_own() -> None:
    assert tls_error("http://glassbox.example") == tls_error("") == ""


def test_tls_that_fails_behind_us_is_logged_apart(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with server(tmp_path, "localhost", ssl.TLSVersion.TLSv1_3) as (port, _):
        client = MetrcClient(
            f"https://localhost:{port}", vendor_key="v", user_key="u", timeout_seconds=10
        )
        with pytest.raises(Unreachable) as away, client:
            client.rows(endpoints.EMPLOYEES, license_number="CDPH-19990001")

    with caplog.at_level(logging.ERROR):
        assert say_if_tls_failed(away.value, "METRC")
        assert not say_if_tls_failed(Unreachable("GET: no answer"), "METRC")
    said = [one.message for one in caplog.records if one.name.startswith("glassbox")]
    assert said == ["TLS with METRC failed: SSLCertVerificationError"]


def test_the_kernel_is_asked_for_its_clock() -> None:
    assert clock_is_in_step() in (True, False)
    assert datetime.now(UTC).tzinfo is UTC
