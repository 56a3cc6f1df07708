"""A little AWS KMS on this machine: Encrypt and Decrypt with real ciphers, signatures checked by hand."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

ACCOUNT = "arn:aws:kms:us-west-2:111122223333"
AES256, NONCE = 256, 12


@dataclass
class Kms:
    """The service: its keys, whose credentials may use which, and what it was asked."""

    endpoint: str = ""
    delay_seconds: float = 0.0
    is_away: bool = False
    keys: dict[str, AESGCM] = field(default_factory=dict)
    # Access key id to its secret, and to aliases of keys.
    secrets: dict[str, str] = field(default_factory=dict)
    policies: dict[str, set[str]] = field(default_factory=dict)
    wrapped: list[bytes] = field(default_factory=list)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def add_key(self, alias: str, *users: str) -> None:
        self.keys[alias] = AESGCM(AESGCM.generate_key(AES256))
        for user in users:
            self.secrets.setdefault(user, base64.b64encode(os.urandom(30)).decode())
            self.policies.setdefault(user, set()).add(alias)

    def answer(self, headers: Mapping[str, str], body: bytes) -> tuple[int, dict[str, Any]]:
        time.sleep(self.delay_seconds)
        if self.is_away:
            return 500, {"__type": "KMSInternalException"}
        user = headers["Authorization"].partition("Credential=")[2].partition("/")[0]
        if user not in self.secrets:
            return 400, {"__type": "UnrecognizedClientException"}
        if not hmac.compare_digest(headers["Authorization"], self._signed(user, headers, body)):
            return 400, {"__type": "InvalidSignatureException"}
        asked = json.loads(body)
        verb, alias = headers["X-Amz-Target"].partition(".")[2], asked["KeyId"].partition(":alias/")
        self.asked.append((verb, asked["EncryptionContext"]))
        if alias[0] != ACCOUNT or alias[2] not in self.keys:
            return 400, {"__type": "NotFoundException"}
        if alias[2] not in self.policies[user]:
            return 400, {"__type": "AccessDeniedException"}
        return self._done(verb, alias[2], asked)

    def _done(self, verb: str, alias: str, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        tied = json.dumps(asked["EncryptionContext"], sort_keys=True).encode()
        if verb == "Encrypt":
            plain, nonce = base64.b64decode(asked["Plaintext"]), os.urandom(NONCE)
            self.wrapped.append(plain)
            blob = nonce + self.keys[alias].encrypt(nonce, plain, tied)
            return 200, {"CiphertextBlob": base64.b64encode(blob).decode(), "KeyId": alias}
        blob = base64.b64decode(asked["CiphertextBlob"])
        try:
            plain = self.keys[alias].decrypt(blob[:NONCE], blob[NONCE:], tied)
        except InvalidTag:
            return 400, {"__type": "InvalidCiphertextException"}
        return 200, {"Plaintext": base64.b64encode(plain).decode(), "KeyId": alias}

    def _signed(self, user: str, headers: Mapping[str, str], body: bytes) -> str:
        """Return the header that AWS's Signature Version 4 asks for."""
        given = headers["Authorization"]
        names = given.partition("SignedHeaders=")[2].partition(",")[0]
        moment = headers["X-Amz-Date"]
        scope = f"{moment[:8]}/us-west-2/kms/aws4_request"
        lines = [f"{name}:{headers[name].strip()}\n" for name in names.split(";")]
        request = ["POST", "/", "", "".join(lines), names, hashlib.sha256(body).hexdigest()]
        told = hashlib.sha256("\n".join(request).encode()).hexdigest()
        text = "\n".join(["AWS4-HMAC-SHA256", moment, scope, told])
        key = f"AWS4{self.secrets[user]}".encode()
        for part in scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        signature = hmac.digest(key, text.encode(), "sha256").hex()
        return (
            f"AWS4-HMAC-SHA256 Credential={user}/{scope}, SignedHeaders={names}, "
            f"Signature={signature}"
        )


@contextmanager
def kms() -> Iterator[Kms]:
    """Run the service for a test."""
    service = Kms()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, told = service.answer(self.headers, body)  # type: ignore[arg-type]
            text = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    service.endpoint = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


def settings_for(service: Kms) -> dict[str, Any]:
    """Return the settings of a process that asks the service."""
    return {
        "GLASSBOX_KEK_URL": f"aws-kms://{ACCOUNT}",
        "GLASSBOX_KEK_NAME": "glassbox-dev",
        "GLASSBOX_KEK_ENDPOINT": service.endpoint,
    }


def environment_of(service: Kms, user: str) -> dict[str, str]:
    """Return the environment of a process with credentials of its own, and none of the machine."""
    return {
        "AWS_ACCESS_KEY_ID": user,
        "AWS_SECRET_ACCESS_KEY": service.secrets.get(user, "unknown"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
