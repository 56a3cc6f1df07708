"""Whether METRC is being read at this hour, licence by licence, and as of when it was."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from glassbox.models.companies import License
from glassbox.models.sync import SyncRun, SyncRunState
from glassbox.queries.frame import FRESH_FOR
from glassbox.queries.freshness import freshness_by_license


@dataclass(frozen=True, kw_only=True)
class MetrcReading:
    """Up to when METRC's word of a licence stands, and why it is no fresher, if it is not."""

    license_number: str
    time_zone: str
    as_of: datetime | None
    error: str
    is_being_read: bool


def metrc_readings(license_ids: Collection[int], now: datetime) -> tuple[MetrcReading, ...]:
    """Return it for each licence, inside the caller's transaction; three statements.

    A run that fails at once touches no list, so the newest run is asked as well.
    """
    ended = SyncRun.objects.filter(license_id__in=license_ids).exclude(state=SyncRunState.RUNNING)
    newest = {
        run.license_id: run
        for run in ended.order_by("license_id", "-started_at", "-id").distinct("license_id")
    }
    read = {one.license_id: one for one in freshness_by_license(tuple(license_ids))}
    found = []
    for license in License.objects.filter(id__in=license_ids).order_by("-kind", "number"):
        as_of, run = read[license.pk].as_of, newest.get(license.pk)
        has_failed = run is not None and run.state == SyncRunState.FAILED
        error = (run.error if run is not None and has_failed else "") or read[license.pk].error
        found.append(
            MetrcReading(
                license_number=license.number,
                time_zone=license.time_zone,
                as_of=as_of,
                error=error,
                is_being_read=as_of is not None and now - as_of <= FRESH_FOR and not error,
            )
        )
    return tuple(found)
