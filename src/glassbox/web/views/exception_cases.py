"""Case list, one case, assign, note, close."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_GET, require_POST

from glassbox.operations.exception_cases import (
    assign_case,
    close_case,
    note_case,
    recheck_case,
)
from glassbox.queries.exception_cases import CaseFilter, case_list, case_page
from glassbox.web.pages import change_here, one_license_id, page
from glassbox.web.request import PageRequest


@require_GET
def cases(request: PageRequest) -> HttpResponse:
    """List the cases that wait for a person."""
    showing = request.GET.get("show", "")
    if showing not in ("closed", "snoozed"):
        showing = "open"
    state = "CLOSED" if showing == "closed" else "OPEN"
    severity = request.GET.get("severity", "")
    chosen_class = request.GET.get("class", "")
    found = case_list(
        actor=request.actor,
        license_ids=request.scope.license_ids,
        filter=CaseFilter(
            state=state,
            case_class=chosen_class,
            severity=severity,
            snoozed=showing == "snoozed",
        ),
        now=request.now,
    )
    shown = {
        "cases": found,
        "state": state,
        "showing": showing,
        "chosen_class": chosen_class,
        "severity": severity,
        "nav": "cases",
    }
    return page(request, "exception_cases/list.html", shown, fragment="exception_cases/_list.html")


@require_GET
def case(request: PageRequest, case_id: int) -> HttpResponse:
    """Show one case: what happened, why it matters, what to do."""
    found = case_page(
        actor=request.actor,
        license_ids=request.scope.license_ids,
        case_id=case_id,
        now=request.now,
    )
    return page(request, "exception_cases/case.html", {"case": found, "nav": "cases"})


@require_POST
def assign(request: PageRequest, case_id: int) -> HttpResponse:
    """Give a case to a person."""
    owner = request.POST.get("owner", "")
    return change_here(
        request,
        f"cases/{case_id}",
        lambda license_id: assign_case(
            actor=request.actor,
            license_id=license_id,
            case_id=case_id,
            owner_id=int(owner) if owner.isdecimal() else 0,
            now=request.now,
        ),
        "Assigned.",
    )


@require_POST
def note(request: PageRequest, case_id: int) -> HttpResponse:
    """Write what somebody found or did."""
    return change_here(
        request,
        f"cases/{case_id}",
        lambda license_id: note_case(
            actor=request.actor,
            license_id=license_id,
            case_id=case_id,
            text=request.POST.get("text", ""),
            now=request.now,
        ),
        "Noted.",
    )


@require_POST
def close(request: PageRequest, case_id: int) -> HttpResponse:
    """Close a case with its cause and its fix."""
    return change_here(
        request,
        f"cases/{case_id}",
        lambda license_id: close_case(
            actor=request.actor,
            license_id=license_id,
            case_id=case_id,
            because=request.POST.get("because", ""),
            now=request.now,
        ),
        "Closed.",
    )


@require_POST
def recheck(request: PageRequest, case_id: int) -> HttpResponse:
    """Look now whether what the case says is still so."""
    said = recheck_case(
        actor=request.actor, license_id=one_license_id(request), case_id=case_id, now=request.now
    )
    messages.success(request, said)
    return HttpResponseRedirect(f"/{request.scope.slug}/cases/{case_id}/")
