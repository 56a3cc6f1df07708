"""`glassbox make-keys`: the key files of a new installation; those that exist stay as they are."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from django.conf import settings

from glassbox.operations import vault
from glassbox.operations.sealing import make_missing_keyset
from glassbox.runtime.postgres import write_private
from glassbox.runtime.sealed_files import make_pair

VAULT, SIGN_IN, BACKUP = "vault", "sign-in", "backup"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare which keys are made."""
    parser.add_argument(
        "--only",
        choices=(VAULT, SIGN_IN, BACKUP),
        help="the vault of METRC keys, as the worker's user; what the pages need, as theirs; or the "
        "pair of the backups",
    )


def run(arguments: argparse.Namespace) -> int:
    """Make what is missing and say what was made."""
    made = []
    if arguments.only in (None, VAULT) and not vault.public_file().exists():
        made.append(vault.make_generation())
    if arguments.only in (None, SIGN_IN) and (path := make_missing_keyset()):
        made.append(path)
    if arguments.only in (None, BACKUP) and not settings.GLASSBOX_BACKUP_PUBLIC_FILE.exists():
        made.append(_make_backup_pair())
    for path in made:
        sys.stdout.write(f"Made {path}. Back it up apart from the database.\n")
    if not made:
        sys.stdout.write("Every key file is there already.\n")
    return 0


def _make_backup_pair() -> Path:
    private, public = make_pair()
    folder = Path(settings.GLASSBOX_HOME) / "backup-keys"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_private(folder / "backup.private.json", private)
    settings.GLASSBOX_BACKUP_PUBLIC_FILE.write_text(public)
    sys.stdout.write("Take the private key of the backups away from this machine.\n")
    return folder / "backup.private.json"
