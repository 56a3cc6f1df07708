"""Puts who, when and which licence on every request, and turns a refusal into a page."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect

from glassbox import clock
from glassbox.access import NotPermitted
from glassbox.operations.inspectors import refuse_guest, remember_page_seen
from glassbox.queries.frame import scope
from glassbox.rules.actor import Actor
from glassbox.rules.verdicts import NotFound, Refused
from glassbox.web.pages import page
from glassbox.web.request import PageRequest

Answer = Callable[[PageRequest], HttpResponse]

# Pages that a person may open before they have signed in.
OPEN_VIEWS = frozenset({"sign_in", "health", "metrc_hook"})

OK = 200
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# A list of UIDs too long for an address comes by POST; signing out is everybody's own act.
HARMLESS_POSTS = frozenset({"packages", "both_packages", "sign_out"})

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data:",
        # Cytoscape places elements by setting style properties on them.
        "style-src 'self' 'unsafe-inline'",
        "script-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)


class RequestFacts:
    """Read the clock once, name the request, and say who asks."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: PageRequest) -> HttpResponse:
        request.now = clock.now()
        request.id = uuid.uuid4().hex
        actor = _actor(request)
        if actor is not None:
            request.actor = actor
        response = self.get_response(request)
        if response.status_code == OK:
            remember_what_a_guest_saw(request)
        response["X-Request-Id"] = request.id
        response["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
        response["Cross-Origin-Opener-Policy"] = "same-origin"
        response.setdefault("Cache-Control", "no-store")
        return response

    def process_view(
        self, request: PageRequest, view: Any, arguments: Any, named: dict[str, Any]
    ) -> HttpResponse | None:
        """Send strangers to the sign-in page; put the licence of the address on the request."""
        name = request.resolver_match.url_name if request.resolver_match else ""
        if name in OPEN_VIEWS:
            return None
        if not hasattr(request, "actor"):
            return HttpResponseRedirect(f"/sign-in/?next={quote(request.get_full_path())}")
        try:
            request.scope = scope(
                actor=request.actor,
                license_number=named.pop("license_number", None),
                now=request.now,
            )
        except NotFound as refusal:
            return refusal_page(request, refusal)
        return refused_to_a_guest(request, name or "")

    def process_exception(self, request: PageRequest, error: Exception) -> HttpResponse | None:
        """Turn a refusal into a page that says what and why; anything else is a bug."""
        return refusal_page(request, error) if isinstance(error, Refused) else None


def refused_to_a_guest(request: PageRequest, name: str) -> HttpResponse | None:
    """Refuse an inspector who presses a button: they read, and nothing else."""
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
    """Write down the page before an inspector sees it; what cannot be written is not shown."""
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
    return 403 if isinstance(refusal, NotPermitted) else 422


def refusal_page(request: PageRequest, refusal: Refused) -> HttpResponse:
    """Show a refusal: its sentence, every finding, and the way out."""
    status = refusal_status(refusal)
    return page(
        request,
        "refusal.html",
        {"refusal": refusal, "status": status},
        fragment="_refusal.html",
        status=status,
    )


def _actor(request: PageRequest) -> Actor | None:
    user = request.user
    if not user.is_authenticated or not user.is_active:
        return None
    session_key = request.session.session_key or ""
    return Actor(
        user_id=user.pk,
        name=user.name,
        via="web",
        # The ledger ties acts of one sign-in together without holding a usable session key.
        session=hashlib.sha256(f"{settings.SECRET_KEY}:{session_key}".encode()).hexdigest()[:16],
    )
