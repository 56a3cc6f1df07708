"""A little key service on this machine: the transit engine's encrypt and decrypt, with real ciphers."""

from __future__ import annotations

import base64
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

PREFIX = "vault:v1:"
# Short of the time after which whoever asks gives up.
SILENT_SECONDS_AT_MOST = 4.0


@dataclass
class Transit:
    """The service: its keys, what each token may use, and what it was asked to wrap."""

    url: str = ""
    is_sealed: bool = False
    # Set while it answers; cleared, whoever asks it to decrypt waits.
    speaks: threading.Event = field(default_factory=threading.Event)
    is_waited_for: threading.Event = field(default_factory=threading.Event)
    keys: dict[str, AESGCM] = field(default_factory=dict)
    # Token to names of keys.
    policies: dict[str, set[str]] = field(default_factory=dict)
    wrapped: list[bytes] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)

    def add_key(self, name: str, *tokens: str) -> None:
        self.keys[name] = AESGCM(AESGCM.generate_key(256))
        for token in tokens:
            self.policies.setdefault(token, set()).add(name)

    def answer(self, path: str, token: str, body: dict[str, str]) -> tuple[int, dict[str, Any]]:
        if "/decrypt/" in path and not self.speaks.is_set():
            self.is_waited_for.set()
            self.speaks.wait(SILENT_SECONDS_AT_MOST)
        if self.is_sealed:
            return 503, {"errors": ["Vault is sealed"]}
        verb, _, name = path.removeprefix("/v1/transit/").partition("/")
        self.asked.append((verb, name))
        if name not in self.policies.get(token, set()):
            return 403, {"errors": ["permission denied"]}
        tied = base64.b64decode(body["associated_data"])
        if verb == "encrypt":
            plain, nonce = base64.b64decode(body["plaintext"]), os.urandom(12)
            self.wrapped.append(plain)
            sealed = base64.b64encode(nonce + self.keys[name].encrypt(nonce, plain, tied)).decode()
            return 200, {"data": {"ciphertext": PREFIX + sealed, "key_version": 1}}
        sealed_bytes = base64.b64decode(body["ciphertext"].removeprefix(PREFIX))
        try:
            plain = self.keys[name].decrypt(sealed_bytes[:12], sealed_bytes[12:], tied)
        except InvalidTag:
            return 400, {"errors": ["cipher: message authentication failed"]}
        return 200, {"data": {"plaintext": base64.b64encode(plain).decode()}}


@contextmanager
def transit() -> Iterator[Transit]:
    """Run the service for a test."""
    service = Transit()
    service.speaks.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, told = service.answer(self.path, self.headers["X-Vault-Token"], body)
            text = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service.url = f"http://127.0.0.1:{server.server_port}/v1/transit"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


def settings_for(service: Transit, folder: Path, token: str) -> dict[str, Any]:
    """Return the settings of a process that asks the service with a token of its own."""
    file = folder / f"token-of-{token}"
    file.write_text(f"{token}\n")
    file.chmod(0o600)
    return {
        "GLASSBOX_KEK_URL": service.url,
        "GLASSBOX_KEK_NAME": "glassbox-dev",
        "GLASSBOX_KEK_TOKEN_FILE": file,
    }
