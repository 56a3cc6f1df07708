"""Signing in by django-allauth: how it seals, whom it lets in, and what the ledger hears of it."""

from __future__ import annotations

import base64
import io
import json
import logging
import threading
import time
from pathlib import Path
from typing import Any

import segno
from allauth.account import signals as account_signals
from allauth.account.adapter import DefaultAccountAdapter, get_adapter
from allauth.account.decorators import reauthentication_required
from allauth.account.views import LoginView
from allauth.mfa import signals as factor_signals
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.stages import AuthenticateStage
from allauth.usersessions.internal.flows.sessions import end_other_sessions
from allauth.usersessions.models import UserSession
from allauth.usersessions.views import list_usersessions
from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_GET, require_POST

from glassbox import clock
from glassbox.operations.recovery_codes import hash_old_codes
from glassbox.operations.sealing import seal_for_sign_in, unseal_for_sign_in
from glassbox.operations.sign_in import (
    remember_factor,
    remember_password_change,
    remember_refusal,
    remember_session_end,
    remember_sign_in,
)
from glassbox.queries.factors import STRONG
from glassbox.queries.floor_pins import floor_pin_since
from glassbox.queries.ledger_state import restored_at
from glassbox.rules.actor import Actor
from glassbox.web.floor_lock import note_floor_pin
from glassbox.web.recovery_codes import hash_recovery_codes
from glassbox.web.request import PageRequest
from glassbox.web.single_sign_on import METHOD, bind_once_signed_in, sign_on_buttons

log = logging.getLogger(__name__)

FACTOR = "factor"
# By what the ledger knows a session, once its key is no longer the first one.
TRACE = "trace"
# When the sign-in was, in seconds: however a session is used, it ends so long after.
BEGUN = "begun_at"
FACTOR_WORDS = {
    Authenticator.Type.TOTP: "authenticator app",
    Authenticator.Type.WEBAUTHN: "passkey",
    Authenticator.Type.RECOVERY_CODES: "recovery codes",
}


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Nobody signs up; whoever has a second factor confirms with it, never with the password."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return that people are added by their company alone."""
        return False

    def get_login_stages(self) -> list[str]:
        """Return what follows the first proof, with our own way of asking for the second."""
        theirs = f"{AuthenticateStage.__module__}.{AuthenticateStage.__qualname__}"
        ours = f"{FactorStage.__module__}.{FactorStage.__qualname__}"
        return [ours if one == theirs else one for one in super().get_login_stages()]

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Write a refused sign-in into the ledger."""
        remember_refusal(
            email=str(credentials.get("email", "")),
            why="E-mail and password did not match",
            now=clock.now(),
        )

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Return how a person may confirm: by a factor if they have one, the passkey first."""
        methods = super().get_reauthentication_methods(user)
        strong = [method for method in methods if str(method["id"]).startswith("mfa")]
        return sorted(strong, key=lambda one: str(one["id"]), reverse=True) or methods

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send a mail beside the request: how long an answer takes tells nobody who exists."""
        if not settings.GLASSBOX_MAIL_IS_SET_UP:
            log.warning("A mail about signing in was not sent: no mail is set up")
            return
        if restored_at() is not None:
            log.warning("A mail about signing in was not sent: this copy is in restore mode")
            return
        message = self.render_mail(template_prefix, email, {"email": email, **context})
        threading.Thread(target=_send, args=(message,), name="sign-in-mail").start()

    def format_email_subject(self, subject: str) -> str:
        """Return the subject as it is written."""
        return subject


def _send(message: Any) -> None:
    try:
        message.send()
    except OSError as error:
        log.warning("A mail about signing in could not be sent: %s", type(error).__name__)


class FactorStage(AuthenticateStage):  # type: ignore[misc]
    """Ask for the second factor, unless a provider whose word is trusted has just done so."""

    def handle(self) -> tuple[HttpResponse | None, bool]:
        """Return the page that asks, or none, and that the sign-in goes on."""
        if (self.login.signal_kwargs or {}).get(METHOD, {}).get("did_second_factor"):
            return None, True
        asked: tuple[HttpResponse | None, bool] = super().handle()
        return asked


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Secrets of factors are sealed; the last factor stays while one is required."""

    def encrypt(self, text: str) -> str:
        """Return a secret as the database keeps it."""
        return base64.b64encode(seal_for_sign_in(text, FACTOR)).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Return a secret of the database in the clear, for one comparison."""
        return unseal_for_sign_in(base64.b64decode(encrypted_text), FACTOR)

    def build_totp_svg(self, url: str) -> str:
        """Return the QR code that an authenticator app scans."""
        out = io.BytesIO()
        segno.make(url).save(out, kind="svg", scale=4, xmldecl=False)
        return out.getvalue().decode()

    def get_totp_issuer(self) -> str:
        """Return what the app calls us; environments are told apart."""
        name = settings.GLASSBOX_ENVIRONMENT
        return "Glassbox" if name == "production" else f"Glassbox {name}"

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Return what a device calls us when it asks for a finger or a PIN."""
        return {**super().get_public_key_credential_rp_entity(), "name": self.get_totp_issuer()}

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Return whether a factor may go: not the last one where one is required."""
        if not settings.MFA_IS_REQUIRED or authenticator.type not in STRONG:
            return True
        others = Authenticator.objects.filter(user_id=authenticator.user_id, type__in=STRONG)
        return bool(others.exclude(pk=authenticator.pk).exists())


class SignInView(LoginView):  # type: ignore[misc]
    """Ask for e-mail and password. The demo lists its people."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return what the page shows."""
        shown = super().get_context_data(**kwargs)
        buttons = sign_on_buttons(after=shown.get("redirect_field_value") or "")
        return {**shown, "people": _demo_people(), "sign_on_buttons": buttons}

    def form_invalid(self, form: Any) -> HttpResponse:
        """Return the page with what is wrong, as every refused form of ours is answered."""
        response: HttpResponse = super().form_invalid(form)
        response.status_code = 422
        return response


