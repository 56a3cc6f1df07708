"""What was asked of METRC: runs, and how far one is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q

from glassbox import access
from glassbox.models.sync import SyncRun, SyncRunState
from glassbox.rules.actor import Actor
from glassbox.rules.sync_schedule import time_left

RUNS_AT_MOST = 50


@dataclass(frozen=True, kw_only=True)
class SyncRunRow:
    """One pass over the feeds of a licence."""

    id: int
    license_number: str
    state: str
    trigger: str
    started_at: datetime
    ended_at: datetime | None
    counts: tuple[tuple[str, int], ...]
    requests: int
    error: str


@dataclass(frozen=True, kw_only=True)
class SyncPage:
    """Runs of the licences in sight."""

    runs: tuple[SyncRunRow, ...]


def sync_page(*, actor: Actor, license_ids: tuple[int, ...]) -> SyncPage:
    """Return the newest runs, each with what it read and how many requests it made."""
    with access.reading(actor):
        runs = (
            SyncRun.objects.filter(license_id__in=license_ids)
            .select_related("license")
            .annotate(requests=Count("apirequest"))
        )
        return SyncPage(
            runs=tuple(_run_row(run) for run in runs.order_by("-started_at")[:RUNS_AT_MOST])
        )


@dataclass(frozen=True, kw_only=True)
class SyncProgress:
    """How far one run is, for whoever waits for it."""

    run_id: int
    is_running: bool
    heartbeat_at: datetime
    counts: tuple[tuple[str, int], ...]
    steps_done: int
    steps_planned: int
    left: timedelta | None
    error: str


def sync_progress(*, actor: Actor, license_id: int, after_run_id: int) -> SyncProgress | None:
    """Return the newest run after another, or that other one if it is still under way."""
    with access.reading(actor, license_id=license_id):
        runs = SyncRun.objects.filter(license_id=license_id)
        run = runs.filter(Q(id__gt=after_run_id) | Q(id=after_run_id, state=SyncRunState.RUNNING))
        newest = run.order_by("-id").first()
        if newest is None:
            return None
        return SyncProgress(
            run_id=newest.pk,
            is_running=newest.state == SyncRunState.RUNNING,
            heartbeat_at=newest.heartbeat_at,
            counts=tuple(sorted(newest.counts.items())),
            steps_done=newest.steps_done,
            steps_planned=newest.steps_planned,
            left=time_left(
                elapsed=newest.heartbeat_at - newest.started_at,
                steps_done=newest.steps_done,
                steps_planned=newest.steps_planned,
            ),
            error=newest.error,
        )


def _run_row(run: SyncRun) -> SyncRunRow:
    return SyncRunRow(
        id=run.pk,
        license_number=run.license.number,
        state=run.state,
        trigger=run.trigger,
        started_at=run.started_at,
        ended_at=run.ended_at,
        counts=tuple((name, count) for name, count in sorted(run.counts.items()) if count),
        requests=run.requests,  # type: ignore[attr-defined]
        error=run.error,
    )
