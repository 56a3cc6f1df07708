"""The request as our endpoints see it: when it came, its id, and what its token opened."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest

from glassbox.operations.api_tokens import TokenUse


class ApiRequest(HttpRequest):
    """A call of the API after the door has read the clock and the token.

    `who` is what every query of the token's licence is told, `refused` the code of a failure, once
    there is one.
    """

    id: str
    now: datetime
    use: TokenUse
    who: dict[str, Any]
    body_problem: str
    refused: str