# Whoever finds a screen open ends no other session of its owner: that asks for a fresh proof.
own_sessions = reauthentication_required(list_usersessions, allow_get=True)


@require_POST
def sign_out(request: PageRequest) -> HttpResponse:
    """End the session."""
    if request.user.is_authenticated:
        remember_session_end(actor=actor_of(request.user), why="Signed out", now=request.now)
    logout(request)
    response = HttpResponseRedirect("/sign-in/")
    response["Clear-Site-Data"] = '"cache", "storage"'
    return response


@require_GET
def alive(request: PageRequest) -> HttpResponse:
    """Answer a page that asks whether its session lives; asking is no sign of life."""
    return HttpResponse(status=204)


def proofs_of(request: HttpRequest) -> int:
    """Return how often the person of this session proved who they are."""
    return len(request.session.get("account_authentication_methods", ()))


def renew_key(request: HttpRequest, actor: Actor) -> None:
    """Give a session another key after a fresh proof; the old one opens nothing any more.

    In the ledger, and in the person's list of sessions, it stays the same one.
    """
    old = request.session.session_key
    request.session[TRACE] = actor.session
    request.session.cycle_key()
    UserSession.objects.filter(session_key=old).update(session_key=request.session.session_key)


def actor_of(user: Any) -> Actor:
    """Return a person as who acts on their own sign-in."""
    return Actor(user_id=user.pk, name=user.name, via="web", session=None)


def _demo_people() -> list[dict[str, Any]]:
    if settings.GLASSBOX_ENVIRONMENT != "demo" or not settings.GLASSBOX_DEMO_PEOPLE_FILE:
        return []
    path = Path(settings.GLASSBOX_DEMO_PEOPLE_FILE)
    people: list[dict[str, Any]] = json.loads(path.read_text()) if path.exists() else []
    return people


def _signed_in(request: HttpRequest, user: Any, **said: Any) -> None:
    request.session[BEGUN] = time.time()
    identity = said.get(METHOD)
    if identity and bind_once_signed_in(request, actor_of(user), identity):
        get_adapter().send_notification_mail(
            "account/email/provider_bound", user, {"name": identity["name"]}
        )
    hash_old_codes(user_id=user.pk)
    records = request.session.get("account_authentication_methods", [])
    how = " and ".join(dict.fromkeys(_words_of(record) for record in records)) or "a password"
    if identity and identity["did_second_factor"]:
        how += ", which asked for a second factor"
    remember_sign_in(actor=actor_of(user), how=how, now=clock.now())
    note_floor_pin(request, has_pin=floor_pin_since(actor=actor_of(user)) is not None)


def _words_of(record: dict[str, Any]) -> str:
    if record.get("method") == METHOD:
        return f"the sign-in of {record['provider']}"
    if record.get("method") != "mfa":
        return "a password"
    return f"the {FACTOR_WORDS[record['type']]}"


def _factor_changed(
    signal: Any, request: HttpRequest, user: Any, authenticator: Authenticator, **_: Any
) -> None:
    is_added = signal is not factor_signals.authenticator_removed
    remember_factor(
        actor=actor_of(user),
        factor=FACTOR_WORDS[Authenticator.Type(authenticator.type)],
        is_added=is_added,
        now=clock.now(),
    )
    # Whoever else is signed in as this person did not see the new factor.
    end_other_sessions(request, user)


def _factor_refused(user: Any, **_: Any) -> None:
    remember_refusal(email=user.email, why="The second factor did not match", now=clock.now())


def _password_changed(request: HttpRequest, user: Any, **_: Any) -> None:
    remember_password_change(actor=actor_of(user), how="changed", now=clock.now())
    if request.user.is_authenticated:
        end_other_sessions(request, user)


def _password_reset(user: Any, **_: Any) -> None:
    remember_password_change(actor=actor_of(user), how="set by a link", now=clock.now())


account_signals.user_logged_in.connect(_signed_in)
account_signals.password_changed.connect(_password_changed)
account_signals.password_set.connect(_password_changed)
account_signals.password_reset.connect(_password_reset)
factor_signals.authenticator_added.connect(_factor_changed)
factor_signals.authenticator_removed.connect(_factor_changed)
factor_signals.authenticator_reset.connect(_factor_changed)
factor_signals.authentication_failed.connect(_factor_refused)
hash_recovery_codes()
