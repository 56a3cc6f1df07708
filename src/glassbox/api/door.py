"""The first and the last that every call of the API meets: clock, id, headers, one shape of error."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import parse_qsl, unquote

from django.conf import settings
from django.http import HttpResponse

from glassbox import clock
from glassbox.api.problems import PROBLEM_JSON, problem
from glassbox.api.request import ApiRequest

PREFIX = "/api/"
log = logging.getLogger(__name__)


class ApiDoor:
    """Read the clock once, name the call, and answer every failure as problem+json."""

    def __init__(self, get_response: Callable[[ApiRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: ApiRequest) -> HttpResponse:
        if not request.path_info.startswith(PREFIX):
            return self.get_response(request)
        request.now, request.id, request.body_problem = clock.now(), uuid.uuid4().hex, ""
        said = _wrong_from_outside(request)
        response = problem(request, 400, said) if said else self.get_response(request)
        if response.status_code >= 400 and response["Content-Type"] != PROBLEM_JSON:
            response = _as_problem(request, response)
        response["X-Request-Id"] = request.id
        response["Cache-Control"] = "no-store"
        # What was answered before Django's own middleware says no less than what came through it.
        response.setdefault("X-Content-Type-Options", "nosniff")
        response.setdefault("Referrer-Policy", settings.SECURE_REFERRER_POLICY)
        response["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
        if hasattr(request, "use"):
            response["RateLimit-Remaining"] = str(request.use.calls_left)
        if response.status_code >= 400:
            _remember_refused(request, response)
        return response


def _wrong_from_outside(request: ApiRequest) -> str:
    """Return what is wrong with a call before anybody looks at what it asks, or nothing."""
    if settings.IS_PRODUCTION and not request.is_secure():
        # A redirect would teach a system to send its token in the clear every time.
        return "Call by https. What was sent could be read on its way: revoke this token."
    query = request.META.get("QUERY_STRING", "")
    if "\0" in request.path_info or "\0" in unquote(query):
        return "The address holds a null character."
    names = [name for name, _ in parse_qsl(query, keep_blank_values=True)]
    twice = next((name for name in names if names.count(name) > 1), None)
    return f"The address says {twice!r} twice." if twice is not None else ""


def _remember_refused(request: ApiRequest, response: HttpResponse) -> None:
    """Log what was refused, by the code its sender was told."""
    code = getattr(request, "refused", "") or f"http-{response.status_code}"
    log.warning(
        "refused: %s", code, extra={"request": request, "status_code": response.status_code}
    )


def _as_problem(request: ApiRequest, response: HttpResponse) -> HttpResponse:
    """Say in our one shape what Django answered before any endpoint was reached."""
    answer = problem(request, response.status_code, f"{HTTPStatus(response.status_code).phrase}.")
    if "Allow" in response:
        answer["Allow"] = response["Allow"]
    return answer
