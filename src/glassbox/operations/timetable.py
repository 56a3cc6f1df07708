"""What is due: which licences to read again, and which actions to send or to look up."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Max

from glassbox import access
from glassbox.models.companies import License
from glassbox.models.sync import SyncRun
from glassbox.operations import queue
from glassbox.operations.transaction import operation
from glassbox.rules.actor import Actor
from glassbox.rules.permissions import Permission


def defer_due_jobs(*, actor: Actor, now: datetime) -> None:
    """Queue what is due, licence by licence. Polled by the worker; queues nothing twice."""
    for license_id in access.license_ids_of(actor):
        _defer_for(actor=actor, license_id=license_id, now=now)


@operation
def _defer_for(*, actor: Actor, license_id: int, now: datetime) -> None:
    access.require(actor, Permission.SYNC_RUN, license_id=license_id)
    license = License.objects.get(id=license_id)
    last = SyncRun.objects.filter(license_id=license_id).aggregate(at=Max("started_at"))["at"]
    every = timedelta(seconds=settings.SYNC_EVERY_SECONDS)
    if license.is_active and (last is None or now - last >= every):
        queue.defer(
            queue.JobName.SYNC_LICENSE,
            once=f"sync:{license_id}",
            license_id=license_id,
            trigger="timetable",
        )
