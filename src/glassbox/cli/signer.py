"""`glassbox signer`: signs the heads of the ledger, with a key that only it can read."""

from __future__ import annotations

import argparse
import signal
import sys
import threading

import psycopg
from django.conf import settings

from glassbox.audit.signed_heads import HeadsInUse
from glassbox.audit.signer import WillNotSign, adopt_past, run_signer
from glassbox.audit.signing_keys import SigningKeyMissing
from glassbox.cli.start_check import require_sound


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare how a lost memory is made anew."""
    parser.add_argument(
        "--adopt",
        action="store_true",
        help="rebuild a lost memory from the database, recomputing every log, and end",
    )


def run(arguments: argparse.Namespace) -> int:
    """Sign heads until told to stop; exit 1 with a sentence when that cannot be done."""
    require_sound("signer")
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        if arguments.adopt:
            logs = adopt_past(
                settings.GLASSBOX_SIGNER_DATABASE_URL, settings.GLASSBOX_SIGNER_FOLDER
            )
            sys.stdout.write(f"The past of {logs} logs was recomputed and taken over.\n")
            return 0
        run_signer(
            stop,
            url=settings.GLASSBOX_SIGNER_DATABASE_URL,
            folder=settings.GLASSBOX_SIGNER_FOLDER,
            public_key_file=settings.GLASSBOX_LEDGER_KEY_FILE,
            origin=settings.GLASSBOX_LEDGER_ORIGIN,
        )
    except (WillNotSign, SigningKeyMissing, HeadsInUse) as problem:
        sys.stderr.write(f"The signer cannot sign: {problem}\n")
        return 1
    except psycopg.Error as error:
        sys.stderr.write(f"The signer lost the database: {error}\n")
        return 1
    return 0
