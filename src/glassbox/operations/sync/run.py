"""One sync run: open it, read METRC feed by feed, close it, ask for a comparison."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.companies import License
from glassbox.models.sync import SyncRun, SyncRunState
from glassbox.operations import queue
from glassbox.operations.credentials import NoKey
from glassbox.operations.exception_cases import (
    close_cases_in_transaction,
    open_case_in_transaction,
)
from glassbox.operations.metrc_session import open_session
from glassbox.operations.sync.feeds import NAMES, check_feeds
from glassbox.operations.sync.guard import (
    KeyIsDead,
    key_worked,
    read_guarded,
    read_own_facility,
)
from glassbox.operations.sync.planning import plan_feeds
from glassbox.operations.sync.walk import RunTakenOver, Walk
from glassbox.operations.transaction import operation
from glassbox.queries.exchanges import run_hashes
from glassbox.queries.freshness import ESSENTIAL_FEEDS
from glassbox.queries.ledger_state import restored_at
from glassbox.rules.actor import Actor
from glassbox.rules.exception_policy import CaseClass, case_for
from glassbox.rules.exchange_digest import exchange_digest
from glassbox.rules.permissions import Permission
from glassbox.rules.verdicts import Refused
from metrc_client.errors import MetrcError

# A run whose heartbeat is older than this has died; the next run closes it and goes on.
DEAD_AFTER = timedelta(minutes=5)
# One more for what fails by chance; what times out comes sooner in smaller pieces.
READ_ATTEMPTS = 3
# Only the timetable spares feeds that are not due; a person who asks for a sync means everything.
TIMETABLE = "timetable"
FACT_KEY = "sync-failed"


class SyncIsRunning(Refused):
    """Another run of this licence is alive; it reads the same things."""

    code = "sync.running"


class SyncFailed(Refused):
    """The run stopped; what it had committed stays, and the next run goes on from there."""

    code = "sync.failed"


@dataclass(frozen=True, kw_only=True)
class _End:
    """Why a run failed, or nothing; whether what failed has a case of its own already."""

    error: str = ""
    has_own_case: bool = False


def run_sync(
    *,
    actor: Actor,
    license_id: int,
    trigger: str,
    now: datetime,
    feeds: frozenset[str] = NAMES,
) -> int:
    """Read what changed in METRC for one licence; return the id of the run.

    Steps: open the run; read each feed (small transactions, METRC between them); close the run
    and ask for a comparison. A feed that METRC declines is noted and the others go on; the run
    stops when METRC is away or the key is dead. `feeds` names a part, for a look after a write.

    :raises InvalidInput: if there is no such feed
    :raises SyncIsRunning: if a live run of this licence is under way
    :raises SyncFailed: if something essential could not be read; one sentence says why
    """
    check_feeds(feeds)
    started = time.monotonic()
    run_id, is_first = _open(actor, license_id, trigger, now)
    counts: dict[str, int] = {}
    end = _End(error="The run stopped on a fault of Glassbox itself; the log has it.")
    try:
        end = _read(actor, license_id, run_id, is_first, trigger, feeds, now, counts)
    finally:
        _close_run(
            actor=actor,
            license_id=license_id,
            run_id=run_id,
            counts=counts,
            end=end,
            now=now + timedelta(seconds=time.monotonic() - started),
        )
    if end.error:
        raise SyncFailed(end.error)
    return run_id


def _open(actor: Actor, license_id: int, trigger: str, now: datetime) -> tuple[int, bool]:
    try:
        return _open_run(actor=actor, license_id=license_id, trigger=trigger, now=now)
    except IntegrityError as problem:
        # Two began in the same moment; the index lets one of them run.
        raise SyncIsRunning("METRC is being read for this licence already.") from problem


def _read(
    actor: Actor,
    license_id: int,
    run_id: int,
    is_first: bool,
    trigger: str,
    feeds: frozenset[str],
    now: datetime,
    counts: dict[str, int],
) -> _End:
    """Read the feeds; return why the run failed, if it did."""
    try:
        with open_session(
            license_id, purpose="sync", sync_run_id=run_id, read_attempts=READ_ATTEMPTS
        ) as session:
            walk = Walk(
                actor=actor,
                session=session,
                run_id=run_id,
                now=now,
                is_first=is_first,
                is_scheduled=trigger == TIMETABLE,
                counts=counts,
            )
            read_own_facility(walk)
            for feed in plan_feeds(walk, feeds):
                read_guarded(walk, feed)
            key_worked(walk)
    except MetrcError as problem:
        return _End(error=problem.sentence)
    except KeyIsDead as problem:
        return _End(error=problem.message, has_own_case=True)
    except (NoKey, RunTakenOver) as problem:
        return _End(error=problem.message)
    missing = [name for name in walk.failed if name in ESSENTIAL_FEEDS]
    if not missing:
        return _End()
    others = f" ({len(missing) - 1} more lists failed)" if len(missing) > 1 else ""
    return _End(error=walk.failed[missing[0]] + others, has_own_case=True)


@operation
def _open_run(*, actor: Actor, license_id: int, trigger: str, now: datetime) -> tuple[int, bool]:
    """Open a run; return its id, and whether none before it has read everything."""
    access.require(actor, Permission.SYNC_RUN, license_id=license_id)
    runs = SyncRun.objects.filter(license_id=license_id)
    restored = restored_at()
    for run in runs.select_for_update().filter(state=SyncRunState.RUNNING):
        # A run that a backup caught under way died with its machine, however young it looks.
        is_of_the_past = restored is not None and run.started_at <= restored
        if now - run.heartbeat_at < DEAD_AFTER and not is_of_the_past:
            raise SyncIsRunning("METRC is being read for this licence already. Wait for it.")
        run.state, run.ended_at = SyncRunState.FAILED, now
        run.error = "The run died; the next one goes on where it stopped."
        run.save(update_fields=["state", "ended_at", "error"])
        ledger.append(
            type=EventType.SYNC_FAILED,
            subject=f"sync:{run.pk}",
            actor=actor,
            reason=run.error,
            now=now,
        )
    license = License.objects.get(id=license_id)
    run = SyncRun.objects.create(
        company_id=license.company_id,
        license_id=license_id,
        state=SyncRunState.RUNNING,
        trigger=trigger,
        started_at=now,
        heartbeat_at=now,
    )
    ledger.append(
        type=EventType.SYNC_STARTED,
        subject=f"sync:{run.pk}",
        actor=actor,
        reason=f"Read METRC ({trigger})",
        now=now,
    )
    whole = runs.filter(state=SyncRunState.DONE, feeds_done__contains=sorted(ESSENTIAL_FEEDS))
    return run.pk, not whole.exists()


@operation
def _close_run(
    *,
    actor: Actor,
    license_id: int,
    run_id: int,
    counts: dict[str, int],
    end: _End,
    now: datetime,
) -> None:
    error = end.error
    access.require(actor, Permission.SYNC_RUN, license_id=license_id)
    run = SyncRun.objects.select_for_update().select_related("license").get(id=run_id)
    if run.state != SyncRunState.RUNNING:
        return
    run.state = SyncRunState.FAILED if error else SyncRunState.DONE
    run.ended_at, run.counts, run.error = now, counts, error
    run.feeds_done = sorted(counts)
    run.save(update_fields=["state", "ended_at", "counts", "error", "feeds_done"])
    ledger.append(
        type=EventType.SYNC_FAILED if error else EventType.SYNC_COMPLETED,
        subject=f"sync:{run.pk}",
        actor=actor,
        reason=error or f"What changed in {len(counts)} lists was read",
        body={
            "counts": counts,
            "exchanges_sha256": exchange_digest(run_hashes(license_id, run_id)),
        },
        now=now,
    )
    if error and not end.has_own_case:
        advice = case_for(
            CaseClass.SYNC_FAILED,
            fact_key=FACT_KEY,
            title="METRC could not be read",
            what_happened=error,
            found_at=now,
        )
        open_case_in_transaction(actor=actor, license=run.license, advice=advice, now=now)
        return
    if error or set(counts) >= ESSENTIAL_FEEDS:
        close_cases_in_transaction(
            actor=actor,
            license=run.license,
            fact_keys={FACT_KEY},
            because="A later run had METRC's answers; what fails now has a case of its own"
            if error
            else "A later run read everything",
            now=now,
        )
    if error:
        return
    # Until writing is on, our book follows METRC's before the two are compared.
    job, once = queue.JobName.RECONCILE_LICENSE, f"reconcile:{license_id}"
    if not run.license.writes_are_on:
        job, once = queue.JobName.OPEN_BOOK, f"open-book:{license_id}"
    queue.defer(job, once=once, license_id=license_id)
    queue.defer(queue.JobName.FOLLOW_LICENSE, once=f"follow:{license_id}", license_id=license_id)
