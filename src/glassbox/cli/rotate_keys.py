"""`glassbox rotate-keys`: new keys for the vault, everything in it sealed anew, the old destroyed."""

from __future__ import annotations

import argparse
import sys

from glassbox import clock
from glassbox.operations.vault_rotation import rotate_vault
from glassbox.rules.actor import system_actor


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options; it has none."""


def run(arguments: argparse.Namespace) -> int:
    """Rotate, as the worker's user; a rotation that died is finished. Exit 1 if a secret is broken."""
    done = rotate_vault(actor=system_actor("rotate-keys"), now=clock.now())
    sys.stdout.write(f"{done.resealed} secrets sealed anew, {done.destroyed} old keys destroyed.\n")
    for name in done.broken:
        sys.stderr.write(f"{name} does not open, so no old key was destroyed. Store it again.\n")
    return 1 if done.broken else 0
