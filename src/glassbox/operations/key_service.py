"""The key service: a key of Vault, OpenBao or AWS KMS that wraps our key files.

It never leaves the service. We send a keyset to be wrapped or opened, tied to its environment and
to the name of its file; on our disk lies only what came back.
"""

from __future__ import annotations

from pathlib import Path

import tink
from django.conf import settings
from tink import TinkError, aead, secret_key_access

from glassbox.operations.wrapping_keys import AwsKey, KeyServiceAway, TransitKey
from glassbox.rules.key_service_address import aws_key_place

# Tink's own word in a keyset that somebody else's key wraps.
WRAPPED = '"encryptedKeyset"'


def serialize(handle: tink.KeysetHandle, path: Path, purpose: str) -> str:
    """Return a keyset as its file holds it: wrapped where a key service is set up.

    :raises KeyServiceAway: if the service is set up and does not wrap it
    """
    if not settings.GLASSBOX_KEK_URL:
        text: str = tink.json_proto_keyset_format.serialize(handle, secret_key_access.TOKEN)
        return text
    wrapped: str = tink.json_proto_keyset_format.serialize_encrypted(
        handle, _key_for(purpose), _tied_to(path)
    )
    return wrapped


def parse(path: Path, purpose: str) -> tink.KeysetHandle:
    """Return the keyset of a file, wrapped or not.

    :raises KeyServiceAway: if it is wrapped, and the service does not open it now
    :raises TinkError: if it is no keyset, or was wrapped for another file, environment or key
    """
    text = path.read_text()
    if not is_wrapped(text):
        return tink.json_proto_keyset_format.parse(text, secret_key_access.TOKEN)
    if not settings.GLASSBOX_KEK_URL:
        raise KeyServiceAway(f"{path} is wrapped by a key service. Set GLASSBOX_KEK_URL to it.")
    return tink.json_proto_keyset_format.parse_encrypted(text, _key_for(purpose), _tied_to(path))


def is_wrapped(text: str) -> bool:
    """Return whether the text of a key file is wrapped by a key service."""
    return WRAPPED in text


def why_shut(path: Path, purpose: str) -> str:
    """Return why a key file of this process does not open now, or nothing where it does."""
    try:
        parse(path, purpose)
    except (KeyServiceAway, TinkError) as problem:
        return f"{path}: {problem}"
    return ""


def _key_for(purpose: str) -> aead.Aead:
    name = f"{settings.GLASSBOX_KEK_NAME}-{purpose}"
    place = aws_key_place(settings.GLASSBOX_KEK_URL)
    return AwsKey(place, name) if place else TransitKey(name)


def _tied_to(path: Path) -> bytes:
    return f"keyset/v1|{settings.GLASSBOX_ENVIRONMENT}|{path.name}".encode()
