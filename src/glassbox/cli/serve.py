"""`glassbox serve`: the pages, by gunicorn."""

from __future__ import annotations

import argparse
import os
import sys

from glassbox.cli.start_check import require_sound

THREADS = 8
# A list of a thousand UIDs, packed, is an address of some 5 kB.
ADDRESS_BYTES_AT_MOST = 8190


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare where to listen."""
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument(
        "--socket", help="a path: listen to a proxy of this machine there, and at no port"
    )


def run(arguments: argparse.Namespace) -> int:
    """Become gunicorn."""
    require_sound("serve")
    os.execv(sys.executable, [sys.executable, *_with_logs(arguments)])


def _with_logs(arguments: argparse.Namespace) -> list[str]:
    logs = "--logger-class=glassbox.config.logs.GunicornLogs"
    at_port = f"{arguments.host}:{arguments.port}"
    bind = f"unix:{arguments.socket}" if arguments.socket else at_port
    return [*gunicorn_arguments(bind, "glassbox.config.wsgi"), logs]


def gunicorn_arguments(bind: str, application: str) -> list[str]:
    """Return how Python is to start gunicorn: one process, bounded, as every page is served.

    `bind` is HOST:PORT, or unix:PATH of a socket that its user and group alone may open.
    """
    return [
        "-m",
        "gunicorn",
        application,
        f"--bind={bind}",
        "--umask=0o007",
        "--workers=1",
        f"--threads={THREADS}",
        f"--limit-request-line={ADDRESS_BYTES_AT_MOST}",
        "--worker-tmp-dir=/dev/shm" if os.path.isdir("/dev/shm") else "--worker-class=gthread",
        "--log-level=warning",
        # Nobody steers it from outside, and its user has no home to keep a socket in.
        "--no-control-socket",
    ]
