"""The home page: the flow as a picture, the four lights, and what needs a person."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseRedirect

from glassbox.queries.dashboard import dashboard
from glassbox.queries.flow_map.places import StepFilter
from glassbox.web.pages import page
from glassbox.web.request import PageRequest


def health(request: PageRequest) -> HttpResponse:
    """Answer that the process serves; says nothing of the data."""
    return HttpResponse("ok", content_type="text/plain; charset=utf-8")


def front(request: PageRequest) -> HttpResponse:
    """Go to the only licence, or to the view of both."""
    switch = request.scope.switch
    address = f"/l/{switch[0].number}/" if len(switch) == 1 else "/both/"
    return HttpResponseRedirect(address)


def flow(request: PageRequest) -> HttpResponse:
    """Show the flow map with the counts of this moment."""
    wanted = request.GET.get("filter", "")
    chosen = StepFilter(wanted) if wanted in set(StepFilter) else None
    board = dashboard(
        actor=request.actor,
        scope=request.scope,
        chosen=chosen,
        now=request.now,
    )
    return page(
        request,
        "flow_map/flow.html",
        {"board": board, "map": board.map, "filters": list(StepFilter), "nav": "flow"},
        fragment="flow_map/_flow.html",
    )
