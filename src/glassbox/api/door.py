"""The first and the last that every call of the API meets: clock, id, headers, one shape of error."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import unquote

from django.http import HttpResponse

from glassbox import clock
from glassbox.api.problems import PROBLEM_JSON, problem
from glassbox.api.request import ApiRequest

PREFIX = "/api/"


class ApiDoor:
    """Read the clock once, name the call, and answer every failure as problem+json."""

    def __init__(self, get_response: Callable[[ApiRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: ApiRequest) -> HttpResponse:
        if not request.path_info.startswith(PREFIX):
            return self.get_response(request)
        request.now, request.id, request.body_problem = clock.now(), uuid.uuid4().hex, ""
        if "\0" in request.path_info or "\0" in unquote(request.META.get("QUERY_STRING", "")):
            response = problem(request, 400, "The address holds a null character.")
        else:
            response = self.get_response(request)
        if response.status_code >= 400 and response["Content-Type"] != PROBLEM_JSON:
            response = _as_problem(request, response)
        response["X-Request-Id"] = request.id
        response["Cache-Control"] = "no-store"
        response["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
        if hasattr(request, "use"):
            response["RateLimit-Remaining"] = str(request.use.calls_left)
        return response


def _as_problem(request: ApiRequest, response: HttpResponse) -> HttpResponse:
    """Say in our one shape what Django answered before any endpoint was reached."""
    answer = problem(request, response.status_code, f"{HTTPStatus(response.status_code).phrase}.")
    if "Allow" in response:
        answer["Allow"] = response["Allow"]
    return answer
