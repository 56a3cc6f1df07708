"""The alerts inbox, acknowledging, and the ways by which alerts leave."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_GET, require_POST

from glassbox.operations.alerts.inbox import acknowledge_alert
from glassbox.operations.alerts.webhooks import remove_webhook
from glassbox.queries.alerts import alert_inbox, channels_page
from glassbox.web.pages import one_license_id, page
from glassbox.web.request import PageRequest


@require_GET
def inbox(request: PageRequest) -> HttpResponse:
    """List what somebody must know of, the gravest first."""
    about = request.GET.get("about", "")[:80]
    found = alert_inbox(
        actor=request.actor,
        license_ids=request.scope.license_ids,
        now=request.now,
        about=about,
    )
    return page(
        request,
        "alerts/inbox.html",
        {"inbox": found, "about": about, "nav": "alerts"},
        fragment="alerts/_inbox.html",
    )


@require_POST
def acknowledge(request: PageRequest, alert_id: int) -> HttpResponse:
    """Note that somebody has seen an alert."""
    acknowledge_alert(
        actor=request.actor,
        license_id=one_license_id(request),
        alert_id=alert_id,
        now=request.now,
    )
    messages.success(request, "Acknowledged. The fact stays open until it is done.")
    return HttpResponseRedirect(f"/{request.scope.slug}/alerts/")


@require_GET
def channels(request: PageRequest) -> HttpResponse:
    """Show webhooks, deliveries and watched dates."""
    found = channels_page(actor=request.actor, license_ids=request.scope.license_ids)
    return page(request, "alerts/channels.html", {"channels": found, "nav": "alerts"})


@require_POST
def remove(request: PageRequest, webhook_id: int) -> HttpResponse:
    """Tell a webhook nothing any more."""
    remove_webhook(
        actor=request.actor,
        license_id=one_license_id(request),
        webhook_id=webhook_id,
        now=request.now,
    )
    messages.success(request, "It is told nothing any more.")
    return HttpResponseRedirect(f"/{request.scope.slug}/alerts/channels/")
