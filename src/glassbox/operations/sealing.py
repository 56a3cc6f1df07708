"""Secrets at rest: sealed with this installation's keyset, tied to the row they belong to."""

from __future__ import annotations

import os
from pathlib import Path

import tink
from django.conf import settings
from tink import TinkError, aead, secret_key_access

from glassbox.rules.verdicts import Refused

KEYSET_NAME = "metrc-keys.json"

aead.register()


class SealDoesNotOpen(Exception):
    """Sealed bytes are not those of this row, or the keyset is another."""


def seal(secret: str, bound_to: bytes) -> bytes:
    """Return a secret sealed; it opens only with the same `bound_to`."""
    sealed: bytes = _aead().encrypt(secret.encode(), bound_to)
    return sealed


def unseal(sealed: bytes, bound_to: bytes) -> str:
    """Return a sealed secret in the clear.

    :raises SealDoesNotOpen: if the bytes were moved or altered, or the keyset is another
    """
    try:
        opened: bytes = _aead().decrypt(sealed, bound_to)
    except TinkError as error:
        raise SealDoesNotOpen("The sealed bytes do not open.") from error
    return opened.decode()


def _aead() -> aead.Aead:
    path = Path(settings.GLASSBOX_KEYS_FOLDER) / KEYSET_NAME
    if not path.exists():
        _make_keyset(path)
    handle = tink.json_proto_keyset_format.parse(path.read_text(), secret_key_access.TOKEN)
    return handle.primitive(aead.Aead)


def _make_keyset(path: Path) -> None:
    if settings.IS_PRODUCTION:
        raise Refused(f"The keyset {path} is missing. Restore it from its own backup.")
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = tink.new_keyset_handle(aead.aead_key_templates.AES256_GCM)
    text = tink.json_proto_keyset_format.serialize(handle, secret_key_access.TOKEN)
    temporary = path.with_suffix(f".{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    # Two processes may make one at once: the first to link its file wins, both use that one.
    try:
        os.link(temporary, path)
    except FileExistsError:
        pass
    finally:
        temporary.unlink()
