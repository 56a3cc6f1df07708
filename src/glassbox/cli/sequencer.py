"""`glassbox sequencer`: gives every event of the ledger its number."""

from __future__ import annotations

import argparse
import signal
import sys
import threading

import psycopg
from django.conf import settings

from glassbox import clock
from glassbox.audit.anchors import contradiction
from glassbox.audit.notes import NoteWrong
from glassbox.audit.outside import heads_outside
from glassbox.audit.sequencer import run_sequencer
from glassbox.audit.signing_keys import SigningKeyMissing, read_public_key
from glassbox.audit.standing import stop_ledger
from glassbox.cli.start_check import require_sound


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options; it has none."""


def run(arguments: argparse.Namespace) -> int:
    """Number events until told to stop."""
    require_sound("sequencer")
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        stop_if_contradicted()
        run_sequencer(
            stop,
            url=settings.GLASSBOX_SEQUENCER_DATABASE_URL,
            origin=settings.GLASSBOX_LEDGER_ORIGIN,
        )
    except (NoteWrong, SigningKeyMissing) as problem:
        sys.stderr.write(f"The sequencer cannot compare with what is held outside: {problem}\n")
        return 1
    except psycopg.Error as error:
        sys.stderr.write(f"The sequencer lost the database: {error}\n")
        return 1
    return 0


def stop_if_contradicted() -> None:
    """Compare the database with what mirror and witnesses hold, before anything is numbered.

    A database that was set back to an older state stops the ledger here, until a person has looked.
    """
    key_file = settings.GLASSBOX_LEDGER_KEY_FILE
    if not key_file.exists():
        # The signer writes it when it starts; before that nothing was ever given outside.
        return
    public = read_public_key(key_file)
    held = heads_outside(
        public=public,
        origin=settings.GLASSBOX_LEDGER_ORIGIN,
        year=clock.now().year,
        mirror=settings.GLASSBOX_MIRROR_FOLDER,
        witnesses_file=settings.GLASSBOX_WITNESSES_FILE,
    )
    with psycopg.connect(settings.GLASSBOX_SEQUENCER_DATABASE_URL, autocommit=True) as connection:
        if sentence := contradiction(connection, held):
            stop_ledger(connection, said_by="sequencer", sentence=sentence)
