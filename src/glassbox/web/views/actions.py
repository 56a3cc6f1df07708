"""Draft, review, approve, attest and follow one regulated action."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from glassbox.operations.actions.blocked import ask_for_look, reject_blocked
from glassbox.operations.actions.bulk import approve_many
from glassbox.operations.actions.review import (
    approve_action,
    return_to_draft,
    send_for_review,
    withdraw_action,
)
from glassbox.operations.actions.words import (
    Evidence,
    comment_on_action,
    override_finding,
    review_action,
    set_urgency,
)
from glassbox.operations.submission.attestation import attest
from glassbox.queries.actions.bulk import bulk_page
from glassbox.queries.actions.page import action_page
from glassbox.queries.actions.rows import VIEW_NAMES, ActionFilter, ActionView, action_rows
from glassbox.rules.actor import Actor
from glassbox.rules.saved_views import Grid
from glassbox.rules.verdicts import InvalidInput, NotFound, Refused
from glassbox.web.handed_in import handed_in
from glassbox.web.middleware import refusal_status
from glassbox.web.pages import one_license_id, page
from glassbox.web.refreshing import with_fresh_goods
from glassbox.web.request import PageRequest
from glassbox.web.views.saved_views import opened_with, views_beside

EVIDENCE_ENDINGS = (".pdf", ".png", ".jpg", ".jpeg")


@require_GET
def action_list(request: PageRequest) -> HttpResponse:
    """List the actions of a view, newest first."""
    if opened := opened_with(request, Grid.ACTIONS):
        return opened
    wanted = request.GET.get("view", ActionView.OPEN)
    if wanted not in set(ActionView):
        raise InvalidInput(
            field="view", value=wanted, way_out=f"Choose one of {', '.join(ActionView)}."
        )
    number = request.GET.get("page", "1")
    found = action_rows(
        actor=request.actor,
        license_ids=request.scope.license_ids,
        filter=ActionFilter(view=ActionView(wanted), page=int(number) if number.isdecimal() else 1),
        now=request.now,
    )
    return page(
        request,
        "actions/list.html",
        {
            "actions": found,
            "views": [
                (view, name, found.counts.get(view.value)) for view, name in VIEW_NAMES.items()
            ],
            "saved": views_beside(request, Grid.ACTIONS, f"view={wanted}"),
            "nav": "actions",
        },
        fragment="actions/_list.html",
    )


@require_GET
def action(request: PageRequest, action_id: int) -> HttpResponse:
    """Show one action: what it will do, who said what, what METRC shows."""
    return _show(request, action_id)


@require_GET
def beside(request: PageRequest, action_id: int) -> HttpResponse:
    """Show one action in short, for the pane beside the queue."""
    found = action_page(
        actor=request.actor,
        license_ids=request.scope.license_ids,
        action_id=action_id,
        now=request.now,
    )
    return page(request, "actions/_pane.html", {"action": found, "nav": "actions"})


def _show(request: PageRequest, action_id: int, *, refusal: Refused | None = None) -> HttpResponse:
    found = action_page(
        actor=request.actor,
        license_ids=request.scope.license_ids,
        action_id=action_id,
        now=request.now,
    )
    return page(
        request,
        "actions/action.html",
        {"action": found, "refusal": refusal, "nav": "actions"},
        fragment="actions/_action.html",
        status=refusal_status(refusal) if refusal else 200,
    )


Move = Callable[[Actor, int, int, datetime], None]


def _do(request: PageRequest, action_id: int, move: Move, said: str) -> HttpResponse:
    license_id = one_license_id(request)
    try:
        with_fresh_goods(
            request,
            license_id,
            lambda: move(request.actor, license_id, action_id, request.now),
        )
    except NotFound:
        raise
    except Refused as refusal:
        return _show(request, action_id, refusal=refusal)
    messages.success(request, said)
    return HttpResponseRedirect(f"/{request.scope.slug}/actions/{action_id}/")


@require_POST
def review(request: PageRequest, action_id: int) -> HttpResponse:
    """Hand a draft to whoever may approve it."""
    return _do(
        request,
        action_id,
        lambda actor, license_id, action_id, now: send_for_review(
            actor=actor, license_id=license_id, action_id=action_id, now=now
        ),
        "Sent for review.",
    )


@require_POST
def approve(request: PageRequest, action_id: int) -> HttpResponse:
    """Approve exactly the content that stood on the approver's screen."""
    comment = request.POST.get("comment", "")
    seen = request.POST.get("payload_sha256", "")
    return _do(
        request,
        action_id,
        lambda actor, license_id, action_id, now: approve_action(
            actor=actor,
            license_id=license_id,
            action_id=action_id,
            payload_sha256=seen,
            comment=comment,
            now=now,
        ),
        "Approved. It goes to METRC as soon as its approval is numbered in the ledger.",
    )


@require_POST
def give_back(request: PageRequest, action_id: int) -> HttpResponse:
    """Return an action to its drafter with a reason."""
    comment = request.POST.get("comment", "")
    return _do(
        request,
        action_id,
        lambda actor, license_id, action_id, now: return_to_draft(
            actor=actor, license_id=license_id, action_id=action_id, comment=comment, now=now
        ),
        "Returned to its drafter.",
    )


