"""Reads from METRC what hints name: the lists for what changed, the label for what is left."""

from __future__ import annotations

import logging
from datetime import datetime

from glassbox import access
from glassbox.models.packages import Package, PackageSnapshot
from glassbox.models.sync import HintSource, PackageHint
from glassbox.operations.metrc_session import Session, open_session
from glassbox.operations.sync.batch import Batch, ReadRow
from glassbox.operations.sync.packages import store_package
from glassbox.operations.sync.run import SyncFailed, SyncIsRunning, run_sync
from glassbox.operations.transaction import operation, short_transaction
from glassbox.queries.freshness import PACKAGE_FEEDS
from glassbox.queries.sync_health import PURPOSE
from glassbox.rules.actor import Actor
from glassbox.rules.package_state import PackageList
from glassbox.rules.permissions import Permission
from metrc_client import endpoints, shapes
from metrc_client.errors import Declined, MetrcError

log = logging.getLogger(__name__)

HINTED = "hint"
FEED = "packages_hinted"
LOOK_UPS_AT_MOST = 50


def read_hints(*, actor: Actor, license_id: int, now: datetime) -> None:
    """Read what is hinted at; a hint is done with once METRC has answered, whatever it said.

    A package that a gate wants is looked up at once, and has been refreshed if METRC says that
    it did not change. Where something did, the lists are read, for they alone say in which of
    them it is now; and what they do not show is looked up by its label. Hints wait for a run
    under way. While METRC is away they are dropped: the timetable reads all that they name.
    """
    hints = _waiting(actor=actor, license_id=license_id, now=now)
    if not hints:
        return
    wanted = {hint.label for hint in hints if hint.source == HintSource.GATE}
    changed = {hint.label for hint in hints} - wanted
    try:
        changed |= _look_up_unchanged(actor, license_id, wanted, now)
        if changed:
            _read_lists(actor, license_id, now)
            _look_up_rest(actor, license_id, changed, now)
    except SyncIsRunning:
        return
    except MetrcError as problem:
        log.warning("Hints could not be read: %s", problem.sentence)
    with short_transaction(license_id):
        PackageHint.objects.filter(id__in=[hint.pk for hint in hints]).update(read_at=now)


@operation
def _waiting(*, actor: Actor, license_id: int, now: datetime) -> list[PackageHint]:
    access.require(actor, Permission.SYNC_RUN, license_id=license_id)
    return list(
        PackageHint.objects.filter(license_id=license_id, read_at__isnull=True).order_by("id")
    )


def _read_lists(actor: Actor, license_id: int, now: datetime) -> None:
    try:
        run_sync(actor=actor, license_id=license_id, trigger=HINTED, feeds=PACKAGE_FEEDS, now=now)
    except SyncFailed:
        # It has a case; what can be looked up by its label is.
        return


def _look_up_unchanged(actor: Actor, license_id: int, labels: set[str], now: datetime) -> set[str]:
    """Confirm the packages that METRC shows unchanged; return the others."""
    if not labels:
        return set()
    others = set()
    with open_session(license_id, purpose=PURPOSE + FEED) as session:
        for label in sorted(labels):
            row = _row_of(session, label)
            if row is None or not _is_unchanged(license_id, label, row):
                others.add(label)
            else:
                _keep(actor, session, label, row, now)
    return others


def _look_up_rest(actor: Actor, license_id: int, labels: set[str], now: datetime) -> None:
    with short_transaction(license_id):
        left = list(
            Package.objects.filter(license_id=license_id, label__in=labels)
            .filter(snapshots__is_newest=True, confirmed_at__lt=now)
            .values_list("label", flat=True)[:LOOK_UPS_AT_MOST]
        )
    if not left:
        return
    with open_session(license_id, purpose=PURPOSE + FEED) as session:
        for label in left:
            row = _row_of(session, label)
            if row is not None:
                _keep(actor, session, label, row, now)


def _row_of(session: Session, label: str) -> ReadRow | None:
    """Return METRC's row, or None if it says no: only the whole walk judges what that means."""
    try:
        answer = session.client.one(endpoints.PACKAGE, license_number=session.number, label=label)
    except Declined:
        return None
    return ReadRow(raw=answer.rows[0], api_request_id=session.last_request_id)


def _is_unchanged(license_id: int, label: str, row: ReadRow) -> bool:
    with short_transaction(license_id):
        newest = _newest(license_id, label)
    raw = row.raw if isinstance(row.raw, dict) else {}
    seen_at = shapes.read_moment(raw.get("LastModified"))
    return newest is not None and seen_at is not None and newest.last_modified_at == seen_at


def _keep(actor: Actor, session: Session, label: str, row: ReadRow, now: datetime) -> None:
    with short_transaction(session.license.pk) as license:
        batch = Batch(
            actor=actor,
            license=license,
            feed=FEED,
            rows=(row,),
            now=now,
            is_first_walk=False,
            is_whole_list=False,
        )
        store_package(batch, row, list_of_row(license.pk, label, row))


def list_of_row(license_id: int, label: str, row: ReadRow) -> PackageList:
    """Return the list a single row belongs to, inside a transaction: the row does not say it all."""
    raw = row.raw if isinstance(row.raw, dict) else {}
    newest = _newest(license_id, label)
    if newest is not None and newest.last_modified_at == shapes.read_moment(
        raw.get("LastModified")
    ):
        return PackageList(newest.list_name)
    dates = (raw.get("FinishedDate"), raw.get("ArchivedDate"))
    if any(shapes.read_date(value) is not None for value in dates):
        return PackageList.INACTIVE
    is_held = any(raw.get(flag) is True for flag in shapes.HOLD_FLAGS)
    return PackageList.ON_HOLD if is_held else PackageList.ACTIVE


def _newest(license_id: int, label: str) -> PackageSnapshot | None:
    return PackageSnapshot.objects.filter(
        license_id=license_id, package__label=label, is_newest=True
    ).first()
