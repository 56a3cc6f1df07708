"""Where METRC's webhooks arrive: a hint, proven by the token in the address, and nothing else."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from glassbox import clock
from glassbox.operations.sync.hints import receive_hint
from glassbox.rules.actor import system_actor
from glassbox.rules.verdicts import NotFound

BODY_BYTES_AT_MOST = 2 * 1024 * 1024


@csrf_exempt
@require_http_methods(["POST", "PUT"])
def receive(request: HttpRequest, license_id: int, token: str) -> HttpResponse:
    """Take a hint. A body too long to read is one too: something changed, whatever it says."""
    if settings.IS_PRODUCTION and not request.is_secure():
        return HttpResponse("Call by https.", status=403, content_type="text/plain; charset=utf-8")
    length = request.META.get("CONTENT_LENGTH") or "0"
    is_readable = length.isdecimal() and int(length) <= BODY_BYTES_AT_MOST
    try:
        receive_hint(
            actor=system_actor("METRC webhook"),
            license_id=license_id,
            token=token,
            body=request.body if is_readable else b"",
            now=clock.now(),
        )
    except NotFound:
        return HttpResponse(status=404)
    return HttpResponse(status=204)
