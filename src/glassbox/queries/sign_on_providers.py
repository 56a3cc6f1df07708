"""The OpenID providers that this installation names, their secrets, and whom they speak of."""

from __future__ import annotations

import logging
import ssl
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings

from glassbox.models.people import ProviderIdentity, User
from glassbox.queries.factors import has_own_way_in
from glassbox.rules.actor import Actor
from glassbox.rules.sign_on_providers import SignOnProvider, read_providers
from glassbox.rules.verdicts import InvalidInput, NotFound

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class PersonFound:
    """Whom a provider speaks of: a person and whether they are bound to it, or why nobody."""

    user: User | None = None
    is_bound: bool = False
    why_nobody: str = ""


@dataclass(frozen=True, kw_only=True)
class BoundProvider:
    """What a person's own page says of their company's provider.

    `since` is None where they may sign in by it and have not yet. It is in force if the settings
    name it for their address: else it opens nothing, whoever is bound to it.
    """

    name: str
    is_in_force: bool
    since: datetime | None = None
    is_only_way_in: bool = False


def sign_on_providers() -> tuple[SignOnProvider, ...]:
    """Return the providers in force; none where the file is wrong, which the log says."""
    try:
        return read_provider_file()
    except InvalidInput as problem:
        log.error("Single sign-on is off: %s", problem.message)
        return ()


def read_provider_file() -> tuple[SignOnProvider, ...]:
    """Return the providers of the file that the settings name, if they name one.

    :raises InvalidInput: if it cannot be read, or something in it is wrong
    """
    path: Path | None = settings.GLASSBOX_SINGLE_SIGN_ON_FILE
    if path is None:
        return ()
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise InvalidInput(
            field="GLASSBOX_SINGLE_SIGN_ON_FILE",
            value=str(path),
            way_out="Let it name a file that this user may read, or unset it.",
        ) from problem
    return read_providers(text, allows_plain=not settings.IS_PRODUCTION)


def sign_on_provider(id: str) -> SignOnProvider:
    """Return the provider with this id.

    :raises NotFound: if there is none
    """
    for one in sign_on_providers():
        if one.id == id:
            return one
    raise NotFound("There is no such way to sign in.")


def provider_name(issuer: str) -> str:
    """Return what people call an issuer; its host where the settings do not name it any more."""
    named = (one.name for one in sign_on_providers() if one.issuer == issuer)
    return next(named, urlsplit(issuer).netloc)


def bound_provider(actor: Actor) -> BoundProvider | None:
    """Return the provider that a person signs in by, or could: None where there is none."""
    if actor.user_id is None:
        return None
    user = User.objects.get(id=actor.user_id)
    identity = ProviderIdentity.objects.filter(user=user).first()
    providers = sign_on_providers()
    if identity is None:
        offers = (one for one in providers if user.company_id and one.speaks_for(user.email))
        offered = next(offers, None)
        return BoundProvider(name=offered.name, is_in_force=True) if offered else None
    return BoundProvider(
        name=provider_name(identity.issuer),
        is_in_force=any(
            one.issuer == identity.issuer and one.speaks_for(user.email) for one in providers
        ),
        since=identity.bound_at,
        is_only_way_in=not has_own_way_in(user),
    )


def provider_of_person(user_id: int) -> tuple[str, datetime] | None:
    """Return the name of the provider that a person is bound to and since when, None if to none."""
    identity = ProviderIdentity.objects.filter(user_id=user_id).first()
    return (provider_name(identity.issuer), identity.bound_at) if identity else None


def secret_file_of(provider: SignOnProvider) -> Path:
    """Return where a client secret lies: among systemd's credentials, or beside the providers."""
    file: Path | None = settings.GLASSBOX_SINGLE_SIGN_ON_FILE
    assert file is not None, "a provider comes from the file"
    folder: Path = settings.GLASSBOX_CREDENTIALS_FOLDER or file.parent
    return folder / provider.client_secret_file


def client_secret(provider: SignOnProvider) -> str:
    """Return a client secret, read anew each time: changing it needs no restart.

    :raises InvalidInput: naming the file, never what it holds
    """
    path = secret_file_of(provider)
    try:
        secret = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        secret = ""
    if not secret:
        raise InvalidInput(
            field=f"provider {provider.id}, client_secret_file",
            value=str(path),
            way_out="Let it name a file that this user may read, with the secret in it.",
        )
    return secret


def trusted_authorities(provider: SignOnProvider) -> ssl.SSLContext:
    """Return what a provider's certificate is held against: its own authorities, or the public ones.

    One company's authority vouches for no other company's provider. Read anew each time.

    :raises InvalidInput: naming the file, if it cannot be read or holds no certificate
    """
    if not provider.ca_file:
        return ssl.create_default_context()
    file: Path | None = settings.GLASSBOX_SINGLE_SIGN_ON_FILE
    assert file is not None, "a provider comes from the file"
    path = file.parent / provider.ca_file
    try:
        return ssl.create_default_context(cafile=str(path))
    except (OSError, ValueError) as problem:
        raise InvalidInput(
            field=f"provider {provider.id}, ca_file",
            value=str(path),
            way_out="Let it name a PEM file of certificates that this user may read, or leave it "
            "out: then the public authorities count.",
        ) from problem


def sign_on_problem() -> str:
    """Return what is wrong with single sign-on as it is set up; empty if nothing is."""
    try:
        for provider in read_provider_file():
            client_secret(provider)
            trusted_authorities(provider)
    except InvalidInput as problem:
        return problem.message
    return ""


def person_at(
    provider: SignOnProvider, *, subject: str, email: str, is_verified: bool
) -> PersonFound:
    """Return whom a provider's subject is: who is bound to it, else who has its verified address.

    Nobody is made. A provider speaks only for people of a company, of its own mail domains, who
    are at work; a person who is bound to another subject stays with that.
    """
    bound = ProviderIdentity.objects.filter(issuer=provider.issuer, subject=subject)
    identity = bound.select_related("user").first()
    if identity is None and not is_verified:
        return PersonFound(why_nobody="The provider does not say that the e-mail is verified")
    user = identity.user if identity else User.objects.filter(email__iexact=email).first()
    if user is None or user.company_id is None:
        return PersonFound(why_nobody="Nobody of a company has this e-mail")
    if not user.is_active:
        return PersonFound(why_nobody="The person is no longer at work")
    if not provider.speaks_for(user.email):
        return PersonFound(why_nobody="The provider does not speak for this e-mail's domain")
    if identity is None and ProviderIdentity.objects.filter(user_id=user.pk).exists():
        return PersonFound(why_nobody="The person is bound to another identity")
    return PersonFound(user=user, is_bound=identity is not None)
