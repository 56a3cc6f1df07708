"""Puts who, when and which licence on every request, and turns a refusal into a page."""

from __future__ import annotations

import hashlib
import logging
import time
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect

from glassbox import clock
from glassbox.access import NotPermitted
from glassbox.operations.inspectors import refuse_guest, remember_page_seen
from glassbox.queries.factors import has_factor
from glassbox.queries.frame import scope
from glassbox.rules.actor import Actor
from glassbox.rules.verdicts import InvalidInput, NotFound, Refused
from glassbox.web.floor_lock import lock_if_left_alone, stopped_at_the_lock
from glassbox.web.pace import TooFast, require_patience
from glassbox.web.pages import page
from glassbox.web.request import PageRequest
from glassbox.web.sign_in import BEGUN, TRACE, proofs_of, renew_key
from glassbox.web.sign_in_addresses import OPEN_NAMES, OWN_NAMES
from glassbox.web.signing import stopped_to_sign
from glassbox.web.single_sign_on import SIGN_IN, form_action

Answer = Callable[[PageRequest], HttpResponse]
log = logging.getLogger(__name__)

# Pages that a person may open before they have signed in.
OPEN_VIEWS = OPEN_NAMES | {"health", "metrc_hook", "policy_report"}
# Where somebody without a second factor may go where one is required: to set one up, or out.
WITHOUT_FACTOR = frozenset(
    {
        "sign_out",
        "mfa_activate_totp",
        "mfa_add_webauthn",
        "mfa_view_recovery_codes",
        "account_reauthenticate",
    }
)
SEEN, SEEN_AGAIN_AFTER_SECONDS = "seen_at", 60

OK = 200
METHODS, HOOK, ALIVE = ("GET", "HEAD", "POST"), "/metrc/", "/account/alive/"
# Of an address a name counts once, but for these: a browser sends one for each that is picked.
MANY_TIMES = frozenset({"id", "labels", "column"})
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# A list of UIDs too long for an address comes by POST; signing out is everybody's own act.
HARMLESS_POSTS = OWN_NAMES | {"packages", "both_packages"}

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data:",
        # Cytoscape places elements by setting style properties on them.
        "style-src 'self' 'unsafe-inline'",
        "script-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "report-uri /policy-report/",
    )
)


