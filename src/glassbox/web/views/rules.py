"""The rules of the pack: what blocks and what warns here, and the changes that two people make."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_GET, require_POST

from glassbox.operations.promotions import end_promotion, grant_promotion
from glassbox.queries.rule_changes import rules_at
from glassbox.web.pages import change_here, page
from glassbox.web.request import PageRequest


@require_GET
def rules(request: PageRequest) -> HttpResponse:
    """Show every rule of the licences in sight, what waits to be granted, and what was."""
    found = rules_at(actor=request.actor, license_ids=request.scope.license_ids, now=request.now)
    return page(request, "company/rules.html", {"licenses": found, "nav": "company"})


@require_POST
def grant(request: PageRequest, promotion_id: int) -> HttpResponse:
    """Let a change of a rule take effect, as the second person."""
    return change_here(
        request,
        "rules",
        lambda license_id: grant_promotion(
            actor=request.actor,
            license_id=license_id,
            promotion_id=promotion_id,
            because=request.POST.get("comment", ""),
            now=request.now,
        ),
        "Granted. It holds from its day on, for every gate.",
    )


@require_POST
def end(request: PageRequest, promotion_id: int) -> HttpResponse:
    """Refuse a change of a rule, or take one's own back."""
    return change_here(
        request,
        "rules",
        lambda license_id: end_promotion(
            actor=request.actor,
            license_id=license_id,
            promotion_id=promotion_id,
            because=request.POST.get("comment", ""),
            now=request.now,
        ),
        "Ended. The rule stays as it is.",
    )
