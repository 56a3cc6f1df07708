"""OpenID providers of companies: what a file of them says, and what is wrong with one."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any
from urllib.parse import urlsplit

from glassbox.rules.metrc_hosts import LOOPBACK
from glassbox.rules.verdicts import InvalidInput

# What stands in the address that a provider leads back to.
ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
PLACE = re.compile(r"([A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\])(:\d{1,5})?")
# A second factor that the provider asked for longer ago says nothing of who sits there now.
TRUSTED_FACTOR_SECONDS = 12 * 60 * 60
CLOCK_SKEW_SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class SignOnProvider:
    """An OpenID provider that may sign in people of its own mail domains, and nobody else.

    `ca_file` holds the authorities that its certificate is held against, in place of the public
    ones. `sign_in_origin` is where people give their password, if not at the issuer's own host.
    `trusted_amr` and `trusted_acr` are its words for a sign-in with a second factor that we need
    not ask again. `emails_are_verified` is for providers that say nothing of it because their
    administrators alone set addresses.
    """

    id: str
    name: str
    issuer: str
    client_id: str
    client_secret_file: str
    email_domains: tuple[str, ...]
    ca_file: str = ""
    sign_in_origin: str = ""
    trusted_amr: tuple[str, ...] = ()
    trusted_acr: tuple[str, ...] = ()
    emails_are_verified: bool = False

    @property
    def origin(self) -> str:
        """Return where a browser is sent to: scheme, host and port."""
        return self.sign_in_origin or origin_of(self.issuer)

    def speaks_for(self, email: str) -> bool:
        """Return whether an address is of this provider's own domains."""
        return email.rpartition("@")[2].lower() in self.email_domains

    def vouches_for_email(self, claims: Mapping[str, Any]) -> bool:
        """Return whether it says that the address of a token is that person's own."""
        return claims.get("email_verified", self.emails_are_verified) is True

    def did_second_factor(self, claims: Mapping[str, Any], now_seconds: float) -> bool:
        """Return whether a token tells of a second factor that is trusted, and lately asked for."""
        said_at = claims.get("auth_time")
        if isinstance(said_at, bool) or not isinstance(said_at, int | float):
            return False
        if not -CLOCK_SKEW_SECONDS <= now_seconds - said_at <= TRUSTED_FACTOR_SECONDS:
            return False
        methods = claims.get("amr")
        methods = methods if isinstance(methods, list) else []
        return claims.get("acr") in self.trusted_acr or any(
            one in self.trusted_amr for one in methods
        )


def origin_of(url: str) -> str:
    """Return scheme, host and port of an address."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def is_safe_address(url: str, *, allows_plain: bool) -> bool:
    """Return whether an address is reached by TLS; beside us it may be plain, if that is allowed."""
    parts = urlsplit(url)
    # Nothing but a host and a port: an origin goes into the policy that browsers hold pages to.
    if not PLACE.fullmatch(parts.netloc):
        return False
    is_beside_us = allows_plain and parts.scheme == "http" and parts.hostname in LOOPBACK
    return parts.scheme == "https" or is_beside_us


def read_providers(text: str, *, allows_plain: bool) -> tuple[SignOnProvider, ...]:
    """Return the providers of a TOML file with one `[[provider]]` for each.

    `allows_plain` is for development: a provider on this machine without TLS.

    :raises InvalidInput: naming the provider, the word and the way out
    """
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise InvalidInput(field="file", value=str(problem), way_out="Write TOML.") from problem
    entries = found.pop("provider", [])
    if found or not isinstance(entries, list) or not entries:
        raise InvalidInput(
            field="file",
            value=", ".join(found) or "no provider",
            way_out="Write one [[provider]] for each, and nothing else.",
        )
    providers = tuple(_provider(entry, number) for number, entry in enumerate(entries, start=1))
    for one in providers:
        _check(one, allows_plain=allows_plain)
    _require_apart("id", (one.id for one in providers))
    _require_apart("issuer", (one.issuer for one in providers))
    _require_apart("email_domains", (name for one in providers for name in one.email_domains))
    return providers


def _provider(entry: Any, number: int) -> SignOnProvider:
    known = {one.name: one for one in fields(SignOnProvider)}
    values: dict[str, Any] = {}
    for name, value in entry.items() if isinstance(entry, dict) else ():
        kind = str(known[name].type) if name in known else ""
        is_list = kind.startswith("tuple")
        fits = {
            "str": isinstance(value, str),
            "bool": isinstance(value, bool),
        }.get(kind, is_list and isinstance(value, list) and all(isinstance(v, str) for v in value))
        if not fits:
            raise InvalidInput(
                field=f"provider {number}, {name}",
                # A secret that stands here by mistake is not said again.
                value=str(value) if name in known else "a word nobody knows",
                way_out="Write one of the words of docs/operating/single-sign-on.md, as it shows.",
            )
        values[name] = tuple(value) if is_list else value
    for name in ("id", "name", "issuer", "client_id", "client_secret_file", "email_domains"):
        if not values.get(name):
            raise InvalidInput(
                field=f"provider {number}, {name}", value="", way_out="Write it: it is needed."
            )
    values["email_domains"] = tuple(one.lower() for one in values["email_domains"])
    return SignOnProvider(**values)


def _check(one: SignOnProvider, *, allows_plain: bool) -> None:
    if not ID.fullmatch(one.id):
        raise InvalidInput(
            field="id", value=one.id, way_out="Write small letters, digits and dashes."
        )
    parts = urlsplit(one.issuer)
    if not is_safe_address(one.issuer, allows_plain=allows_plain) or parts.query or parts.fragment:
        raise InvalidInput(
            field=f"provider {one.id}, issuer",
            value=one.issuer,
            way_out="Write the https address that the provider calls its issuer.",
        )
    if one.sign_in_origin and (
        not is_safe_address(one.sign_in_origin, allows_plain=allows_plain)
        or origin_of(one.sign_in_origin) != one.sign_in_origin
    ):
        raise InvalidInput(
            field=f"provider {one.id}, sign_in_origin",
            value=one.sign_in_origin,
            way_out="Write https:// and the host, without a path.",
        )
    for name in one.email_domains:
        if not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", name):
            raise InvalidInput(
                field=f"provider {one.id}, email_domains",
                value=name,
                way_out="Write domains such as brand.example.",
            )


def _require_apart(word: str, values: Iterable[str]) -> None:
    seen: set[str] = set()
    for value in values:
        if value in seen:
            raise InvalidInput(
                field=word, value=value, way_out="It stands twice: let one provider have it."
            )
        seen.add(value)
