"""A virus scanner sees every file that is handed in, and nothing comes past it when it is away."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings

from glassbox.cli.demo_brand import MAKER, Brand
from glassbox.web.scanning import FileInfected, ScannerAway, scan
from tests.signed_in_client import client_of

# The file by which scanners are tried out, in two parts so that none takes this one for it.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR" + rb"-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
SHEET = b"Tag\n1A4060300000001000000455\n"


@pytest.fixture
def scanner() -> Iterator[list[bytes]]:
    """clamd as clamd(8) describes its INSTREAM, which knows one virus; the files it saw."""
    seen: list[bytes] = []
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                spoken, _ = listening.accept()
            except OSError:
                return
            with spoken, spoken.makefile("rb") as file:
                assert file.read(10) == b"zINSTREAM\0"
                content = b""
                while size := struct.unpack("!I", file.read(4))[0]:
                    content += file.read(size)
                seen.append(content)
                found = b"Eicar-Test-Signature FOUND" if EICAR in content else b"OK"
                spoken.sendall(b"stream: " + found + b"\0")

    threading.Thread(target=serve, daemon=True).start()
    with override_settings(GLASSBOX_CLAMD=f"127.0.0.1:{listening.getsockname()[1]}"):
        yield seen
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()


def hand_in(brand: Brand, content: bytes) -> str:
    """Hand a sheet of tags in; return what the page says, after its status."""
    sent = SimpleUploadedFile("tags.csv", content, content_type="text/csv")
    answer = client_of(brand, "Fay").post(
        f"/l/{MAKER}/imports/new/tags/", {"file": sent, "text": ""}
    )
    return f"{answer.status_code} {answer.content.decode()}"


def test_a_file_with_a_virus_is_refused_and_a_clean_one_taken(
    cast: Brand, scanner: list[bytes]
) -> None:
    infected = hand_in(cast, SHEET + EICAR)
    clean = hand_in(cast, SHEET)

    assert infected.startswith("422") and "Eicar-Test-Signature" in infected
    assert "Eicar" not in clean and "scanner" not in clean
    assert scanner == [SHEET + EICAR, SHEET]


def test_large_files_are_seen_whole(scanner: list[bytes]) -> None:
    content = bytes(range(256)) * 4000

    scan(content)

    assert scanner == [content]
    with pytest.raises(FileInfected):
        scan(content + EICAR)


@pytest.mark.parametrize("address", ["127.0.0.1:9", "/nowhere/clamd.ctl"])
def test_nothing_comes_past_a_scanner_that_is_away(cast: Brand, address: str) -> None:
    with override_settings(GLASSBOX_CLAMD=address):
        with pytest.raises(ScannerAway):
            scan(SHEET)
        assert "does not answer" in hand_in(cast, SHEET)


def test_without_a_scanner_files_are_taken(cast: Brand) -> None:
    assert "scanner" not in hand_in(cast, SHEET)