@require_POST
def withdraw(request: PageRequest, action_id: int) -> HttpResponse:
    """Take an action back before METRC has it."""
    because = request.POST.get("comment", "")
    return _do(
        request,
        action_id,
        lambda actor, license_id, action_id, now: withdraw_action(
            actor=actor, license_id=license_id, action_id=action_id, because=because, now=now
        ),
        "Withdrawn.",
    )


@require_POST
def attest_done(request: PageRequest, action_id: int) -> HttpResponse:
    """Take a person's word that they did it in METRC; a read confirms it."""
    values = {
        name.removeprefix("value_"): value
        for name, value in request.POST.items()
        if name.startswith("value_")
    }
    return _do(
        request,
        action_id,
        lambda actor, license_id, action_id, now: attest(
            actor=actor, license_id=license_id, action_id=action_id, values=values, now=now
        ),
        "Noted. METRC is being read to confirm it.",
    )


@require_POST
def look_again(request: PageRequest, action_id: int) -> HttpResponse:
    """Have METRC looked into for an action in doubt."""
    return _do(
        request,
        action_id,
        lambda actor, license_id, action_id, now: ask_for_look(
            actor=actor, license_id=license_id, action_id=action_id, now=now
        ),
        "METRC is being read. What it shows will stand here in a moment.",
    )


@require_POST
def reject(request: PageRequest, action_id: int) -> HttpResponse:
    """End a blocked action as not done, on the evidence of the newest look."""
    because = request.POST.get("comment", "")
    return _do(
        request,
        action_id,
        lambda actor, license_id, action_id, now: reject_blocked(
            actor=actor, license_id=license_id, action_id=action_id, because=because, now=now
        ),
        "Ended as not done in METRC.",
    )


@require_POST
def mark_reviewed(request: PageRequest, action_id: int) -> HttpResponse:
    """Say that one has reviewed exactly what is shown."""
    comment = request.POST.get("comment", "")
    return _do(
        request,
        action_id,
        lambda actor, license_id, action_id, now: review_action(
            actor=actor, license_id=license_id, action_id=action_id, comment=comment, now=now
        ),
        "Your review is noted, for exactly this content.",
    )


@require_POST
def comment(request: PageRequest, action_id: int) -> HttpResponse:
    """Add a comment to the thread of an action, with a photo or paper."""
    said = request.POST.get("comment", "")
    sent = request.FILES.get("evidence")

    def evidence() -> Evidence | None:
        if sent is None:
            return None
        content = handed_in(sent, field="evidence", endings=EVIDENCE_ENDINGS)
        return Evidence(name=sent.name or "file", content=content)

    return _do(
        request,
        action_id,
        lambda actor, license_id, action_id, now: comment_on_action(
            actor=actor,
            license_id=license_id,
            action_id=action_id,
            comment=said,
            evidence=evidence(),
            now=now,
        ),
        "Your comment is added.",
    )


@require_POST
def urgency(request: PageRequest, action_id: int) -> HttpResponse:
    """Set how urgent an action is."""
    typed = request.POST.get("priority", "")
    priority = int(typed) if typed.isdecimal() else -1
    return _do(
        request,
        action_id,
        lambda actor, license_id, action_id, now: set_urgency(
            actor=actor,
            license_id=license_id,
            action_id=action_id,
            priority=priority,
            due_at=None,
            now=now,
        ),
        "Its urgency is set.",
    )


@require_POST
def override(request: PageRequest, action_id: int) -> HttpResponse:
    """Grant that one finding does not stop exactly this content."""
    code, subject = request.POST.get("code", ""), request.POST.get("subject", "")
    because = request.POST.get("comment", "")
    return _do(
        request,
        action_id,
        lambda actor, license_id, action_id, now: override_finding(
            actor=actor,
            license_id=license_id,
            action_id=action_id,
            code=code,
            subject=subject,
            because=because,
            now=now,
        ),
        "The finding is overridden for exactly this content.",
    )


@require_http_methods(["GET", "POST"])
def bulk(request: PageRequest) -> HttpResponse:
    """Show every line of a bulk approval, and approve each for exactly what is shown."""
    license_id = one_license_id(request)
    if request.method == "POST":
        results = approve_many(
            actor=request.actor,
            license_id=license_id,
            chosen=_chosen(request.POST.getlist("line")),
            comment=request.POST.get("comment", ""),
            now=request.now,
        )
        refused = [one for one in results if one.refusal]
        messages.success(request, f"{len(results) - len(refused)} approved.")
        for one in refused:
            messages.error(request, f"Action {one.action_id} is not approved: {one.refusal}")
        return HttpResponseRedirect(f"/{request.scope.slug}/actions/?view={ActionView.APPROVE}")
    ids = tuple(int(one) for one in request.GET.getlist("id") if one.isdecimal())
    found = bulk_page(actor=request.actor, license_id=license_id, action_ids=ids, now=request.now)
    return page(request, "actions/bulk.html", {"bulk": found, "nav": "actions"})


def _chosen(lines: list[str]) -> list[tuple[int, str]]:
    """Return action ids with the hashes they were shown with, from "12:abc..." each."""
    pairs = [line.partition(":") for line in lines]
    return [(int(number), content) for number, _, content in pairs if number.isdecimal()]
