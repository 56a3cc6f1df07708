"""The key that signs checkpoints: a file outside the database, readable by the signer alone."""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from glassbox.audit.notes import public_of, verifier_key

KEY_FILE, STATE_FILE = "signing-key.pem", "signed-heads.sqlite"


class SigningKeyMissing(Exception):
    """There is no signing key, and making a new one would break with what was signed before."""


def make_key(folder: Path) -> Ed25519PrivateKey:
    """Make the signing key in `folder`, which only its owner may enter.

    :raises FileExistsError: if there is one already; a key is never written over
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = Ed25519PrivateKey.generate()
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    descriptor = os.open(folder / KEY_FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return key


def read_key(folder: Path) -> Ed25519PrivateKey:
    """Return the signing key of `folder`.

    :raises SigningKeyMissing: if there is none, or it is of another kind
    """
    path = folder / KEY_FILE
    if not path.exists():
        raise SigningKeyMissing(f"There is no signing key at {path}.")
    key = load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise SigningKeyMissing(f"{path} holds a {type(key).__name__}; it must be Ed25519.")
    return key


def publish_key(path: Path, *, origin: str, key: Ed25519PrivateKey) -> str:
    """Write the public key where everybody may read it, and return the line."""
    line = verifier_key(origin, key.public_key().public_bytes_raw())
    if not path.exists() or path.read_text().strip() != line:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(line + "\n")
    return line


def read_public_key(path: Path) -> bytes:
    """Return the public key that checkpoints are checked with.

    :raises SigningKeyMissing: if the file is not there
    :raises NoteWrong: if it holds no key
    """
    if not path.exists():
        raise SigningKeyMissing(
            f"There is no public key of the ledger at {path}: the signer writes it when it starts."
        )
    return public_of(path.read_text())[2]
