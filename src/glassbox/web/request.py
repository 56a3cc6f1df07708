"""The request as our views see it: with who asks, when, and in which licence."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from glassbox.queries.frame import Scope
from glassbox.rules.actor import Actor


class PageRequest(HttpRequest):
    """An HTTP request after our middleware has read the clock, the session and the address.

    `refused` is the code of a refusal, once there is one.
    """

    id: str
    actor: Actor
    now: datetime
    scope: Scope
    htmx: HtmxDetails
    refused: str
