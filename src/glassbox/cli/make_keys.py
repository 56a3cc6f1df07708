"""`glassbox make-keys`: the key files of a new installation; those that exist stay as they are."""

from __future__ import annotations

import argparse
import sys

from glassbox.operations.sealing import make_missing_keysets


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options; it has none."""


def run(arguments: argparse.Namespace) -> int:
    """Make what is missing and say what was made."""
    made = make_missing_keysets()
    for path in made:
        sys.stdout.write(f"Made {path}. Back it up apart from the database.\n")
    if not made:
        sys.stdout.write("Every key file is there already.\n")
    return 0
