"""What the doctor sees around the installation: the public address as a visitor meets it, and clocks."""

from __future__ import annotations

import ctypes
import socket
import ssl
import time
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

CONNECT_SECONDS = 5
# <sys/timex.h>: what ntp_adjtime() answers where the clock follows nobody.
TIME_ERROR = 5
# Room for its structure, of which nothing is read.
TIMEX_BYTES = 512


def tls_error(url: str, roots: Path | None = None) -> str:
    """Return why a visitor should not trust an https address, or nothing.

    Trusted are TLS 1.2 and later, and certificates that the system's roots (or those of a file)
    vouch for. An address that is none of https has its own finding.
    """
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        return ""
    context = ssl.create_default_context(cafile=str(roots) if roots else None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        with (
            socket.create_connection((parts.hostname, parts.port or 443), CONNECT_SECONDS) as plain,
            context.wrap_socket(plain, server_hostname=parts.hostname),
        ):
            return ""
    except ssl.SSLCertVerificationError as error:
        return f"its certificate does not hold ({error.verify_message})"
    except ssl.SSLError as error:
        return f"it speaks no TLS of today ({error.reason})"
    except OSError as error:
        return f"nobody answers there ({error.strerror or type(error).__name__})"


def clock_apart_seconds(connection: psycopg.Connection) -> float:
    """Return how many seconds the database's clock is ahead of this machine's."""
    before = time.time()
    row = connection.execute("SELECT extract(epoch FROM clock_timestamp())").fetchone()
    middle = (before + time.time()) / 2
    return float(row[0]) - middle if row else 0.0


def clock_is_in_step() -> bool:
    """Return whether the kernel says that something keeps its clock in step, or cannot say."""
    ask = getattr(ctypes.CDLL(None), "ntp_adjtime", None)
    return ask is None or bool(ask(ctypes.create_string_buffer(TIMEX_BYTES)) != TIME_ERROR)
