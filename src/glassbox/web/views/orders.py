"""Wholesale orders: the list, and one order with its allocations."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_GET, require_POST

from glassbox.operations.orders.draft import confirm_order
from glassbox.queries.orders.pages import order_page, order_rows
from glassbox.rules.verdicts import NotFound, Refused
from glassbox.web.middleware import refusal_status
from glassbox.web.pages import one_license_id, page
from glassbox.web.request import PageRequest


@require_GET
def orders(request: PageRequest) -> HttpResponse:
    """List the orders, newest first."""
    rows = order_rows(actor=request.actor, license_ids=request.scope.license_ids)
    return page(request, "orders/orders.html", {"orders": rows, "nav": "orders"})


def _show(request: PageRequest, order_id: int, refusal: Refused | None = None) -> HttpResponse:
    found = order_page(
        actor=request.actor,
        license_id=one_license_id(request),
        order_id=order_id,
        now=request.now,
    )
    return page(
        request,
        "orders/order.html",
        {"order": found, "refusal": refusal, "nav": "orders"},
        status=refusal_status(refusal) if refusal else 200,
    )


@require_GET
def order(request: PageRequest, order_id: int) -> HttpResponse:
    """Show one order: lines, allocations, what could be promised, its manifests."""
    return _show(request, order_id)


@require_POST
def confirm(request: PageRequest, order_id: int) -> HttpResponse:
    """Confirm an order."""
    try:
        confirm_order(
            actor=request.actor,
            license_id=one_license_id(request),
            order_id=order_id,
            now=request.now,
        )
    except NotFound:
        raise
    except Refused as refusal:
        return _show(request, order_id, refusal)
    messages.success(request, "Confirmed.")
    return HttpResponseRedirect(f"/{request.scope.slug}/orders/{order_id}/")
