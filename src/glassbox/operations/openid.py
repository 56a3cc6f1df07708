"""OpenID Connect with a provider: its metadata, the question, the code's exchange, the ID token.

OpenID Connect Core 1.0 (code flow), PKCE (RFC 7636, S256), issuer in the answer (RFC 9207).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import httpx
import jwt
from django.conf import settings

from glassbox.operations.tls_failures import say_if_tls_failed
from glassbox.queries.sign_on_providers import client_secret, trusted_authorities
from glassbox.rules.outside_hosts import check_listed
from glassbox.rules.sign_on_providers import (
    CLOCK_SKEW_SECONDS,
    TRUSTED_FACTOR_SECONDS,
    SignOnProvider,
    is_safe_address,
    origin_of,
)
from glassbox.rules.verdicts import Refused

ANSWER_SECONDS_AT_MOST = 5.0
ANSWER_BYTES_AT_MOST = 256 * 1024
# Public keys alone: with a secret one, whoever verifies could sign, and `none` signs nothing.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA")
NAME_CHARACTERS = 255
NEEDED = ["iss", "sub", "aud", "exp", "iat", "nonce"]


class SignOnFailed(Refused):
    """A provider did not answer, or its answer does not hold."""

    code = "sign-on.failed"


@dataclass(frozen=True, kw_only=True)
class Question:
    """What one browser asks a provider: known to that browser's session and to nobody else."""

    back: str
    state: str
    nonce: str
    verifier: str


def metadata_of(provider: SignOnProvider) -> dict[str, Any]:
    """Return a provider's metadata.

    :raises InvalidInput: if its file of authorities cannot be read
    :raises SignOnFailed: if they are another issuer's, or lead people or us to where they may not
    """
    address = f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration"
    found = _exchange(provider, "GET", address)
    if found.get("issuer") != provider.issuer:
        raise SignOnFailed("The metadata are of another issuer")
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        _check_address(str(found.get(name, "")), name)
    if origin_of(found["authorization_endpoint"]) != provider.origin:
        raise SignOnFailed("The metadata send people to another host than the settings name")
    return found


def question_address(provider: SignOnProvider, metadata: dict[str, Any], question: Question) -> str:
    """Return where the browser goes to sign in."""
    challenge = hashlib.sha256(question.verifier.encode()).digest()
    asked = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": question.back,
        "scope": "openid email",
        "state": question.state,
        "nonce": question.nonce,
        "code_challenge": base64.urlsafe_b64encode(challenge).decode().rstrip("="),
        "code_challenge_method": "S256",
    }
    if provider.trusted_amr or provider.trusted_acr:
        asked["max_age"] = str(TRUSTED_FACTOR_SECONDS)
    if provider.trusted_acr:
        asked["acr_values"] = " ".join(provider.trusted_acr)
    joint = "&" if urlsplit(metadata["authorization_endpoint"]).query else "?"
    return f"{metadata['authorization_endpoint']}{joint}{urlencode(asked)}"


def claims_of_code(
    provider: SignOnProvider, question: Question, *, code: str, said_issuer: str | None
) -> dict[str, Any]:
    """Return what a provider says of whoever brought a code back.

    `said_issuer` is the issuer that the answer itself names, if it names one.

    :raises SignOnFailed: if anything of the answer does not hold
    :raises InvalidInput: if our own client secret cannot be read
    """
    metadata = metadata_of(provider)
    is_named = metadata.get("authorization_response_iss_parameter_supported") is True
    if (is_named or said_issuer is not None) and said_issuer != provider.issuer:
        raise SignOnFailed("The answer is of another issuer")
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": question.back,
        "code_verifier": question.verifier,
    }
    secret = client_secret(provider)
    methods = metadata.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    headers = {}
    if "client_secret_basic" in methods:
        pair = f"{quote(provider.client_id, safe='')}:{quote(secret, safe='')}".encode()
        headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
    else:
        form |= {"client_id": provider.client_id, "client_secret": secret}
    answer = _exchange(provider, "POST", metadata["token_endpoint"], form=form, headers=headers)
    keys = _exchange(provider, "GET", metadata["jwks_uri"])
    return _claims(provider, keys, str(answer.get("id_token", "")), question.nonce)


