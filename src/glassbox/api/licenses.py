"""What a token opens, and how fresh METRC's numbers are there."""

from __future__ import annotations

from datetime import datetime

from ninja import Router, Schema

from glassbox.api.auth import ANY, READ
from glassbox.api.request import ApiRequest
from glassbox.api.schemas import HERE
from glassbox.operations.api_tokens import TokenUse
from glassbox.queries.freshness import Freshness, freshness

router = Router(tags=["licence"])


class TokenOut(Schema):
    """The token of this call."""

    token_name: str
    license_number: str
    scopes: list[str]
    valid_until: datetime
    calls_left: int


class FeedOut(Schema):
    """One list of METRC: read whole as of when, and why the last try failed, if it did."""

    feed: str
    as_of: datetime | None
    tried_at: datetime | None
    error: str
    is_essential: bool


class FreshnessOut(Schema):
    """`as_of` is the moment up to which everything essential was read; null if something never was."""

    as_of: datetime | None
    packages_as_of: datetime | None
    error: str
    feeds: list[FeedOut]


@router.get(HERE + "token", auth=ANY, response=TokenOut)
def read_token(request: ApiRequest, license_number: str) -> TokenUse:
    """Read what the token of this call may do, and until when."""
    return request.use


@router.get(HERE + "freshness", auth=READ, response=FreshnessOut)
def read_freshness(request: ApiRequest, license_number: str) -> Freshness:
    """Read how fresh METRC's numbers are."""
    return freshness(**request.who)[0]
