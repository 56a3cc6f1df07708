"""The contract as a reader meets it: `/openapi.json` and the page `/docs/`."""

from __future__ import annotations

from importlib import resources

from metrc_simulator.answers import Answer, about_methods, value
from metrc_simulator.contract.openapi import openapi
from metrc_simulator.http_reading import Request

_ADDRESSES = frozenset({"/openapi.json", "/docs"})


def is_about_the_contract(path: str) -> bool:
    """Return whether `path` is answered here and not by METRC's API."""
    return path.rstrip("/") in _ADDRESSES


def tell(request: Request) -> Answer:
    """Return the OpenAPI document or its page."""
    if request.method != "GET":
        return about_methods(request.method, ("GET",))
    if request.path == "/openapi.json":
        return value(openapi())
    page = resources.files("metrc_simulator.contract").joinpath("page.html")
    return Answer(200, page.read_bytes(), content_type="text/html; charset=utf-8")
