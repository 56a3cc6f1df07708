"""Stuck: what should have moved on by now, or waits for others, each with its oldest."""

from __future__ import annotations

from datetime import datetime, timedelta

from glassbox.models.lab import LabSample
from glassbox.models.packages import STANDING_VIEWS, PackageStanding
from glassbox.models.production import Batch, BatchState
from glassbox.models.transfers import Transfer, TransferDirection
from glassbox.queries.dashboard_rows.tile import Tile, tile_of
from glassbox.queries.frame import Scope
from glassbox.queries.lab.pages import WITHOUT_RESULT
from glassbox.queries.transfers import UNDER_WAY, is_late

BATCH_IS_OLD_AFTER_DAYS = 7


def stuck(*, scope: Scope, now: datetime) -> tuple[Tile, ...]:
    """Return what does not move, inside a read transaction."""
    ours = {"license_id__in": scope.license_ids}
    coming = Transfer.objects.filter(**ours, direction=TransferDirection.INCOMING)
    leaving = Transfer.objects.filter(**ours, direction=TransferDirection.OUTGOING)
    held = PackageStanding.objects.filter(STANDING_VIEWS["held"], **ours)
    batches = Batch.objects.filter(
        **ours,
        state=BatchState.OPEN,
        opened_at__lt=now - timedelta(days=BATCH_IS_OLD_AFTER_DAYS),
    )
    samples = LabSample.objects.filter(**ours, state__in=WITHOUT_RESULT)
    return (
        tile_of(
            coming.filter(is_late(now)),
            "arrives_at",
            "Incoming past arrival",
            "transfers/incoming/?show=late",
        ),
        tile_of(
            leaving.filter(is_late(now)),
            "arrives_at",
            "Outgoing past arrival",
            "transfers/outgoing/?show=late",
        ),
        tile_of(
            coming.filter(state__in=UNDER_WAY),
            "opened_at",
            "Incoming not accepted",
            "transfers/incoming/",
        ),
        tile_of(held, "changed_at", "Packages on hold", "packages/?view=on-hold"),
        tile_of(
            batches,
            "opened_at",
            f"Batches open over {BATCH_IS_OLD_AFTER_DAYS} days",
            f"batches/?state=OPEN&older={BATCH_IS_OLD_AFTER_DAYS}",
        ),
        tile_of(samples, "taken_at", "Samples without result", "lab/?show=without-result"),
    )
