"""Ask the worker to read METRC for a licence, and see how far it is."""

from __future__ import annotations

from datetime import datetime

from glassbox import access
from glassbox.models.sync import SyncRun
from glassbox.operations import queue
from glassbox.operations.sync.feeds import NAMES, check_feeds
from glassbox.operations.transaction import operation
from glassbox.rules.actor import Actor
from glassbox.rules.permissions import Permission


@operation
def ask_for_sync(
    *, actor: Actor, license_id: int, feeds: frozenset[str] = NAMES, now: datetime
) -> int:
    """Queue a sync of a licence; return the id of its newest run before this one, or 0.

    :raises InvalidInput: if there is no feed of that name
    """
    access.require(actor, Permission.SYNC_RUN, license_id=license_id)
    check_feeds(feeds)
    newest = SyncRun.objects.filter(license_id=license_id).order_by("-id").first()
    part = " ".join(sorted(feeds)) if feeds != NAMES else ""
    queue.defer(
        queue.JobName.SYNC_LICENSE,
        # A part that waits in the queue must not stand for the whole.
        once=f"sync:{license_id}:{part}" if part else f"sync:{license_id}",
        license_id=license_id,
        trigger="asked",
        feeds=part,
    )
    return newest.pk if newest else 0
