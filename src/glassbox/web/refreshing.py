"""with_fresh_goods(): goods whose METRC numbers are too old are read again instead of refused."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from django.conf import settings

from glassbox.operations.sync.hints import LABELS_AT_MOST, ask_for_refresh
from glassbox.queries.sync_health import hints_wait
from glassbox.rules.verdicts import Finding, NotFound, Refused
from glassbox.web.request import PageRequest

STALE = "package.stale"
LOOK_AGAIN_SECONDS = 0.2

Result = TypeVar("Result")


def with_fresh_goods(request: PageRequest, license_id: int, act: Callable[[], Result]) -> Result:
    """Do something; if all that stops it is the age of METRC's numbers, have them read, and do it.

    The worker reads, for it alone talks to METRC, and at most 50 packages at once. Once it has,
    the act is tried once more, with every gate; if it has not in time, the refusal stands.
    """
    try:
        return act()
    except Refused as refusal:
        labels = stale_labels(refusal.findings)
        if not labels or len(labels) > LABELS_AT_MOST:
            raise
        if not _refreshed(request, license_id, labels):
            raise
    return act()


def stale_labels(findings: tuple[Finding, ...]) -> tuple[str, ...]:
    """Return the packages whose age alone stops an act, or none if something else stops it too."""
    stops = [finding for finding in findings if finding.blocks]
    if any(finding.code != STALE for finding in stops):
        return ()
    return tuple(dict.fromkeys(finding.subject for finding in stops))


def _refreshed(request: PageRequest, license_id: int, labels: tuple[str, ...]) -> bool:
    try:
        ask_for_refresh(actor=request.actor, license_id=license_id, labels=labels, now=request.now)
    except NotFound:
        return False
    until = time.monotonic() + settings.REFRESH_WAIT_SECONDS
    while time.monotonic() < until:
        if not hints_wait(actor=request.actor, license_id=license_id, labels=labels):
            return True
        time.sleep(LOOK_AGAIN_SECONDS)
    return False
