"""Bearer token -> who acts, at which licence, and whether the token was made for this."""

from __future__ import annotations

from typing import Any

from ninja.security import HttpBearer

from glassbox.api.problems import CallsUsedUp, ScopeMissing
from glassbox.operations.api_tokens import TokenUse, use_token
from glassbox.rules.api_tokens import SCOPE_WORDS, Scope


class Token(HttpBearer):
    """Open an endpoint to tokens of the licence in its address, of one scope or of any.

    :raises CallsUsedUp: if the calls of the minute are used up
    :raises ScopeMissing: if the token was not made for this
    """

    openapi_name = "token"

    def __init__(self, scope: Scope | None = None) -> None:
        super().__init__()
        self.scope = scope

    def authenticate(self, request: Any, token: str) -> TokenUse:
        number = request.resolver_match.kwargs["license_number"]
        use = use_token(license_number=number, text=token, now=request.now)
        request.use = use
        request.who = {"actor": use.actor, "license_ids": (use.license_id,)}
        if use.wait_seconds:
            raise CallsUsedUp(use.wait_seconds)
        if self.scope is not None and self.scope not in use.scopes:
            raise ScopeMissing(
                f"This token was not made to {SCOPE_WORDS[self.scope]} (scope {self.scope})."
            )
        return use


READ = Token(Scope.READ)
EVENTS = Token(Scope.EVENTS)
# A write asks in its operation, so that a no is remembered in the ledger.
ANY = Token()
