"""A small OpenID provider on this machine: real keys made at random, strict where providers are."""

from __future__ import annotations

import base64
import hashlib
import json
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from secrets import token_urlsafe
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

CLIENT, SECRET = "glassbox", token_urlsafe(32)
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
STRANGERS_KEY = ec.generate_private_key(ec.SECP256R1())


@dataclass
class OpenIdProvider:
    """What it will say next, and what it was asked. `says` changes claims; None leaves one out."""

    address: str = ""
    algorithm: str = "RS256"
    key: Any = None
    kid: str = "RS256"
    headers: dict[str, Any] = field(default_factory=dict)
    says: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    answer: dict[str, Any] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    given: list[str] = field(default_factory=list)

    def authorize(self, address: str) -> dict[str, str]:
        """Sign the person in, and return what the browser brings back."""
        assert address.startswith(f"{self.address}/authorize?"), address
        asked = {name: one for name, (one,) in parse_qs(urlsplit(address).query).items()}
        assert asked["response_type"] == "code" and asked["code_challenge_method"] == "S256"
        self.asked.append(asked)
        code = token_urlsafe(16)
        self.codes[code] = asked
        return {"code": code, "state": asked["state"], "iss": self.address, **self.answer}

    def published(self) -> dict[str, Any]:
        return {
            "issuer": self.address,
            "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token",
            "jwks_uri": f"{self.address}/keys",
            "authorization_response_iss_parameter_supported": True,
            **self.metadata,
        }

    def keys(self) -> dict[str, Any]:
        return {
            "keys": [
                {**jwk, "kid": kid, "use": "sig"}
                for kid, jwk in (
                    ("RS256", RSAAlgorithm.to_jwk(RSA_KEY.public_key(), as_dict=True)),
                    ("ES256", ECAlgorithm.to_jwk(EC_KEY.public_key(), as_dict=True)),
                )
            ]
        }

    def token(self, form: dict[str, str], authorization: str) -> dict[str, Any] | None:
        """Return the tokens for a code, once, to whoever asked for it; None refuses."""
        pair = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        asked = self.codes.pop(form.get("code", ""), None)
        challenge = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        for is_wrong, why in (
            (authorization != f"Basic {pair}", "client"),
            (asked is None, "code"),
            (asked and asked["redirect_uri"] != form.get("redirect_uri"), "redirect_uri"),
            (
                asked
                and asked["code_challenge"]
                != base64.urlsafe_b64encode(challenge).decode().rstrip("="),
                "verifier",
            ),
        ):
            if is_wrong:
                self.refused.append(why)
                return None
        assert asked is not None
        return {
            "access_token": "unused-access-token",
            "token_type": "Bearer",
            "id_token": self._signed(asked),
        }

    def _signed(self, asked: dict[str, str]) -> str:
        now = int(time.time())
        claims = {
            "iss": self.address,
            "aud": CLIENT,
            "sub": "person-1",
            "iat": now,
            "exp": now + 60,
            "nonce": asked["nonce"],
            "email": "fay@goldenpoppy.example",
            "email_verified": True,
            **self.says,
        }
        key = self.key or {"RS256": RSA_KEY, "ES256": EC_KEY}.get(self.algorithm)
        kept = {name: value for name, value in claims.items() if value is not None}
        headers = {"kid": self.kid, **self.headers}
        self.given.append(jwt.encode(kept, key, self.algorithm, headers=headers))
        return self.given[-1]


def _handler(provider: OpenIdProvider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            if path == "/authorize":
                back = provider.authorize(f"{provider.address}{self.path}")
                to = provider.asked[-1]["redirect_uri"]
                self.send_response(302)
                self.send_header("Location", f"{to}?{urlencode(back)}")
                self.send_header("Content-Length", "0")
                self.end_headers()
            else:
                self._say(provider.keys() if path == "/keys" else provider.published())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: one for name, (one,) in parse_qs(body).items()}
            self._say(provider.token(form, self.headers.get("Authorization", "")))

        def _say(self, what: dict[str, Any] | None) -> None:
            body = json.dumps(what or {"error": "invalid_grant"}).encode()
            self.send_response(200 if what else 400)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    return Handler


@contextmanager
def openid_provider(tls: ssl.SSLContext | None = None) -> Iterator[OpenIdProvider]:
    """Run a provider on a free port of this machine."""
    provider = OpenIdProvider()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(provider))
    provider.address = f"http://127.0.0.1:{server.server_port}"
    if tls is not None:
        provider.address = f"https://localhost:{server.server_port}"
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def providers_file(folder: Path, *addresses: str, **words: str) -> Path:
    """Write the file that names providers: the first Golden Poppy's, the second the neighbour's."""
    names = (
        ("poppy", "Golden Poppy", "goldenpoppy.example"),
        ("neighbour", "Neighbor Edibles", "neighboredibles.example"),
    )
    (folder / "client.secret").write_text(f"{SECRET}\n")
    (folder / "client.secret").chmod(0o600)
    text = ""
    for (id, name, domain), address in zip(names, addresses, strict=False):
        lines = {
            "id": f'"{id}"',
            "name": f'"{name}"',
            "issuer": f'"{address}"',
            "client_id": f'"{CLIENT}"',
            "client_secret_file": '"client.secret"',
            "email_domains": f'["{domain}"]',
            **words,
        }
        text += "\n".join(["[[provider]]", *(f"{a} = {b}" for a, b in lines.items())]) + "\n"
    path = folder / "providers.toml"
    path.write_text(text)
    return path
