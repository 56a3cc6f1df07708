"""A server behind the proxy that tells what came through: tests/outside/test_proxy.py asks it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

# What this process was asked, in order: a smuggled request would stand here too.
ASKED: list[str] = []


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer with scheme, headers, the length of the body, and everything asked so far."""
    ASKED.append(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}")
    length = len(environ["wsgi.input"].read())
    said = {
        "scheme": environ["wsgi.url_scheme"],
        "headers": {name: value for name, value in environ.items() if name.startswith("HTTP_")},
        "length": length,
        "asked": ASKED,
    }
    body = json.dumps(said).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Server", "x")])
    return [body]
