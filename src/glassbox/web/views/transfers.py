"""Incoming and outgoing transfers, and one transfer with what a person must do in METRC."""

from __future__ import annotations

from django.http import HttpResponse

from glassbox.queries.transfers import transfer_page, transfer_rows
from glassbox.web.pages import page
from glassbox.web.request import PageRequest


def _list(request: PageRequest, direction: str, nav: str) -> HttpResponse:
    show = request.GET.get("show", "open")
    open_only = show == "open"
    rows = transfer_rows(
        actor=request.actor,
        license_ids=request.scope.license_ids,
        direction=direction,
        open_only=open_only,
        late_at=request.now if show == "late" else None,
    )
    return page(
        request,
        "transfers/list.html",
        {"rows": rows, "direction": direction, "open_only": open_only, "show": show, "nav": nav},
        fragment="transfers/_list.html",
    )


def incoming(request: PageRequest) -> HttpResponse:
    """List what is coming to this licence."""
    return _list(request, "INCOMING", "incoming")


def outgoing(request: PageRequest) -> HttpResponse:
    """List what leaves this licence."""
    return _list(request, "OUTGOING", "outgoing")


def transfer(request: PageRequest, transfer_id: int) -> HttpResponse:
    """Show one transfer: packages, gate checks, actions."""
    found = transfer_page(
        actor=request.actor,
        license_ids=request.scope.license_ids,
        transfer_id=transfer_id,
    )
    return page(
        request,
        "transfers/transfer.html",
        {"transfer": found, "nav": found.row.direction.lower()},
    )