def _claims(
    provider: SignOnProvider, keys: dict[str, Any], token: str, nonce: str
) -> dict[str, Any]:
    """Return the claims of an ID token that holds (OpenID Connect Core 3.1.3.7)."""
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            key=_key(keys, jwt.get_unverified_header(token)),
            algorithms=list(ALGORITHMS),
            audience=provider.client_id,
            issuer=provider.issuer,
            leeway=CLOCK_SKEW_SECONDS,
            options={"require": NEEDED, "enforce_minimum_key_length": True},
        )
    except jwt.PyJWTError as problem:
        raise SignOnFailed(f"The ID token does not hold: {type(problem).__name__}") from problem
    audience = claims["aud"]
    is_for_several = isinstance(audience, list) and len(audience) > 1
    if (is_for_several or "azp" in claims) and claims.get("azp") != provider.client_id:
        raise SignOnFailed("The ID token was made for somebody else")
    if not hmac.compare_digest(str(claims["nonce"]).encode(errors="replace"), nonce.encode()):
        raise SignOnFailed("The ID token answers another question")
    names = (claims["sub"], str(claims.get("email") or "-"))
    if not all(0 < len(one) <= NAME_CHARACTERS and one.isprintable() for one in names):
        raise SignOnFailed("The ID token names nobody whose name can be kept")
    return claims


def _key(keys: dict[str, Any], header: dict[str, Any]) -> jwt.PyJWK:
    """Return the provider's key that a token names; without a name, the only one it has.

    A key, or an address of one, that the token itself brings is not looked at.
    """
    # An access token or a word of logging out, with the same signature, says nothing of a sign-in.
    if str(header.get("typ", "JWT")).upper() != "JWT":
        raise jwt.InvalidTokenError("It is no ID token")
    listed = keys.get("keys")
    fits = [
        one
        for one in (listed if isinstance(listed, list) else [])
        if isinstance(one, dict)
        and one.get("use", "sig") == "sig"
        and header.get("kid") in (None, one.get("kid"))
    ]
    if len(fits) != 1:
        raise jwt.InvalidKeyError("No key of the provider, or several, fit the token")
    # A key that names no algorithm goes by the token's own, if that is of the list.
    algorithm = fits[0].get("alg") or header.get("alg")
    if algorithm not in ALGORITHMS:
        raise jwt.InvalidAlgorithmError("The algorithm is not of the list")
    return jwt.PyJWK(fits[0], algorithm=algorithm)


def _exchange(
    provider: SignOnProvider,
    method: str,
    url: str,
    *,
    form: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
) -> dict[str, Any]:
    """Return a provider's JSON: asked once, no redirect followed, bounded in bytes and time."""
    _check_address(url, "issuer")
    ends = time.monotonic() + ANSWER_SECONDS_AT_MOST
    body = b""
    try:
        with (
            httpx.Client(
                verify=trusted_authorities(provider),
                follow_redirects=False,
                trust_env=False,
                timeout=ANSWER_SECONDS_AT_MOST,
            ) as client,
            client.stream(
                method, url, data=form, headers={"Accept": "application/json", **(headers or {})}
            ) as answer,
        ):
            for part in answer.iter_bytes():
                body += part
                if len(body) > ANSWER_BYTES_AT_MOST or time.monotonic() > ends:
                    raise SignOnFailed("The provider's answer is too long or too slow")
    except (httpx.HTTPError, httpx.InvalidURL) as problem:
        say_if_tls_failed(problem, "an OpenID provider")
        raise SignOnFailed(f"The provider does not answer: {type(problem).__name__}") from problem
    if answer.status_code != HTTPStatus.OK:
        raise SignOnFailed(f"The provider answered {answer.status_code}")
    try:
        found = json.loads(body)
    except ValueError as problem:
        raise SignOnFailed("The provider's answer is not JSON") from problem
    if not isinstance(found, dict):
        raise SignOnFailed("The provider's answer is no object")
    return found


def _check_address(url: str, name: str) -> None:
    if not is_safe_address(url, allows_plain=not settings.IS_PRODUCTION):
        raise SignOnFailed(f"The provider's {name} is no https address")
    if settings.IS_PRODUCTION:
        check_listed(urlsplit(url).hostname or "", settings.GLASSBOX_OUTSIDE_HOSTS)
