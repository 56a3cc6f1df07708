"""`glassbox make-keys`: the key files of a new installation; those that exist stay as they are."""

from __future__ import annotations

import argparse
import sys

from glassbox.operations import vault
from glassbox.operations.sealing import make_missing_keyset

VAULT, SIGN_IN = "vault", "sign-in"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare which keys are made."""
    parser.add_argument(
        "--only",
        choices=(VAULT, SIGN_IN),
        help="the vault of METRC keys, as the worker's user; or what the pages need, as theirs",
    )


def run(arguments: argparse.Namespace) -> int:
    """Make what is missing and say what was made."""
    made = []
    if arguments.only != SIGN_IN and not vault.public_file().exists():
        made.append(vault.make_generation())
    if arguments.only != VAULT and (path := make_missing_keyset()):
        made.append(path)
    for path in made:
        sys.stdout.write(f"Made {path}. Back it up apart from the database.\n")
    if not made:
        sys.stdout.write("Every key file is there already.\n")
    return 0
