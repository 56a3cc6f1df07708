"""The key service: a key in Vault's or OpenBao's transit engine that wraps our key files.

It never leaves the service. We send a keyset to be wrapped or opened, tied to its environment and
to the name of its file; on our disk lies only what came back.
"""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import httpx
import tink
from django.conf import settings
from tink import TinkError, aead, secret_key_access

from glassbox.rules.verdicts import Refused

SECONDS = 5.0
# Tink's own word in a keyset that somebody else's key wraps.
WRAPPED = '"encryptedKeyset"'


class KeyServiceAway(Refused):
    """The key service gives no answer, or refuses us: nothing that it wraps can be opened now."""

    code = "key-service.away"


class TransitKey(aead.Aead):  # type: ignore[misc]
    """One key of the transit engine, as Tink asks for it; Tink's own binds nothing to a ciphertext."""

    def __init__(self, name: str) -> None:
        self.name = name

    def encrypt(self, plaintext: bytes, associated_data: bytes) -> bytes:
        """Return bytes wrapped by the service, tied to `associated_data`."""
        told = self._ask("encrypt", {"plaintext": _text(plaintext)}, associated_data)
        return str(told["ciphertext"]).encode()

    def decrypt(self, ciphertext: bytes, associated_data: bytes) -> bytes:
        """Return what was wrapped.

        :raises TinkError: if it was wrapped for something else, by another key, or altered
        """
        told = self._ask("decrypt", {"ciphertext": ciphertext.decode()}, associated_data)
        return base64.b64decode(told["plaintext"])

    def _ask(self, verb: str, fields: dict[str, str], associated_data: bytes) -> dict[str, Any]:
        where = f"{settings.GLASSBOX_KEK_URL}/{verb}/{self.name}"
        body = {**fields, "associated_data": _text(associated_data)}
        headers = {"X-Vault-Token": _token(), "X-Vault-Request": "true"}
        authorities = settings.GLASSBOX_KEK_CA_FILE
        try:
            with httpx.Client(
                timeout=SECONDS,
                follow_redirects=False,
                trust_env=False,
                verify=str(authorities) if authorities else True,
            ) as client:
                answer = client.post(where, json=body, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as problem:
            raise KeyServiceAway(
                f"The key service does not answer ({type(problem).__name__}). What its key wraps "
                "stays shut until it does; nothing is lost."
            ) from problem
        if answer.status_code == 400:
            raise TinkError("The key service did not take this.")
        if answer.status_code != 200:
            raise KeyServiceAway(_why(answer.status_code, verb, self.name))
        told: dict[str, Any] = answer.json()["data"]
        return told


def _why(status: int, verb: str, name: str) -> str:
    why = {
        403: f"it refuses our token for {verb}/{name}; renew the token or its policy",
        404: f"it has no key {name}, or no transit engine at GLASSBOX_KEK_URL",
        503: "it is sealed; whoever runs it unseals it",
    }
    return (
        f"The key service answered {status}: {why.get(status, 'look at its own log')}. What its key "
        "wraps stays shut until then; nothing is lost."
    )


def _token() -> str:
    """Read at each call: whoever renews it writes the file anew."""
    path: Path | None = settings.GLASSBOX_KEK_TOKEN_FILE
    try:
        return path.read_text().strip() if path else ""
    except OSError as problem:
        raise KeyServiceAway(
            f"The token of the key service, {path}, cannot be read: {problem.strerror}."
        ) from problem


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


def _key_for(purpose: str) -> TransitKey:
    return TransitKey(f"{settings.GLASSBOX_KEK_NAME}-{purpose}")


def _tied_to(path: Path) -> bytes:
    return f"keyset/v1|{settings.GLASSBOX_ENVIRONMENT}|{path.name}".encode()


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()
