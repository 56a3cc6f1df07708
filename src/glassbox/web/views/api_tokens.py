"""API tokens: which there are, and revoking one."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_POST, require_safe

from glassbox.operations.api_tokens import revoke_token
from glassbox.queries.api_tokens import token_list
from glassbox.web.pages import change_here, page
from glassbox.web.request import PageRequest


@require_safe
def tokens(request: PageRequest) -> HttpResponse:
    """List the tokens of the licences in sight."""
    found = token_list(actor=request.actor, license_ids=request.scope.license_ids, now=request.now)
    return page(request, "company/tokens.html", {"found": found, "nav": "company"})


@require_POST
def revoke(request: PageRequest, token_id: int) -> HttpResponse:
    """Revoke a token now."""
    return change_here(
        request,
        "company/tokens",
        lambda license_id: revoke_token(
            actor=request.actor, license_id=license_id, token_id=token_id, now=request.now
        ),
        "The token is revoked: its next call is refused.",
    )
