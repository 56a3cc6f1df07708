"""Signing in by a company's OpenID provider: in place of the password, never of a signature's code."""

from __future__ import annotations

import logging
import secrets
import time
from typing import Any
from urllib.parse import urlencode

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.decorators import rate_limit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from glassbox import clock
from glassbox.operations.openid import (
    Question,
    SignOnFailed,
    claims_of_code,
    metadata_of,
    question_address,
)
from glassbox.operations.provider_identities import BoundOtherwise, bind_identity
from glassbox.operations.sign_in import remember_refusal
from glassbox.queries.factors import has_factor
from glassbox.queries.sign_on_providers import person_at, sign_on_provider, sign_on_providers
from glassbox.rules.actor import Actor
from glassbox.rules.sign_on_providers import SignOnProvider
from glassbox.rules.verdicts import InvalidInput, NotFound

log = logging.getLogger(__name__)

ASKED, METHOD = "single_sign_on", "single_sign_on"
SECRET_BYTES = 32
ASKED_SECONDS_AT_MOST = 600
SIGN_IN = "/sign-in/"
NOBODY = "That sign-in names nobody who works here. Ask your owner, or use your password."
FAILED = "The sign-in there did not succeed. Try again, or use your password."
NO_FACTOR = (
    "Sign in with your password once and set up a second factor: signatures ask for it. From then "
    "on your company's sign-in takes the password's place."
)


def sign_on_buttons(after: str) -> list[dict[str, str]]:
    """Return the buttons of the sign-in page, one a provider; `after` is where to go then."""
    return [{"id": one.id, "name": one.name, "next": after} for one in sign_on_providers()]


def form_action() -> str:
    """Return where a form of the sign-in page may lead: here, and to the providers."""
    return " ".join(("form-action 'self'", *sorted({one.origin for one in sign_on_providers()})))


@require_POST
@rate_limit(action="login")  # type: ignore[untyped-decorator]
def begin(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Lead to the provider, with a question that this browser's session alone knows."""
    if request.user.is_authenticated:
        return HttpResponseRedirect("/")
    provider = _provider(provider_id)
    path = reverse("single_sign_on_back", args=[provider.id])
    base = settings.GLASSBOX_PUBLIC_URL
    question = Question(
        back=f"{base}{path}" if base else request.build_absolute_uri(path),
        state=secrets.token_urlsafe(SECRET_BYTES),
        nonce=secrets.token_urlsafe(SECRET_BYTES),
        verifier=secrets.token_urlsafe(SECRET_BYTES),
    )
    try:
        address = question_address(provider, metadata_of(provider), question)
    except (SignOnFailed, InvalidInput) as problem:
        return _refused(request, provider, why=problem.message, words=FAILED)
    request.session[ASKED] = {
        "provider": provider.id,
        "at": time.time(),
        "next": request.POST.get("next", ""),
        "question": vars(question),
    }
    return HttpResponseRedirect(address)


@require_safe
def back(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Take the provider's answer, once; the second factor is asked next."""
    if request.user.is_authenticated:
        return HttpResponseRedirect("/")
    provider = _provider(provider_id)
    asked = request.session.pop(ASKED, None)
    if asked is None or asked["provider"] != provider.id:
        # Anybody can open this address without limit: it fills the log, never the ledger.
        log.warning("An answer of an OpenID provider came to a browser that asked nothing")
        messages.error(request, FAILED)
        return HttpResponseRedirect(SIGN_IN)
    question = Question(**asked["question"])
    is_late = time.time() - asked["at"] > ASKED_SECONDS_AT_MOST
    is_ours = secrets.compare_digest(request.GET.get("state", "").encode(), question.state.encode())
    if is_late or not is_ours:
        return _refused(request, provider, why="It answers another question", words=FAILED)
    if "code" not in request.GET:
        # What a provider writes into its error is a stranger's text: it is not shown or kept.
        return _refused(request, provider, why="The provider gave no code", words=FAILED)
    try:
        claims = claims_of_code(
            provider, question, code=request.GET["code"], said_issuer=request.GET.get("iss")
        )
    except (SignOnFailed, InvalidInput) as problem:
        return _refused(request, provider, why=problem.message, words=FAILED)
    return _sign_in(request, provider, claims, after=asked["next"])


def _sign_in(
    request: HttpRequest, provider: SignOnProvider, claims: dict[str, Any], *, after: str
) -> HttpResponse:
    email = str(claims.get("email") or "")
    found = person_at(
        provider,
        subject=str(claims["sub"]),
        email=email,
        is_verified=provider.vouches_for_email(claims),
    )
    if found.user is None:
        return _refused(request, provider, why=found.why_nobody, words=NOBODY, email=email)
    user = found.user
    if settings.MFA_IS_REQUIRED and not has_factor(user):
        why = "The person has no second factor yet"
        return _refused(request, provider, why=why, words=NO_FACTOR, email=user.email)
    record_authentication(request, user, method=METHOD, provider=provider.name)
    identity = {
        "issuer": provider.issuer,
        "subject": str(claims["sub"]),
        "name": provider.name,
        "was_bound": found.is_bound,
        # Whom nobody bound yet, or no longer, shows a factor of ours first.
        "did_second_factor": found.is_bound and provider.did_second_factor(claims, time.time()),
    }
    is_here = url_has_allowed_host_and_scheme(after, {request.get_host()}, request.is_secure())
    login = Login(
        user=user, redirect_url=after if is_here else None, signal_kwargs={METHOD: identity}
    )
    response: HttpResponse = perform_login(request, login)
    return response


def bind_once_signed_in(request: HttpRequest, actor: Actor, identity: dict[str, Any]) -> bool:
    """Bind the person to the identity they came by, now that every proof was given.

    Return whether it is new.

    :raises ImmediateHttpResponse: out again, if one of the two was bound to another meanwhile
    """
    try:
        return bind_identity(
            actor=actor,
            issuer=identity["issuer"],
            subject=identity["subject"],
            session_key=request.session.session_key or "",
            was_bound=identity["was_bound"],
            now=clock.now(),
        )
    except BoundOtherwise as refused:
        logout(request)
        messages.error(request, NOBODY)
        raise ImmediateHttpResponse(HttpResponseRedirect(SIGN_IN)) from refused


def _provider(id: str) -> SignOnProvider:
    try:
        return sign_on_provider(id)
    except NotFound as unknown:
        raise Http404 from unknown


def _refused(
    request: HttpRequest, provider: SignOnProvider, *, why: str, words: str, email: str = ""
) -> HttpResponse:
    """Say on the sign-in page that it did not succeed; what exactly is for the ledger alone."""
    remember_refusal(email=email, why=f"By the sign-in of {provider.name}: {why}", now=clock.now())
    messages.error(request, words)
    after = request.POST.get("next", "")
    return HttpResponseRedirect(f"{SIGN_IN}?{urlencode({'next': after})}" if after else SIGN_IN)
