"""`glassbox sequencer`: gives every event of the ledger its number."""

from __future__ import annotations

import argparse
import signal
import sys
import threading

import psycopg
from django.conf import settings

from glassbox.audit.sequencer import run_sequencer


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options; it has none."""


def run(arguments: argparse.Namespace) -> int:
    """Number events until told to stop."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        run_sequencer(
            stop,
            url=settings.GLASSBOX_SEQUENCER_DATABASE_URL,
            origin=settings.GLASSBOX_LEDGER_ORIGIN,
        )
    except psycopg.Error as error:
        sys.stderr.write(f"The sequencer lost the database: {error}\n")
        return 1
    return 0
