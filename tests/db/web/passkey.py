"""A passkey in software: answers registration and sign-in as a device with its PIN given would."""

from __future__ import annotations

import hashlib
import json
import secrets
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import (
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40
AAGUID = bytes(16)


class Passkey:
    """One key pair of one person at one host."""

    def __init__(self, host: str, origin: str) -> None:
        self.host_sha256 = hashlib.sha256(host.encode()).digest()
        self.origin = origin
        self.id = secrets.token_bytes(16)
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.uses = 0

    def register(self, options: dict[str, Any]) -> str:
        """Return the JSON that a browser posts after a registration."""
        public = ES256.from_cryptography_key(self.key.public_key())
        data = AuthenticatorData.create(
            self.host_sha256,
            PRESENT | VERIFIED | ATTESTED,
            0,
            AttestedCredentialData.create(AAGUID, self.id, public),
        )
        attestation = AttestationObject.create("none", data, {})
        client = self._client("webauthn.create", options)
        return self._posted(clientDataJSON=client, attestationObject=attestation)

    def sign_in(self, options: dict[str, Any], user_handle: bytes, flags: int = VERIFIED) -> str:
        """Return the JSON that a browser posts after a sign-in; `flags` says if the PIN was given."""
        self.uses += 1
        data = AuthenticatorData.create(self.host_sha256, PRESENT | flags, self.uses)
        client = self._client("webauthn.get", options)
        signature = self.key.sign(data + client.hash, ec.ECDSA(hashes.SHA256()))
        return self._posted(
            clientDataJSON=client,
            authenticatorData=data,
            signature=signature,
            userHandle=user_handle,
        )

    def _client(self, type: str, options: dict[str, Any]) -> CollectedClientData:
        challenge = websafe_decode(options["publicKey"]["challenge"])
        return CollectedClientData.create(type=type, challenge=challenge, origin=self.origin)

    def _posted(self, **response: bytes) -> str:
        return json.dumps(
            {
                "id": websafe_encode(self.id),
                "rawId": websafe_encode(self.id),
                "type": "public-key",
                "response": {name: websafe_encode(value) for name, value in response.items()},
                "clientExtensionResults": {},
            }
        )
