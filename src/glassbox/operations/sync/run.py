"""One sync run: read METRC feed by feed and window by window; commit each window whole."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.companies import License
from glassbox.models.credentials import MetrcCredential
from glassbox.models.sync import SyncCursor, SyncRun, SyncRunState
from glassbox.models.transfers import TransferDirection
from glassbox.operations import queue
from glassbox.operations.credentials import NoKey
from glassbox.operations.exception_cases import (
    close_cases_in_transaction,
    open_case_in_transaction,
)
from glassbox.operations.metrc_session import Session, open_session
from glassbox.operations.sync import labs, transfers
from glassbox.operations.sync.batch import Batch, ReadRow
from glassbox.operations.sync.feeds import FEEDS, TRANSFER_FEEDS, Feed
from glassbox.operations.transaction import operation, short_transaction
from glassbox.rules.actor import Actor
from glassbox.rules.exception_policy import CaseClass, case_for
from glassbox.rules.permissions import Permission
from glassbox.rules.verdicts import Refused
from metrc_client import endpoints, shapes
from metrc_client.endpoints import Endpoint
from metrc_client.errors import BadAnswer, Declined, MetrcError, Unauthorized
from metrc_client.windows import Window, cut

# A run whose heartbeat is older than this has died; the next run closes it and goes on.
DEAD_AFTER = timedelta(minutes=5)

Progress = Callable[[str, int, int], None]


class SyncIsRunning(Refused):
    """Another run of this licence is alive; it reads the same things."""

    code = "sync.running"


class SyncFailed(Refused):
    """The run stopped; what it had committed stays, and the next run goes on from there."""

    code = "sync.failed"


def _quietly(feed: str, done: int, total: int) -> None:
    """Report progress to nobody."""


def run_sync(
    *,
    actor: Actor,
    license_id: int,
    trigger: str,
    now: datetime,
    progress: Progress = _quietly,
) -> int:
    """Read everything that changed in METRC for one licence; return the id of the run.

    Steps: open the run; read each feed (small transactions, METRC between them); close the run
    and ask for a comparison. A feed that fails is noted and the others go on, unless METRC is
    away or the key is dead.

    :raises SyncIsRunning: if a live run of this licence is under way
    :raises SyncFailed: if METRC could not be read; one sentence says why
    """
    run_id = _open_run(actor=actor, license_id=license_id, trigger=trigger, now=now)
    counts: dict[str, int] = {}
    try:
        with open_session(license_id, purpose="sync", sync_run_id=run_id) as session:
            _read_everything(_Walk(actor, session, run_id, now, counts, progress))
            _note_key(session, now, works=True)
    except (MetrcError, NoKey) as problem:
        sentence = getattr(problem, "sentence", "") or str(problem)
        _close_run(
            actor=actor,
            license_id=license_id,
            run_id=run_id,
            counts=counts,
            error=sentence,
            now=now,
        )
        raise SyncFailed(sentence) from problem
    _close_run(actor=actor, license_id=license_id, run_id=run_id, counts=counts, error="", now=now)
    return run_id


class _Walk:
    """What every step of one run needs."""

    def __init__(
        self,
        actor: Actor,
        session: Session,
        run_id: int,
        now: datetime,
        counts: dict[str, int],
        progress: Progress,
    ) -> None:
        self.actor = actor
        self.session = session
        self.license_id = session.license.pk
        self.run_id = run_id
        self.now = now
        self.counts = counts
        self.progress = progress


def _read_everything(walk: _Walk) -> None:
    total = len(FEEDS) + len(TRANSFER_FEEDS) + 2
    # Incoming transfers first: our count at the receipt explains a package that arrives.
    for name, endpoint in TRANSFER_FEEDS:
        walk.progress(name, len(walk.counts), total)
        _guarded(walk, name, lambda n=name, e=endpoint: _read_transfers(walk, n, e))
    _guarded(walk, "templates", lambda: _read_templates(walk))
    for feed in FEEDS:
        walk.progress(feed.name, len(walk.counts), total)
        _guarded(walk, feed.name, lambda f=feed: _read_feed(walk, f))
    _guarded(walk, "lab_results", lambda: _read_lab_results(walk))
    walk.progress("done", total, total)


def _guarded(walk: _Walk, name: str, read: Callable[[], int]) -> None:
    """Read one feed. What METRC declines for it alone is noted, and the next feed is read."""
    try:
        walk.counts[name] = read()
    except Unauthorized as problem:
        _note_feed_error(walk, name, problem.sentence)
        if not walk.session.key_is_alive():
            _note_key(walk.session, walk.now, works=False)
            _open_key_case(walk)
            raise
    except (Declined, BadAnswer, shapes.BadRow) as problem:
        _note_feed_error(walk, name, str(problem))
    except MetrcError as problem:
        _note_feed_error(walk, name, problem.sentence)
        raise
    else:
        with short_transaction(walk.license_id):
            SyncCursor.objects.filter(license_id=walk.license_id, feed=name).update(last_error="")


def _read_feed(walk: _Walk, feed: Feed) -> int:
    cursor = _cursor(walk, feed.name)
    is_first = cursor.last_whole_at is None
    stored = 0
    for window in _windows(walk, feed.endpoint, cursor):
        rows = _read_rows(walk, feed.endpoint, window)
        with short_transaction(walk.license_id) as license:
            batch = Batch(
                actor=walk.actor,
                license=license,
                feed=feed.name,
                rows=rows,
                now=walk.now,
                is_first_walk=is_first,
                is_whole_list=window is None,
            )
            feed.store(batch)
            _move_cursor(walk, feed.name, window)
        stored += batch.stored
    _finish_cursor(walk, feed.name)
    return stored


def _windows(walk: _Walk, endpoint: Endpoint, cursor: SyncCursor) -> list[Window | None]:
    if not endpoint.is_windowed:
        return [None]
    since = cursor.read_until or walk.session.license.sync_from
    overlap = timedelta(seconds=settings.SYNC_OVERLAP_SECONDS)
    return list(cut(min(since, walk.now), walk.now, overlap=overlap))


def _read_rows(walk: _Walk, endpoint: Endpoint, window: Window | None) -> tuple[ReadRow, ...]:
    """Read every page before anything is stored: a window is committed whole or not at all."""
    rows: list[ReadRow] = []
    for answer in walk.session.client.pages(
        endpoint, license_number=walk.session.number, window=window
    ):
        request_id = walk.session.last_request_id
        rows += [ReadRow(raw=raw, api_request_id=request_id) for raw in answer.rows]
    return tuple(rows)


def _read_transfers(walk: _Walk, name: str, endpoint: Endpoint) -> int:
    cursor = _cursor(walk, name)
    direction = (
        TransferDirection.INCOMING if name == "transfers_incoming" else TransferDirection.OUTGOING
    )
    stored = 0
    for window in _windows(walk, endpoint, cursor):
        deliveries = [
            seen
            for row in _read_rows(walk, endpoint, window)
            for seen in transfers.read_deliveries(walk.session, row)
        ]
        with short_transaction(walk.license_id) as license:
            for seen in deliveries:
                transfers.store_delivery(license, seen, direction, walk.now)
            _move_cursor(walk, name, window)
        stored += len(deliveries)
    _finish_cursor(walk, name)
    return stored


def _read_templates(walk: _Walk) -> int:
    cursor = _cursor(walk, "templates")
    found = 0
    for window in _windows(walk, endpoints.TEMPLATES_OUTGOING, cursor):
        rows = _read_rows(walk, endpoints.TEMPLATES_OUTGOING, window)
        found += transfers.follow_templates(walk.license_id, rows)
        with short_transaction(walk.license_id):
            _move_cursor(walk, "templates", window)
    _finish_cursor(walk, "templates")
    return found


def _read_lab_results(walk: _Walk) -> int:
    _cursor(walk, "lab_results")
    stored = 0
    for label, metrc_id in labs.packages_with_new_results(walk.license_id):
        rows = labs.read_results(walk.session, metrc_id)
        with short_transaction(walk.license_id) as license:
            batch = Batch(
                actor=walk.actor,
                license=license,
                feed="lab_results",
                rows=rows,
                now=walk.now,
                is_first_walk=False,
                is_whole_list=True,
            )
            labs.store_results(batch, label, walk.now)
        stored += batch.stored
    _finish_cursor(walk, "lab_results")
    return stored


def _cursor(walk: _Walk, feed: str) -> SyncCursor:
    with short_transaction(walk.license_id) as license:
        SyncRun.objects.filter(id=walk.run_id).update(heartbeat_at=walk.now)
        cursor, _ = SyncCursor.objects.update_or_create(
            license=license,
            feed=feed,
            defaults={"company_id": license.company_id, "last_tried_at": walk.now},
        )
        return cursor


def _move_cursor(walk: _Walk, feed: str, window: Window | None) -> None:
    if window is not None:
        SyncCursor.objects.filter(license_id=walk.license_id, feed=feed).update(
            read_until=window.end
        )


def _finish_cursor(walk: _Walk, feed: str) -> None:
    with short_transaction(walk.license_id):
        SyncCursor.objects.filter(license_id=walk.license_id, feed=feed).update(
            last_whole_at=walk.now
        )


def _note_feed_error(walk: _Walk, feed: str, sentence: str) -> None:
    with short_transaction(walk.license_id):
        SyncCursor.objects.filter(license_id=walk.license_id, feed=feed).update(
            last_error=sentence[:1000]
        )


def _note_key(session: Session, now: datetime, *, works: bool) -> None:
    field = "last_worked_at" if works else "last_refused_at"
    with short_transaction(session.license.pk):
        MetrcCredential.objects.filter(id=session.credential.pk).update(**{field: now})


def _open_key_case(walk: _Walk) -> None:
    owner = walk.session.credential.owner_name
    with short_transaction(walk.license_id) as license:
        open_case_in_transaction(
            actor=walk.actor,
            license=license,
            advice=case_for(
                CaseClass.KEY_REFUSED,
                fact_key=f"key-refused:{walk.session.credential.pk}",
                title=f"METRC refuses the key of {owner}",
                what_happened=f"METRC answered 401 to every read with the key of {owner}.",
                found_at=walk.now,
            ),
            now=walk.now,
        )


@operation
def _open_run(*, actor: Actor, license_id: int, trigger: str, now: datetime) -> int:
    access.require(actor, Permission.SYNC_RUN, license_id=license_id)
    alive = SyncRun.objects.select_for_update().filter(
        license_id=license_id, state=SyncRunState.RUNNING
    )
    for run in alive:
        if now - run.heartbeat_at < DEAD_AFTER:
            raise SyncIsRunning("METRC is being read for this licence already. Wait for it.")
        run.state, run.ended_at = SyncRunState.FAILED, now
        run.error = "The run died; the next one goes on where it stopped."
        run.save(update_fields=["state", "ended_at", "error"])
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
    return run.pk


@operation
def _close_run(
    *,
    actor: Actor,
    license_id: int,
    run_id: int,
    counts: dict[str, int],
    error: str,
    now: datetime,
) -> None:
    access.require(actor, Permission.SYNC_RUN, license_id=license_id)
    run = SyncRun.objects.select_for_update().select_related("license").get(id=run_id)
    run.state = SyncRunState.FAILED if error else SyncRunState.DONE
    run.ended_at, run.counts, run.error = now, counts, error
    run.save(update_fields=["state", "ended_at", "counts", "error"])
    ledger.append(
        type=EventType.SYNC_FAILED if error else EventType.SYNC_COMPLETED,
        subject=f"sync:{run.pk}",
        actor=actor,
        reason=error or "Everything that changed was read",
        body={"counts": counts},
        now=now,
    )
    fact_key = "sync-failed"
    if error:
        advice = case_for(
            CaseClass.SYNC_FAILED,
            fact_key=fact_key,
            title="METRC could not be read",
            what_happened=error,
            found_at=now,
        )
        open_case_in_transaction(actor=actor, license=run.license, advice=advice, now=now)
        return
    close_cases_in_transaction(
        actor=actor,
        license=run.license,
        fact_keys={fact_key},
        because="A later run read everything",
        now=now,
    )
    queue.defer(
        queue.JobName.RECONCILE_LICENSE, once=f"reconcile:{license_id}", license_id=license_id
    )
