"""Case list, one case, assign, note, close; and the comparisons that cases came from."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_GET, require_POST

from glassbox.operations.exception_cases import assign_case, close_case, note_case
from glassbox.operations.reconciliation import sign_report
from glassbox.queries.exception_cases import CaseFilter, case_list, case_page
from glassbox.queries.reconciliation import report_list, report_page
from glassbox.rules.verdicts import NotFound
from glassbox.web.pages import page
from glassbox.web.request import PageRequest


@require_GET
def cases(request: PageRequest) -> HttpResponse:
    """List the cases that wait for a person."""
    state = "CLOSED" if request.GET.get("show") == "closed" else "OPEN"
    found = case_list(
        actor=request.actor,
        license_ids=request.scope.license_ids,
        filter=CaseFilter(state=state, case_class=request.GET.get("class", "")),
        now=request.now,
    )
    return page(
        request,
        "exception_cases/list.html",
        {"cases": found, "state": state, "nav": "cases"},
        fragment="exception_cases/_list.html",
    )


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


def _change(
    request: PageRequest, address: str, change: Callable[[int], None], said: str
) -> HttpResponse:
    if request.scope.license is None:
        raise NotFound("Choose one licence first: the view of both is read only.")
    change(request.scope.license.id)
    messages.success(request, said)
    return HttpResponseRedirect(f"/{request.scope.slug}/{address}/")


@require_POST
def assign(request: PageRequest, case_id: int) -> HttpResponse:
    """Give a case to a person."""
    owner = request.POST.get("owner", "")
    return _change(
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
    return _change(
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
    return _change(
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


@require_GET
def reports(request: PageRequest) -> HttpResponse:
    """List the comparisons of our book with METRC."""
    found = report_list(actor=request.actor, license_ids=request.scope.license_ids)
    return page(request, "exception_cases/reports.html", {"reports": found, "nav": "cases"})


@require_GET
def report(request: PageRequest, report_id: int) -> HttpResponse:
    """Show one comparison with every difference."""
    found = report_page(
        actor=request.actor, license_ids=request.scope.license_ids, report_id=report_id
    )
    return page(request, "exception_cases/report.html", {"report": found, "nav": "cases"})


@require_POST
def sign(request: PageRequest, report_id: int) -> HttpResponse:
    """Sign a comparison: the thirty days begin again."""
    return _change(
        request,
        f"reconciliation/{report_id}",
        lambda license_id: sign_report(
            actor=request.actor,
            license_id=license_id,
            report_id=report_id,
            statement=request.POST.get("statement", ""),
            now=request.now,
        ),
        "Signed.",
    )
