"""What the pages must open again: sessions and the secrets of second factors, sealed at rest."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

import tink
from django.conf import settings
from tink import TinkError, aead

from glassbox.operations.key_service import is_wrapped, parse, serialize
from glassbox.rules.verdicts import Refused

SIGN_IN = "sign-in"
SIGN_IN_KEYSET_NAME = "sign-in.json"

aead.register()


class SealDoesNotOpen(Exception):
    """Sealed bytes are not those of this row, or the keyset is another."""


def seal_for_sign_in(secret: str, purpose: str) -> bytes:
    """Return a secret of signing in sealed; it opens in this environment for the same purpose."""
    sealed: bytes = _sign_in_aead().encrypt(secret.encode(), _sign_in_bound_to(purpose))
    return sealed


def unseal_for_sign_in(sealed: bytes, purpose: str) -> str:
    """Return a sealed secret of signing in in the clear.

    :raises SealDoesNotOpen: if it was altered, or is of another purpose, environment or keyset
    """
    try:
        opened: bytes = _sign_in_aead().decrypt(sealed, _sign_in_bound_to(purpose))
    except TinkError as error:
        raise SealDoesNotOpen("The sealed bytes do not open.") from error
    return opened.decode()


def _sign_in_bound_to(purpose: str) -> bytes:
    return f"sign-in/v1|{settings.GLASSBOX_ENVIRONMENT}|{purpose}".encode()


def _sign_in_aead() -> aead.Aead:
    path = Path(settings.GLASSBOX_KEYS_FOLDER) / SIGN_IN_KEYSET_NAME
    if not path.exists():
        _make_missing_keyset(path)
    return _parsed(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _parsed(path: Path, changed_at_ns: int) -> aead.Aead:
    # Every request opens its session: the file is parsed again only when it has changed.
    return _parse(path)


def _parse(path: Path) -> aead.Aead:
    return parse(path, SIGN_IN).primitive(aead.Aead)


def make_missing_keyset() -> Path | None:
    """Make the key file of the pages if it is missing, as the set-up of an installation; return it."""
    path = Path(settings.GLASSBOX_KEYS_FOLDER) / SIGN_IN_KEYSET_NAME
    if path.exists():
        return None
    _make_keyset(path)
    return path


def _make_missing_keyset(path: Path) -> None:
    if settings.IS_PRODUCTION:
        raise Refused(
            f"The keyset {path} is missing. Restore it from its own backup; a new installation "
            "makes it by `glassbox make-keys`."
        )
    _make_keyset(path)


def _make_keyset(path: Path) -> None:
    handle = tink.new_keyset_handle(aead.aead_key_templates.AES256_GCM)
    write_once(path, serialize(handle, path, SIGN_IN))


def require_sign_in_keys() -> None:
    """Refuse while what sessions are sealed with cannot be opened.

    :raises KeyServiceAway: if a key service wraps it, and does not open it now
    """
    _sign_in_aead()


def wrap_in_place(path: Path, purpose: str) -> bool:
    """Let the key service wrap a key file that lies in the clear; return whether it did.

    The old bytes are overwritten, which a disk may still undo: change the key where that matters.
    """
    if is_wrapped(path.read_text()):
        return False
    wrapped = serialize(parse(path, purpose), path, purpose)
    temporary = path.with_suffix(".wrapped")
    temporary.unlink(missing_ok=True)
    write_once(temporary, wrapped)
    with path.open("r+b") as old:
        temporary.replace(path)
        old.write(os.urandom(os.fstat(old.fileno()).st_size))
        os.fsync(old.fileno())
    return True


def write_once(path: Path, text: str) -> None:
    """Write a key file that its owner alone may read; one that is there already stays."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_suffix(f".{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    # Two processes may make one at once: the first to link its file wins, both use that one.
    try:
        os.link(temporary, path)
    except FileExistsError:
        pass
    finally:
        temporary.unlink()
