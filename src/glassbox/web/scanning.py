"""Files of strangers shown to a virus scanner before anything reads or keeps them."""

from __future__ import annotations

import logging
import socket
import struct
from contextlib import closing

from django.conf import settings

from glassbox.rules.verdicts import Refused

log = logging.getLogger(__name__)
SCAN_SECONDS = 30
CHUNK_BYTES = 1 << 16
ANSWER_BYTES_AT_MOST = 4096
CLEAN = b"stream: OK"


class FileInfected(Refused):
    """The scanner found something in the file."""

    code = "file.infected"


class ScannerAway(Refused):
    """The scanner that this installation asks does not answer: nothing comes past it."""

    code = "file.scanner-away"


def scan(content: bytes) -> None:
    """Show a file to the installation's ClamAV, if it keeps one (`GLASSBOX_CLAMD`).

    :raises FileInfected: if something is found
    :raises ScannerAway: if it does not answer within 30 s, or not as clamd does
    """
    if not settings.GLASSBOX_CLAMD:
        return
    try:
        answer = _asked(content)
    except OSError as error:
        log.error("The virus scanner does not answer: %s", type(error).__name__)
        answer = b""
    if answer == CLEAN:
        return
    if answer.endswith(b" FOUND"):
        name = answer.removeprefix(b"stream: ").removesuffix(b" FOUND").decode(errors="replace")
        log.error("The virus scanner found something in a file that was handed in")
        raise FileInfected(f"The file holds {name[:80]}. Nothing was kept; have its sender told.")
    raise ScannerAway(
        "The virus scanner does not answer. Try again; if it stays so, tell the operator."
    )


def _asked(content: bytes) -> bytes:
    """Return what clamd answers to a stream (clamd(8), INSTREAM)."""
    with closing(_connection()) as spoken:
        spoken.sendall(b"zINSTREAM\0")
        for at in range(0, len(content), CHUNK_BYTES):
            chunk = content[at : at + CHUNK_BYTES]
            spoken.sendall(struct.pack("!I", len(chunk)) + chunk)
        spoken.sendall(struct.pack("!I", 0))
        answer = b""
        while len(answer) < ANSWER_BYTES_AT_MOST and not answer.endswith(b"\0"):
            part = spoken.recv(ANSWER_BYTES_AT_MOST)
            if not part:
                break
            answer += part
    return answer.rstrip(b"\0\n")


def _connection() -> socket.socket:
    """Connect to the scanner: a path is a socket of this machine, else it is HOST:PORT."""
    address = settings.GLASSBOX_CLAMD
    if address.startswith("/"):
        spoken = socket.socket(socket.AF_UNIX)
        spoken.settimeout(SCAN_SECONDS)
        try:
            spoken.connect(address)
        except OSError:
            spoken.close()
            raise
        return spoken
    host, _, port = address.rpartition(":")
    return socket.create_connection((host, int(port)), SCAN_SECONDS)
