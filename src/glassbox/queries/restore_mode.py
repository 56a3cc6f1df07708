"""Restore mode: since when, and what must still be read before a person may open the writes."""

from __future__ import annotations

from datetime import datetime

from glassbox import access
from glassbox.models.companies import License
from glassbox.models.sync import SyncCursor, SyncRun, SyncRunState
from glassbox.queries.ledger_state import restored_at
from glassbox.rules.actor import Actor
from glassbox.rules.feed_schedule import WHOLE_WALK


def licenses_not_read(*, actor: Actor) -> tuple[str, ...]:
    """Return the numbers of active licences that METRC was not read whole for since a restore.

    Whole is a run that ended well, and a walk over every open package. Empty outside restore mode.
    """
    since: datetime | None = restored_at()
    if since is None:
        return ()
    with access.reading(actor) as license_ids:
        licenses = License.objects.filter(id__in=license_ids, is_active=True)
        runs = SyncRun.objects.filter(started_at__gte=since, state=SyncRunState.DONE)
        walks = SyncCursor.objects.filter(feed=WHOLE_WALK, last_whole_at__gte=since)
        read = set(runs.values_list("license_id", flat=True)) & set(
            walks.values_list("license_id", flat=True)
        )
        return tuple(
            number
            for license_id, number in licenses.order_by("number").values_list("id", "number")
            if license_id not in read
        )
