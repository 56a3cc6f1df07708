"""Who holds the demo's ledger outside: a mirror's folder and a witness, beside the demo's home."""

from __future__ import annotations

import os
import shutil
import socket
import time
from pathlib import Path

from glassbox.audit.notes import ED25519_COSIGNATURE, verifier_key
from glassbox.audit.signing_keys import KEY_FILE, make_key, read_key
from glassbox.audit.tile_files import write_file
from glassbox.rules.verdicts import Refused

WITNESS_NAME = "witness.demo.example"
ANCHOR_EVERY_SECONDS = 60
ANSWERS_WITHIN_SECONDS = 20.0


def folder_outside(home: Path) -> Path:
    """Return where the demo's places outside keep what they hold: beside its home, not in it."""
    return home.with_name(f"{home.name}-outside")


def forget_outside(home: Path) -> None:
    """Throw away what mirror and witness hold: a demo that starts over has another key."""
    shutil.rmtree(folder_outside(home), ignore_errors=True)


def name_places(home: Path) -> tuple[dict[str, str], int]:
    """Make the mirror's folder and the witness's key, and name both to the demo.

    Returns the settings that name them, and the port of the witness, free at this moment.
    """
    outside = folder_outside(home)
    mirror, witness = outside / "mirror", outside / "witness"
    mirror.mkdir(parents=True, exist_ok=True)
    key = read_key(witness) if (witness / KEY_FILE).exists() else make_key(witness)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    line = verifier_key(WITNESS_NAME, key.public_key().public_bytes_raw(), kind=ED25519_COSIGNATURE)
    # The key stays from start to start; only the port is another one.
    write_file(outside / "witnesses", f"http://127.0.0.1:{port} {line}\n".encode())
    return {
        "GLASSBOX_MIRROR_FOLDER": str(mirror),
        "GLASSBOX_WITNESSES_FILE": str(outside / "witnesses"),
        "GLASSBOX_ANCHOR_EVERY_SECONDS": os.environ.get(
            "GLASSBOX_ANCHOR_EVERY_SECONDS", str(ANCHOR_EVERY_SECONDS)
        ),
    }, port


def witness_words(home: Path, port: int) -> tuple[str, ...]:
    """Return the command that starts the witness, as `glassbox` takes it."""
    return (
        *("audit", "witness", "serve", f"--folder={folder_outside(home) / 'witness'}"),
        *(f"--name={WITNESS_NAME}", f"--key={home / 'ledger.vkey'}", f"--port={port}"),
    )


def wait_for_witness(port: int) -> None:
    """Wait until the witness answers: the sequencer asks it before it numbers anything.

    :raises Refused: if it does not within 20 s
    """
    ends = time.monotonic() + ANSWERS_WITHIN_SECONDS
    while time.monotonic() < ends:
        with socket.socket() as caller:
            caller.settimeout(1)
            if caller.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise Refused(f"The demo's witness did not answer in {ANSWERS_WITHIN_SECONDS:.0f} s.")
