"""A lock on a session that was left on a shared tablet: pages again after the owner's floor PIN.

The lock ends no session and begins none: whoever unlocks is whoever signed in with both factors.
It takes every fresh proof away, so a PIN never stands for the code that a signature asks for.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from allauth.account.decorators import reauthentication_required
from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from glassbox.operations.floor_pins import remove_floor_pin, set_floor_pin, try_floor_pin
from glassbox.operations.sign_in import remember_session_end
from glassbox.queries.floor_pins import floor_pin_since
from glassbox.rules.floor_pins import DIGITS_AT_LEAST, DIGITS_AT_MOST
from glassbox.rules.verdicts import InvalidInput
from glassbox.web.pages import page
from glassbox.web.request import PageRequest

LOCKED, HAS_PIN = "is_locked", "has_floor_pin"
THROUGH_THE_LOCK = frozenset({"unlock", "sign_out"})


def note_floor_pin(request: HttpRequest, has_pin: bool) -> None:
    """Note in the session whether its owner has a floor PIN."""
    request.session[HAS_PIN] = has_pin


def lock_session(request: PageRequest) -> None:
    """Lock this session, and take away that its owner has just proved who they are."""
    request.session[LOCKED] = True
    records = request.session.get(AUTHENTICATION_METHODS_SESSION_KEY, [])
    request.session[AUTHENTICATION_METHODS_SESSION_KEY] = [
        {name: value for name, value in record.items() if name != "reauthenticated"}
        for record in records
    ]


def lock_if_left_alone(request: PageRequest, idle_seconds: float) -> None:
    """Lock a session whose owner has a PIN and gave no sign of life for some minutes."""
    if request.session.get(HAS_PIN) and idle_seconds > settings.FLOOR_LOCK_SECONDS:
        lock_session(request)


def stopped_at_the_lock(request: PageRequest, name: str) -> HttpResponse | None:
    """Return where a locked session is sent instead of its page; None for one that is open."""
    if not request.session.get(LOCKED) or name in THROUGH_THE_LOCK:
        return None
    is_page = request.method == "GET" and not request.htmx
    place = f"/unlock/?next={quote(request.get_full_path())}" if is_page else "/unlock/"
    return HttpResponseClientRedirect(place) if request.htmx else HttpResponseRedirect(place)


@require_POST
def lock(request: PageRequest) -> HttpResponse:
    """Lock the session now; without a PIN lead to where one is set."""
    if floor_pin_since(actor=request.actor) is None:
        messages.warning(request, "Set a floor PIN first: nothing else unlocks a session.")
        return HttpResponseRedirect("/account/pin/")
    lock_session(request)
    return HttpResponseRedirect("/unlock/")


@require_http_methods(["GET", "POST"])
def unlock(request: PageRequest) -> HttpResponse:
    """Ask for the PIN of whoever signed in here; end the session after five wrong ones."""
    place = _within(request, request.POST.get("next") or request.GET.get("next") or "/")
    if not request.session.get(LOCKED):
        return HttpResponseRedirect(place)
    wrong = ""
    if request.method == "POST":
        left = try_floor_pin(actor=request.actor, pin=request.POST.get("pin", ""), now=request.now)
        if left is None:
            del request.session[LOCKED]
            return HttpResponseRedirect(place)
        if left == 0:
            remember_session_end(
                actor=request.actor, why="The floor PIN was wrong too often", now=request.now
            )
            logout(request)
            messages.warning(request, "Too many wrong PINs. Sign in, and set a new one.")
            return HttpResponseRedirect("/sign-in/")
        wrong = f"This is not the PIN. {left} tr{'y' if left == 1 else 'ies'} left."
    context = {"wrong": wrong, "place": place, "name": request.actor.name}
    return page(request, "account/unlock.html", context, status=422 if wrong else 200)


def _within(request: PageRequest, place: str) -> str:
    is_ours = url_has_allowed_host_and_scheme(place, allowed_hosts={request.get_host()})
    return place if is_ours and place.startswith("/") else resolve_url("/")


@require_http_methods(["GET", "POST"])
@reauthentication_required  # type: ignore[untyped-decorator]
def floor_pin(request: PageRequest) -> HttpResponse:
    """Set, change or remove one's own floor PIN, after a fresh proof."""
    problem = ""
    if request.method == "POST" and "remove" in request.POST:
        remove_floor_pin(actor=request.actor, now=request.now)
        note_floor_pin(request, has_pin=False)
        messages.success(request, "The floor PIN is removed.")
        return HttpResponseRedirect("/account/")
    if request.method == "POST":
        try:
            set_floor_pin(actor=request.actor, pin=request.POST.get("pin", ""), now=request.now)
        except InvalidInput as refusal:
            problem = refusal.message
        else:
            note_floor_pin(request, has_pin=True)
            messages.success(request, "The floor PIN is set. Lock is at the top of every page.")
            return HttpResponseRedirect("/account/")
    context: dict[str, Any] = {
        "since": floor_pin_since(actor=request.actor),
        "problem": problem,
        "least": DIGITS_AT_LEAST,
        "most": DIGITS_AT_MOST,
        "minutes": round(settings.FLOOR_LOCK_SECONDS / 60),
    }
    return page(request, "account/floor_pin.html", context, status=422 if problem else 200)
