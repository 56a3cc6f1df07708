"""Every error of the API as problem+json (RFC 9457): a stable code, a sentence, and the way out."""

from __future__ import annotations

import json
import logging
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpResponse
from ninja import NinjaAPI, Schema
from ninja.errors import HttpError, ValidationError

from glassbox.access import NotPermitted
from glassbox.api.request import ApiRequest
from glassbox.operations.actions.draft import SomebodyHasIt
from glassbox.operations.api_tokens import TokenRefused
from glassbox.rules.action_lifecycle import MoveNotAllowed
from glassbox.rules.verdicts import InvalidInput, NotFound, Refused

PROBLEM_JSON = "application/problem+json"
log = logging.getLogger(__name__)


class ScopeMissing(Refused):
    """The token was not made for this."""

    code = "api.scope-missing"


class CallsUsedUp(Refused):
    """The token has used up its calls of this minute."""

    code = "api.calls-used-up"

    def __init__(self, wait_seconds: int) -> None:
        super().__init__(f"The calls of this minute are used up. Wait {wait_seconds} s.")
        self.wait_seconds = wait_seconds


class FindingOut(Schema):
    """One thing a gate has to say."""

    code: str
    severity: str
    subject: str
    message: str
    fix: str
    citation: str
    rule_id: str


class FieldError(Schema):
    """One field that cannot be used, and why."""

    field: str
    message: str


class Problem(Schema):
    """An error. `code` is stable and for machines; `detail` is for people."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    findings: list[FindingOut] = []
    errors: list[FieldError] = []


# Which status says what kind of no; everything else that is refused is 422.
STATUSES: dict[type[Refused], int] = {
    TokenRefused: 401,
    NotPermitted: 403,
    ScopeMissing: 403,
    NotFound: 404,
    MoveNotAllowed: 409,
    SomebodyHasIt: 409,
    CallsUsedUp: 429,
}


def problem(
    request: ApiRequest, status: int, detail: str, *, code: str = "", **more: Any
) -> HttpResponse:
    """Return an error as problem+json."""
    title = HTTPStatus(status).phrase
    code = code or title.lower().replace(" ", "-")
    request.refused = code
    said = {
        "type": f"urn:glassbox:problem:{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": f"urn:glassbox:request:{request.id}",
        "code": code,
        "findings": [],
        "errors": [],
        **more,
    }
    return HttpResponse(json.dumps(said), status=status, content_type=PROBLEM_JSON)


def answer_refusals(api: NinjaAPI) -> None:
    """Let an API answer whatever is raised below it in this one shape."""
    api.add_exception_handler(Refused, _refused)
    api.add_exception_handler(ValidationError, _invalid)
    api.add_exception_handler(HttpError, _http_error)
    api.add_exception_handler(RequestDataTooBig, _too_big)
    api.add_exception_handler(Exception, _broken)


def _refused(request: Any, refusal: Any) -> HttpResponse:
    status = next((status for kind, status in STATUSES.items() if isinstance(refusal, kind)), 422)
    findings = [FindingOut.from_orm(one).dict() for one in refusal.findings]
    errors = []
    if isinstance(refusal, InvalidInput):
        errors = [{"field": refusal.field, "message": refusal.way_out}]
    answer = problem(
        request, status, refusal.message, code=refusal.code, findings=findings, errors=errors
    )
    if status == 401:
        answer["WWW-Authenticate"] = 'Bearer realm="glassbox"'
    if isinstance(refusal, CallsUsedUp):
        answer["Retry-After"] = str(refusal.wait_seconds)
    return answer


def _invalid(request: Any, refusal: Any) -> HttpResponse:
    errors = [
        {"field": ".".join(str(part) for part in one["loc"]), "message": one["msg"]}
        for one in refusal.errors
    ]
    named = "; ".join(f"{one['field']}: {one['message']}" for one in errors[:5])
    return problem(request, 422, named, code=InvalidInput.code, errors=errors)


def _http_error(request: Any, refusal: Any) -> HttpResponse:
    if refusal.status_code == 401:
        return _refused(request, TokenRefused("Send a token: Authorization: Bearer glassbox_..."))
    return problem(request, refusal.status_code, request.body_problem or str(refusal))


def _too_big(request: Any, error: Any) -> HttpResponse:
    most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE // (1024 * 1024)
    return problem(request, 413, f"The body has at most {most} MiB. Send it in parts.")


def _broken(request: Any, error: Any) -> HttpResponse:
    log.error("a call of the API failed", exc_info=error)
    return problem(request, 500, f"Something is wrong on our side. Tell the operator {request.id}.")
