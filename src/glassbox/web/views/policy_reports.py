"""Where browsers tell what the policy of our pages kept them from doing."""

from __future__ import annotations

import json
import logging
import re

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from glassbox import clock

log = logging.getLogger(__name__)
BODY_BYTES_AT_MOST = 16 * 1024
# Anybody may say anything here: more lines than these tell nothing new.
LINES_PER_MINUTE = 30
DIRECTIVE = re.compile(r"[a-z-]{1,40}")


@csrf_exempt
@require_POST
def report(request: HttpRequest) -> HttpResponse:
    """Log which rule of the policy a page broke: it is a fault of ours, or somebody's script."""
    minute = f"policy-reports:{int(clock.now().timestamp()) // 60}"
    cache.add(minute, 0, 120)
    if cache.incr(minute) <= LINES_PER_MINUTE:
        log.error("A browser kept a page from breaking its policy: %s", _directive(request))
    return HttpResponse(status=204)


def _directive(request: HttpRequest) -> str:
    """Return the rule's name alone: addresses in a report may hold what is nobody's business."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > BODY_BYTES_AT_MOST:
        return "unknown"
    try:
        said = json.loads(request.body)["csp-report"]["effective-directive"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return "unknown"
    return said if isinstance(said, str) and DIRECTIVE.fullmatch(said) else "unknown"
