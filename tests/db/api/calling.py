"""Short words for tests of the API: a token of somebody, and a call with it."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from django.http import HttpResponse
from django.test import Client

from glassbox.cli.demo_brand import Brand
from glassbox.operations.api_tokens import make_token
from glassbox.rules.api_tokens import Scope
from tests.cast import MFG, person

EVERY_SCOPE = tuple(Scope)
_keys = itertools.count(1)


def token_of(
    brand: Brand,
    name: str,
    *scopes: Scope,
    number: str = MFG,
    now: datetime | None = None,
) -> str:
    """Make a token in somebody's name at a licence; for reading and drafting unless said."""
    now = now or datetime.now(UTC)
    return make_token(
        actor=person(brand, name),
        license_id=brand.licenses[number],
        name="Warehouse system",
        scopes=scopes or (Scope.READ, Scope.DRAFT),
        last_day=(now + timedelta(days=30)).date(),
        now=now,
    )


def call(
    token: str,
    address: str,
    body: Any = None,
    *,
    number: str = MFG,
    key: str | None = None,
    method: str = "",
) -> Any:
    """Call an address below a licence: GET, or POST if there is a body, with a key of its own."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    if body is not None:
        headers["Idempotency-Key"] = key if key is not None else f"call-{next(_keys)}"
    answer: HttpResponse = Client(raise_request_exception=False).generic(
        method or ("GET" if body is None else "POST"),
        f"/api/v1/l/{number}/{address}",
        data=body if isinstance(body, bytes) else _json(body),
        content_type="application/json",
        headers=headers,
    )
    return answer


def _json(body: Any) -> bytes:
    return b"" if body is None else json.dumps(body).encode()


def said(answer: Any, status: int) -> Any:
    """Return what an answer holds, which must have this status and the right kind of content."""
    assert answer.status_code == status, (answer.status_code, answer.content[:600])
    wanted = "application/problem+json" if status >= 400 else "application/json"
    assert answer["Content-Type"].startswith(wanted)
    return answer.json()
