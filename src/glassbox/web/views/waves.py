"""Waves: the list, and the page on which one signature is given for every line."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_GET, require_POST

from glassbox.operations.actions.waves import approve_wave
from glassbox.queries.actions.waves import wave_list, wave_page
from glassbox.rules.verdicts import NotFound, Refused
from glassbox.web.middleware import refusal_status
from glassbox.web.pages import one_license_id, page
from glassbox.web.refreshing import with_fresh_goods
from glassbox.web.request import PageRequest


@require_GET
def waves(request: PageRequest) -> HttpResponse:
    """List the waves, those that wait for their signature first."""
    found = wave_list(actor=request.actor, license_ids=request.scope.license_ids)
    return page(request, "actions/waves.html", {"waves": found, "nav": "actions"})


@require_GET
def wave(request: PageRequest, wave_id: int) -> HttpResponse:
    """Show every line of a wave, and where each stands."""
    return _show(request, wave_id)


def _show(request: PageRequest, wave_id: int, *, refusal: Refused | None = None) -> HttpResponse:
    found = wave_page(
        actor=request.actor,
        license_ids=request.scope.license_ids,
        wave_id=wave_id,
        now=request.now,
    )
    return page(
        request,
        "actions/wave.html",
        {"page": found, "wave": found.wave, "refusal": refusal, "nav": "actions"},
        status=refusal_status(refusal) if refusal else 200,
    )


@require_POST
def approve(request: PageRequest, wave_id: int) -> HttpResponse:
    """Sign every line that stood on the signer's screen, or none."""
    license_id = one_license_id(request)
    try:
        with_fresh_goods(
            request,
            license_id,
            lambda: approve_wave(
                actor=request.actor,
                license_id=license_id,
                wave_id=wave_id,
                members_sha256=request.POST.get("members_sha256", ""),
                comment=request.POST.get("comment", ""),
                now=request.now,
            ),
        )
    except NotFound:
        raise
    except Refused as refusal:
        return _show(request, wave_id, refusal=refusal)
    messages.success(request, "Signed. Each line goes to METRC as an action of its own.")
    return HttpResponseRedirect(f"/{request.scope.slug}/actions/waves/{wave_id}/")
