"""`glassbox make-keys`: the key files of a new installation; those that exist stay as they are."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from django.conf import settings

from glassbox.operations import vault
from glassbox.operations.sealing import (
    SIGN_IN,
    SIGN_IN_KEYSET_NAME,
    make_missing_keyset,
    wrap_in_place,
)
from glassbox.runtime.postgres import write_private
from glassbox.runtime.sealed_files import make_pair

VAULT, BACKUP = "vault", "backup"


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
    for path in _wrapped(arguments.only):
        sys.stdout.write(f"{path} lay in the clear; the key service wraps it now.\n")
    for path in made:
        sys.stdout.write(f"Made {path}. Back it up apart from the database.\n")
    if not made:
        sys.stdout.write("Every key file is there already.\n")
    return 0


def _wrapped(only: str | None) -> list[Path]:
    """Let the key service, where one is set up, wrap what was made before it was."""
    if not settings.GLASSBOX_KEK_URL:
        return []
    found = []
    if only in (None, VAULT):
        found += [(path, vault.PURPOSE) for path in vault.private_files()]
    keyset = Path(settings.GLASSBOX_KEYS_FOLDER) / SIGN_IN_KEYSET_NAME
    if only in (None, SIGN_IN) and keyset.exists():
        found.append((keyset, SIGN_IN))
    return [path for path, purpose in found if wrap_in_place(path, purpose)]


def _make_backup_pair() -> Path:
    private, public = make_pair()
    folder = Path(settings.GLASSBOX_HOME) / "backup-keys"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_private(folder / "backup.private.json", private)
    settings.GLASSBOX_BACKUP_PUBLIC_FILE.write_text(public)
    sys.stdout.write("Take the private key of the backups away from this machine.\n")
    return folder / "backup.private.json"
