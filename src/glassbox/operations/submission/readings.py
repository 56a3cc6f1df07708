"""Looks into METRC for an action: what its kind says decides, read and kept as a Reading."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from glassbox.models.packages import PackageSnapshot
from glassbox.operations.metrc_session import Session
from glassbox.operations.sync.batch import Batch, ReadRow
from glassbox.operations.sync.packages import store_package
from glassbox.operations.transaction import short_transaction
from glassbox.rules.action_kinds.kind import Read
from glassbox.rules.action_kinds.reading import (
    AdjustmentSeen,
    DeliveryPackageSeen,
    LabResultSeen,
    PackageSeen,
    Reading,
    RowSeen,
    TransferSeen,
    field_texts,
)
from glassbox.rules.actor import Actor
from glassbox.rules.package_state import PackageList
from glassbox.rules.quantities import quantity
from metrc_client import endpoints, shapes
from metrc_client.endpoints import BY_NAME
from metrc_client.errors import MetrcError, NotThere, Unauthorized
from metrc_client.windows import Window, cut

PACKAGE_READ = "GET /packages/v2/{label}"
ADJUSTMENTS_READ = "GET /packages/v2/adjustments"
OUTGOING_READ = "GET /transfers/v2/outgoing"
DELIVERY_READ = "GET /transfers/v2/deliveries/{id}/packages"
LAB_RESULTS_READ = "GET /labtests/v2/results"
TEMPLATE_PACKAGES_READ = "GET /transfers/v2/templates/outgoing/deliveries/{id}/packages"
# METRC's clock may differ from ours; a look opens its window this much earlier and later.
CLOCK_ROOM = timedelta(hours=1)


class _Found:
    """Collects what several reads show, before it becomes one Reading."""

    def __init__(self) -> None:
        self.packages: dict[str, PackageSeen] = {}
        self.absent: set[str] = set()
        self.raw_packages: list[ReadRow] = []
        self.adjustments: list[AdjustmentSeen] = []
        self.adjustments_whole = False
        self.rows: list[RowSeen] = []
        self.rows_whole = False
        self.transfers: list[TransferSeen] = []
        self.transfers_whole = False
        self.delivery: dict[str, DeliveryPackageSeen] = {}
        self.delivery_whole = False
        self.lab_results: list[LabResultSeen] = []
        self.lab_results_whole = False


def take_reading(
    session: Session, reads: tuple[Read, ...], *, since: datetime, now: datetime
) -> tuple[Reading, tuple[ReadRow, ...]]:
    """Look into METRC; return what was seen, and the package rows as METRC sent them.

    What cannot be read is left out, never taken for absence. `since` opens the window of lists
    that METRC filters by the time of the last change.
    """
    found = _Found()
    for read in reads:
        try:
            _look(session, read, found, since=since, now=now)
        except MetrcError:
            continue
    return (
        Reading(
            read_at=now,
            packages=found.packages,
            absent_labels=frozenset(found.absent),
            adjustments=tuple(found.adjustments),
            adjustments_whole=found.adjustments_whole,
            rows=tuple(found.rows),
            rows_whole=found.rows_whole,
            transfers=tuple(found.transfers),
            transfers_whole=found.transfers_whole,
            delivery_packages=found.delivery,
            delivery_whole=found.delivery_whole,
            lab_results=tuple(found.lab_results),
            lab_results_whole=found.lab_results_whole,
        ),
        tuple(found.raw_packages),
    )


def _look(session: Session, read: Read, found: _Found, *, since: datetime, now: datetime) -> None:
    if read.endpoint == PACKAGE_READ:
        _look_at_package(session, read.key, found)
    elif read.endpoint == ADJUSTMENTS_READ:
        rows = session.client.rows(endpoints.ADJUSTMENTS, license_number=session.number)
        seen = [shapes.adjustment(row) for row in rows]
        found.adjustments += [
            AdjustmentSeen(
                label=one.label,
                quantity=quantity(one.quantity, one.unit),
                reason=one.reason,
                note=one.note,
                adjusted_date=one.adjusted_date,
                adjusted_by=one.adjusted_by,
            )
            for one in seen
            if one.label == read.key
        ]
        found.adjustments_whole = True
    elif read.endpoint == OUTGOING_READ:
        _look_at_transfers(session, found, since=since, now=now)
    elif read.endpoint == DELIVERY_READ:
        _look_at_delivery(session, int(read.key), found)
    elif read.endpoint == TEMPLATE_PACKAGES_READ:
        _look_at_template_packages(session, read, found)
    elif read.endpoint == LAB_RESULTS_READ:
        _look_at_lab_results(session, read.key, found)
    elif read.key:
        _look_for_row(session, read, found, now=now)
    else:
        _look_at_rows(session, read, found, since=since, now=now)


def _look_at_package(session: Session, label: str, found: _Found) -> None:
    try:
        answer = session.client.one(endpoints.PACKAGE, license_number=session.number, label=label)
    except (Unauthorized, NotThere):
        # Not ours or not made: but only if the same key reads the licence well.
        if session.key_is_alive():
            found.absent.add(label)
        return
    raw = answer.rows[0]
    seen = shapes.package(raw)
    found.raw_packages.append(ReadRow(raw=raw, api_request_id=session.last_request_id))
    found.packages[label] = PackageSeen(
        label=seen.label,
        quantity=quantity(seen.quantity, seen.unit),
        item_name=seen.item_name,
        location_name=seen.location_name,
        production_batch_number=seen.production_batch_number,
        lab_testing_state=seen.lab_testing_state,
        source_labels=seen.source_package_labels,
        is_finished=seen.is_finished,
        is_testing_sample=seen.is_testing_sample,
        last_modified_at=seen.last_modified_at,
        values=field_texts(raw),
    )


def _windows(since: datetime, now: datetime) -> list[Window]:
    return list(cut(min(since, now), now + CLOCK_ROOM, overlap=CLOCK_ROOM))


def _look_at_transfers(session: Session, found: _Found, *, since: datetime, now: datetime) -> None:
    seen: dict[int, TransferSeen] = {}
    for window in _windows(since, now):
        for raw in session.client.rows(
            endpoints.TRANSFERS_OUTGOING, license_number=session.number, window=window
        ):
            transfer = shapes.transfer(raw)
            for delivery_raw in session.client.rows(
                endpoints.TRANSFER_DELIVERIES, path={"id": transfer.id}
            ):
                delivery = shapes.delivery(delivery_raw)
                packages = session.client.rows(
                    endpoints.DELIVERY_PACKAGES, path={"id": delivery.delivery_id}
                )
                seen[transfer.id] = TransferSeen(
                    transfer_id=transfer.id,
                    manifest_number=transfer.manifest_number,
                    recipient_license_number=delivery.recipient_license_number,
                    labels=frozenset(shapes.delivery_package(row).label for row in packages),
                    is_voided=transfer.is_voided,
                )
    found.transfers += seen.values()
    found.transfers_whole = True


def _look_at_delivery(session: Session, delivery_id: int, found: _Found) -> None:
    for raw in session.client.rows(endpoints.DELIVERY_PACKAGES, path={"id": delivery_id}):
        seen = shapes.delivery_package(raw)
        found.delivery[seen.label] = DeliveryPackageSeen(
            label=seen.label,
            shipment_state=seen.shipment_state,
            shipped_quantity=_amount(seen.shipped_quantity, seen.unit),
            received_quantity=_amount(seen.received_quantity, seen.unit),
        )
    found.delivery_whole = True


def _look_at_lab_results(session: Session, package_id: str, found: _Found) -> None:
    raws = session.client.rows(
        endpoints.LAB_RESULTS, license_number=session.number, query={"packageId": package_id}
    )
    found.lab_results += [
        LabResultSeen(
            test_name=str(raw.get("TestTypeName") or ""),
            level=None if raw.get("TestResultLevel") is None else Decimal(raw["TestResultLevel"]),
            passed=raw.get("TestPassed") is True,
            comment=str(raw.get("TestComment") or ""),
            is_released=raw.get("ResultReleased") is True,
        )
        for raw in raws
    ]
    found.lab_results_whole = True


def _amount(value: Decimal | None, unit: str) -> Any:
    return quantity(value, unit) if value is not None and unit else None


def _look_at_template_packages(session: Session, read: Read, found: _Found) -> None:
    """Read the packages of the template asked for: of that id, or the newest of that name."""
    ids = [
        row.metrc_id
        for row in found.rows
        if read.key == str(row.metrc_id) or read.key.casefold() == row.name.casefold()
    ]
    if not ids:
        return
    for delivery in session.client.rows(endpoints.TEMPLATE_DELIVERIES, path={"id": max(ids)}):
        for raw in session.client.rows(
            endpoints.TEMPLATE_DELIVERY_PACKAGES, path={"id": delivery["Id"]}
        ):
            label = str(raw.get("PackageLabel"))
            found.delivery[label] = DeliveryPackageSeen(label=label, shipment_state="")
    found.delivery_whole = True


def _look_at_rows(
    session: Session, read: Read, found: _Found, *, since: datetime, now: datetime
) -> None:
    """Read what a list shows of the time since the action; enough to find what is new there."""
    seen: dict[int, RowSeen] = {}
    for rows in _pages_of_rows(session, read, since=since, now=now):
        seen |= rows
    found.rows += seen.values()
    found.rows_whole = True


def _look_for_row(session: Session, read: Read, found: _Found, *, now: datetime) -> None:
    """Search a list for one row, newest changes first, back to where our reading began.

    A row that has not changed of late is in no young window: only the whole walk proves that it
    is gone.
    """
    wanted = int(read.key)
    for rows in _pages_of_rows(session, read, since=session.license.sync_from, now=now):
        if wanted in rows:
            found.rows.append(rows[wanted])
            return
    found.rows_whole = True


def _pages_of_rows(
    session: Session, read: Read, *, since: datetime, now: datetime
) -> Iterator[dict[int, RowSeen]]:
    """Yield the rows of a list by id, window by window, the newest window first."""
    endpoint = BY_NAME[read.endpoint]
    windows: list[Window | None] = [None]
    if endpoint.is_windowed:
        windows = [*reversed(_windows(since, now))]
    for window in windows:
        raws = session.client.rows(endpoint, license_number=session.number, window=window)
        yield {raw["Id"]: _row_seen(raw) for raw in raws if raw.get("Id") is not None}


def _row_seen(raw: dict[str, Any]) -> RowSeen:
    return RowSeen(
        metrc_id=raw["Id"],
        name=str(raw.get("Name") or raw.get("LicensePlateNumber") or ""),
        values={
            name: str(value)
            for name, value in raw.items()
            if isinstance(value, str | int | Decimal) and not isinstance(value, bool)
        },
    )


def keep_packages(actor: Actor, session: Session, rows: tuple[ReadRow, ...], now: datetime) -> None:
    """Store package rows that a look has shown, as a sync would."""
    if not rows:
        return
    with short_transaction(session.license.pk) as license:
        batch = Batch(
            actor=actor,
            license=license,
            feed="packages_looked_up",
            rows=rows,
            now=now,
            is_first_walk=False,
            is_whole_list=False,
        )
        for row in rows:
            store_package(batch, row, _list_of(row))


def _list_of(row: ReadRow) -> PackageList:
    """Return the list a single package row belongs to: METRC's row itself does not say it all."""
    seen = shapes.package(row.raw)
    newest = PackageSnapshot.objects.filter(package__label=seen.label, is_newest=True).first()
    if newest is not None and newest.last_modified_at == seen.last_modified_at:
        return PackageList(newest.list_name)
    if seen.is_finished or shapes.read_date(row.raw.get("ArchivedDate")) is not None:
        return PackageList.INACTIVE
    return PackageList.ON_HOLD if seen.is_on_hold else PackageList.ACTIVE


def reading_to_json(reading: Reading) -> Any:
    """Return a reading as plain JSON, for the pre-image beside the action."""
    return msgspec.to_builtins(reading, str_keys=True)
