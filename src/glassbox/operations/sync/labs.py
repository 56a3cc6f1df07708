"""Lab results of tested packages that changed, and samples whose results are out."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, Subquery

from glassbox.models.lab import LabResult, LabSample
from glassbox.models.packages import PackageSnapshot
from glassbox.operations.metrc_mapping import plain
from glassbox.operations.metrc_session import Session
from glassbox.operations.sync.batch import Batch, Kept, ReadRow, check_length, row_of
from glassbox.operations.sync.walk import (
    Walk,
    finish_cursor,
    move_cursor_in_transaction,
    open_cursor,
)
from glassbox.operations.transaction import short_transaction
from glassbox.rules.lab_status import FAILED_STATES, PASSED_STATES
from glassbox.rules.package_state import PackageList
from metrc_client import endpoints, shapes

FEED = "lab_results"
# A look-up that began before this walk may commit its snapshot after it.
LATE_LOOK_UPS = timedelta(minutes=5)


def read_lab_results(walk: Walk) -> int:
    """Read the results of every tested package that changed since the last walk.

    The cursor stands on the time we saw the change, and moves when all that we saw then is read.
    """
    cursor = open_cursor(walk, FEED)
    stored = 0
    tested = _tested_since(walk.license_id, cursor.read_until)
    for seen_at, packages in groupby(tested, key=lambda package: package[2]):
        for label, metrc_id, _ in packages:
            rows = _read_results(walk.session, metrc_id)
            with short_transaction(walk.license_id) as license:
                walk.beat_in_transaction()
                batch = walk.batch(license, FEED, rows)
                store_results(batch, label)
            stored += batch.stored
        with short_transaction(walk.license_id):
            move_cursor_in_transaction(walk, FEED, seen_at)
    finish_cursor(walk, FEED)
    return stored


def _tested_since(license_id: int, since: datetime | None) -> list[tuple[str, int, datetime]]:
    """Return label, METRC id and time of tested packages whose tests changed since; oldest first.

    Every field of METRC's about tests counts, not the state alone: a result can be revoked while
    it stays. A package that went to another licensee is not ours to ask about: METRC answers 401.
    """
    with short_transaction(license_id):
        known = LabResult.objects.filter(
            license_id=OuterRef("license_id"), label=OuterRef("package__label")
        )
        tested = PackageSnapshot.objects.filter(
            Q(lab_state__in=PASSED_STATES | FAILED_STATES) | Exists(known),
            license_id=license_id,
            is_newest=True,
            metrc_id__isnull=False,
        ).exclude(list_name=PackageList.TRANSFERRED)
        if since is not None:
            tested = tested.filter(seen_at__gt=since - LATE_LOOK_UPS)
        earlier = PackageSnapshot.objects.filter(
            package=OuterRef("package"), id__lt=OuterRef("id")
        ).order_by("-id")
        rows = tested.annotate(
            label=F("package__label"),
            has_results=Exists(known),
            raw_before=Subquery(earlier.values("raw")[:1]),
        ).order_by("seen_at", "id")
        return [
            (row.label, row.metrc_id, row.seen_at)
            for row in rows.iterator()
            if row.metrc_id is not None
            and not (row.has_results and _tests_of(row.raw) == _tests_of(row.raw_before))
        ]


def _tests_of(raw: Any) -> dict[str, Any]:
    """Return what a package row says of its tests."""
    fields = raw if isinstance(raw, dict) else {}
    return {name: value for name, value in fields.items() if name.startswith("LabTest")}


def _read_results(session: Session, metrc_id: int) -> tuple[ReadRow, ...]:
    found: list[ReadRow] = []
    for answer in session.client.pages(
        endpoints.LAB_RESULTS,
        license_number=session.number,
        query={"packageId": str(metrc_id)},
    ):
        request_id = session.last_request_id
        found += [ReadRow(raw=raw, api_request_id=request_id) for raw in answer.rows]
    return tuple(found)


def store_results(batch: Batch, label: str) -> None:
    """Store the results of one package; a result that METRC revoked stays, and says so."""
    batch.keep_each(LabResult, lambda row: _result(label, row, batch.now))


def _result(label: str, row: ReadRow, now: datetime) -> Kept:
    seen = shapes.lab_result(row_of(row, "lab result"))
    who = f"The result {seen.id} of {label}"
    if not seen.test_type:
        raise shapes.BadRow(f"{who} has no TestTypeName.")
    if not isinstance(seen.raw.get("TestPassed"), bool):
        raise shapes.BadRow(f"{who} has TestPassed {seen.raw.get('TestPassed')!r}, no verdict.")
    return Kept(
        key={"label": label, "metrc_id": seen.id, "test_type": seen.test_type},
        values={
            "value": seen.value,
            "passed": seen.passed,
            "laboratory_name": seen.laboratory_name,
            "released_at": seen.released_at,
            "revoked_at": seen.revoked_at,
            "document_file_id": seen.document_file_id,
            "seen_at": now,
            "api_request_id": row.api_request_id,
            "raw": plain(seen.raw),
        },
        who=who,
    )


def store_lab_samples(batch: Batch) -> None:
    """Note on our own samples that METRC shows their results released.

    METRC repeats a sample once for each test; the results themselves are read by package.
    """

    def store(row: ReadRow) -> None:
        raw = row_of(row, "lab sample")
        label = raw.get("Label")
        if not isinstance(label, str) or not label:
            raise shapes.BadRow("A lab sample row has no Label.")
        check_length("The lab sample", "Label", label, 40)
        if raw.get("ResultReleased") is True:
            batch.stored += LabSample.objects.filter(
                license=batch.license, label=label, result_seen_at__isnull=True
            ).update(result_seen_at=batch.now)

    batch.store_each(store)