class RequestFacts:
    """Read the clock once, name the request, and say who asks."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: PageRequest) -> HttpResponse:
        # The API has a door of its own, and no session of a browser opens it.
        if request.path_info.startswith("/api/"):
            return self.get_response(request)
        # Django's own forms would take a PUT for a POST; METRC's hook says for itself what it takes.
        if request.method not in METHODS and not request.path_info.startswith(HOOK):
            return _with_policy(request, HttpResponseNotAllowed(METHODS))
        request.now = clock.now()
        request.id = uuid.uuid4().hex
        end_if_idle(request)
        actor = _actor(request)
        if actor is not None:
            request.actor = actor
        proofs = proofs_of(request)
        response = self.get_response(request)
        if actor is not None and proofs_of(request) > proofs:
            renew_key(request, actor)
        if response.status_code == OK:
            remember_what_a_guest_saw(request)
        elif response.status_code >= 400:
            remember_refused(request, response)
        response["X-Request-Id"] = request.id
        return _with_policy(request, response)

    def process_view(
        self, request: PageRequest, view: Any, arguments: Any, named: dict[str, Any]
    ) -> HttpResponse | None:
        """Send strangers to the sign-in page; put the licence of the address on the request."""
        name = request.resolver_match.url_name if request.resolver_match else ""
        if request.path_info.startswith("/api/"):
            return None
        if name in OPEN_VIEWS:
            return None
        if not hasattr(request, "actor"):
            return HttpResponseRedirect(f"/sign-in/?next={quote(request.get_full_path())}")
        locked = stopped_at_the_lock(request, name or "")
        if locked is not None:
            return locked
        if settings.MFA_IS_REQUIRED and name not in WITHOUT_FACTOR and not has_factor(request.user):
            return HttpResponseRedirect("/account/app/")
        try:
            request.scope = scope(
                actor=request.actor,
                license_number=named.pop("license_number", None),
                now=request.now,
            )
        except NotFound as refusal:
            return refusal_page(request, refusal)
        try:
            require_patience(request, name or "")
            require_once_each(request)
        except Refused as refusal:
            return refusal_page(request, refusal)
        return refused_to_a_guest(request, name or "") or stopped_to_sign(
            request, name or "", named
        )

    def process_exception(self, request: PageRequest, error: Exception) -> HttpResponse | None:
        """Turn a refusal into a page that says what and why; anything else is a bug."""
        return refusal_page(request, error) if isinstance(error, Refused) else None


def end_if_idle(request: PageRequest) -> None:
    """End a session that is too old, or gave no sign of life for too long; note that of this one."""
    if not request.user.is_authenticated:
        return
    now_seconds = time.time()
    # Django counts a session's age anew each time it is kept; this counts from the sign-in.
    if now_seconds - request.session.setdefault(BEGUN, now_seconds) > settings.SESSION_COOKIE_AGE:
        logout(request)
        return
    if not settings.SESSION_IDLE_SECONDS:
        return
    seen_seconds = request.session.get(SEEN, now_seconds)
    lock_if_left_alone(request, now_seconds - seen_seconds)
    if now_seconds - seen_seconds > settings.SESSION_IDLE_SECONDS:
        logout(request)
    elif request.path_info == ALIVE:
        return
    elif SEEN not in request.session or now_seconds - seen_seconds > SEEN_AGAIN_AFTER_SECONDS:
        request.session[SEEN] = now_seconds


def require_once_each(request: PageRequest) -> None:
    """Refuse an address that says one thing twice: two readers would take two values.

    :raises InvalidInput: naming it
    """
    for name, values in request.GET.lists():
        if len(values) > 1 and name not in MANY_TIMES:
            raise InvalidInput(
                field=name, value=" and ".join(map(str, values)), way_out="Say it once."
            )


def remember_refused(request: PageRequest, response: HttpResponse) -> None:
    """Log what was refused, by its code: input, a right, a limit, a missing thing."""
    code = getattr(request, "refused", "") or f"http-{response.status_code}"
    log.warning(
        "refused: %s", code, extra={"request": request, "status_code": response.status_code}
    )


def refused_to_a_guest(request: PageRequest, name: str) -> HttpResponse | None:
    """Refuse a guest who presses a button: they read, and nothing else."""
    if request.scope.guest_until is None or request.method in SAFE_METHODS:
        return None
    if name in HARMLESS_POSTS:
        return None
    try:
        for license in request.scope.licenses:
            refuse_guest(actor=request.actor, license_id=license.id, now=request.now)
    except NotPermitted as refusal:
        return refusal_page(request, refusal)
    return None


def remember_what_a_guest_saw(request: PageRequest) -> None:
    """Write down the page before a guest sees it; what cannot be written is not shown."""
    scope = getattr(request, "scope", None)
    if scope is None or scope.guest_until is None:
        return
    for license in scope.licenses:
        remember_page_seen(
            actor=request.actor, license_id=license.id, path=request.path, now=request.now
        )


def refusal_status(refusal: Refused) -> int:
    """Return the HTTP status of a refusal: not found, not permitted, or not now."""
    if isinstance(refusal, NotFound):
        return 404
    if isinstance(refusal, TooFast):
        return 429
    return 403 if isinstance(refusal, NotPermitted) else 422


def refusal_page(request: PageRequest, refusal: Refused) -> HttpResponse:
    """Show a refusal: its sentence, every finding, and the way out."""
    status = refusal_status(refusal)
    request.refused = refusal.code
    response = page(
        request,
        "refusal.html",
        {"refusal": refusal, "status": status},
        fragment="_refusal.html",
        status=status,
    )
    if isinstance(refusal, TooFast):
        response["Retry-After"] = str(refusal.wait_seconds)
    return response


def _with_policy(request: PageRequest, response: HttpResponse) -> HttpResponse:
    """Return an answer that tells the browser what a page of ours may do."""
    # The sign-in page alone has forms that lead elsewhere: to a company's own sign-in.
    forms = form_action() if request.path_info == SIGN_IN else "form-action 'self'"
    response["Content-Security-Policy"] = f"{CONTENT_SECURITY_POLICY}; {forms}"
    response["Cross-Origin-Opener-Policy"] = "same-origin"
    response.setdefault("Cache-Control", "no-store")
    return response


def _actor(request: PageRequest) -> Actor | None:
    user = request.user
    if not user.is_authenticated or not user.is_active:
        return None
    session_key = request.session.session_key or ""
    # The ledger ties acts of one sign-in together without holding a usable session key.
    trace = hashlib.sha256(f"{settings.SECRET_KEY}:{session_key}".encode()).hexdigest()[:16]
    return Actor(
        user_id=user.pk,
        name=user.name,
        via="web",
        session=request.session.get(TRACE, trace),
        has_second_factor=any(
            one.get("method") == "mfa"
            for one in request.session.get("account_authentication_methods", ())
        ),
    )
