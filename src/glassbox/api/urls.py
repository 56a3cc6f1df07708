"""Addresses of the API, and its document."""

from __future__ import annotations

import json
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI
from ninja.parser import Parser

from glassbox.api import actions, batches, cases, events, licenses, packages, transfers
from glassbox.api.auth import ANY
from glassbox.api.problems import PROBLEM_JSON, Problem, answer_refusals
from glassbox.api.request import ApiRequest
from glassbox.api.schemas import HERE

ADDRESS = "api/v1"
FAILURES = {
    "400": "The body is no JSON, or holds what no database takes",
    "401": "No token in force opens this licence",
    "403": "The token, or whoever made it, may not do this",
    "404": "There is no such thing at this licence",
    "409": "It stands where this cannot be done",
    "413": "The body is too big",
    "422": "A field cannot be used, or a rule says no",
    "429": "The calls of the minute are used up; Retry-After says how long",
}


class OneProfile(Parser):
    """Read JSON by one profile: no name twice, no NaN, no null character, no broken text."""

    def parse_body(self, request: HttpRequest) -> Any:
        try:
            value = json.loads(
                request.body, object_pairs_hook=_once_each, parse_constant=_no_constant
            )
            _refuse_what_no_database_takes(value)
        except (ValueError, RecursionError) as problem:
            request.body_problem = f"The body cannot be read: {problem}"  # type: ignore[attr-defined]
            raise
        return value


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _no_constant(word: str) -> None:
    raise ValueError(f"{word} is no number of JSON")


def _refuse_what_no_database_takes(value: Any) -> None:
    if isinstance(value, str):
        value.encode()
        if "\0" in value:
            raise ValueError("a text holds a null character")
    elif isinstance(value, dict):
        for name, inner in value.items():
            _refuse_what_no_database_takes(name)
            _refuse_what_no_database_takes(inner)
    elif isinstance(value, list):
        for inner in value:
            _refuse_what_no_database_takes(inner)


api = NinjaAPI(
    title="Glassbox",
    version="1",
    description="Read and draft at one licence of a company. Nothing is approved here.",
    openapi_url=None,
    docs_url=None,
    urls_namespace="api",
    parser=OneProfile(),
)
answer_refusals(api)
for room in (licenses, packages, transfers, batches, actions, cases, events):
    api.add_router("", room.router)


@api.get(HERE + "openapi.json", auth=ANY, include_in_schema=False)
def read_document(request: ApiRequest, license_number: str) -> dict[str, Any]:
    """Read this document."""
    return document()


def document() -> dict[str, Any]:
    """Return the API's OpenAPI 3.1 document, with every failure that an address may answer."""
    said: dict[str, Any] = json.loads(
        json.dumps(api.get_openapi_schema(path_prefix=f"{ADDRESS}/"), default=str)
    )
    shape = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    said["components"]["schemas"].update(shape.pop("$defs"))
    said["components"]["schemas"]["Problem"] = shape
    content = {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for methods in said["paths"].values():
        for operation in methods.values():
            operation["responses"].update(
                {
                    status: {"description": words, "content": content}
                    for status, words in FAILURES.items()
                }
            )
    return said


@csrf_exempt
def nowhere(request: HttpRequest, rest: str = "") -> HttpResponseBase:
    """Answer an address that is none: the door says it as problem+json."""
    raise Http404


urlpatterns = [
    *(one for one in api.urls[0] if getattr(one, "name", "") != "api-root"),
    path("", nowhere, name="api_nowhere"),
    path("<path:rest>", nowhere, name="api_nowhere_below"),
]
