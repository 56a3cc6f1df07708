"""Keys that never leave their service, as Tink asks for them: the transit engine's, and AWS KMS's."""

from __future__ import annotations

import base64
import os
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx
from django.conf import settings
from tink import TinkError, aead

from glassbox.rules.key_service_address import AwsKeyPlace, endpoint_of
from glassbox.rules.verdicts import Refused

SECONDS = 5.0
SHUT = "What its key wraps stays shut until then; nothing is lost."
# AWS KMS's words for bytes that this key never wrapped, or not for this.
NOT_OURS = frozenset({"InvalidCiphertextException", "IncorrectKeyException"})
# What Tink's own integration of AWS KMS calls it, so that Tink's tools open our files.
BOUND_TO = "associatedData"
BOTOCORE = ("botocore.exceptions", "botocore.session", "botocore.config")


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
    return f"The key service answered {status}: {why.get(status, 'look at its own log')}. {SHUT}"


def _token() -> str:
    """Read at each call: whoever renews it writes the file anew."""
    path: Path | None = settings.GLASSBOX_KEK_TOKEN_FILE
    try:
        return path.read_text().strip() if path else ""
    except OSError as problem:
        raise KeyServiceAway(
            f"The token of the key service, {path}, cannot be read: {problem.strerror}."
        ) from problem


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


class AwsKey(aead.Aead):  # type: ignore[misc]
    """One key of AWS KMS by its alias, with what it is tied to as encryption context.

    Tink's own raises the same error for an outage and for bytes that were altered.
    """

    def __init__(self, place: AwsKeyPlace, name: str) -> None:
        self.place = place
        self.name = f"{place.arn}:alias/{name}"

    def encrypt(self, plaintext: bytes, associated_data: bytes) -> bytes:
        """Return bytes wrapped by the service, tied to `associated_data`."""
        wrapped: bytes = self._ask("encrypt", associated_data, Plaintext=plaintext)[
            "CiphertextBlob"
        ]
        return wrapped

    def decrypt(self, ciphertext: bytes, associated_data: bytes) -> bytes:
        """Return what was wrapped.

        :raises TinkError: if it was wrapped for something else, by another key, or altered
        """
        opened: bytes = self._ask("decrypt", associated_data, CiphertextBlob=ciphertext)[
            "Plaintext"
        ]
        return opened

    def _ask(self, verb: str, associated_data: bytes, **fields: bytes) -> dict[str, Any]:
        client, errors = _aws_client(os.getpid(), self.place, *_aws_settings())
        context = {BOUND_TO: associated_data.hex()}
        try:
            told: dict[str, Any] = getattr(client, verb)(
                KeyId=self.name, EncryptionContext=context, **fields
            )
        except errors.ClientError as refused:
            code = str(refused.response.get("Error", {}).get("Code", ""))
            if code in NOT_OURS:
                raise TinkError("The key service did not take this.") from refused
            # Whoever renews credentials writes them anew: the next call reads them.
            _aws_client.cache_clear()
            raise KeyServiceAway(_why_aws(code, verb, self.name)) from refused
        except (errors.BotoCoreError, OSError) as problem:
            _aws_client.cache_clear()
            raise KeyServiceAway(
                f"The key service does not answer ({type(problem).__name__}). {SHUT}"
            ) from problem
        return told


def _why_aws(code: str, verb: str, name: str) -> str:
    why = {
        "AccessDeniedException": f"a policy lets these credentials not {verb} with {name}",
        "NotFoundException": f"there is no key {name}",
        "DisabledException": f"{name} is disabled; enable it",
        "KMSInvalidStateException": f"{name} waits for its deletion; cancel that",
    }
    return f"The key service answered {code}: {why.get(code, 'look into CloudTrail')}. {SHUT}"


def _aws_settings() -> tuple[str, str | bool]:
    endpoint = endpoint_of(settings.GLASSBOX_KEK_URL, settings.GLASSBOX_KEK_ENDPOINT)
    authorities = settings.GLASSBOX_KEK_CA_FILE
    return endpoint, str(authorities) if authorities else True


@lru_cache(maxsize=2)
def _aws_client(
    process: int, place: AwsKeyPlace, endpoint: str, authorities: str | bool
) -> tuple[Any, Any]:
    """Return the client of AWS KMS and its errors; a forked process never shares its connections."""
    try:
        # Half a second and 30 MB: only where it is set up, and there it may be missing.
        exceptions, session, config = map(import_module, BOTOCORE)
    except ImportError as missing:
        raise KeyServiceAway(
            "AWS KMS is set up, and its library is not installed. Install requirements/aws.txt."
        ) from missing
    asked = session.Session()
    # No proxy of the environment, and no second try: whoever waits for an answer tries again.
    limits = config.Config(
        connect_timeout=SECONDS / 2,
        read_timeout=SECONDS / 2,
        retries={"total_max_attempts": 1},
        proxies={},
    )
    asked.set_default_client_config(limits)
    client = asked.create_client(
        "kms", region_name=place.region, endpoint_url=endpoint, verify=authorities
    )
    return client, exceptions
