"""METRC's words -> ours. The only module that speaks both."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from glassbox.models.companies import LicenseKind
from glassbox.models.transfers import TransferState
from glassbox.rules.lab_status import LabStatus, status_of
from glassbox.rules.package_state import (
    LocalState,
    PackageList,
    PackageState,
    state_after_read,
)
from glassbox.rules.quantities import quantity
from metrc_client import shapes

# Before METRC's own result we have no better state than these; after it we follow.
AWAITING_RESULT = frozenset(
    {LocalState.FINISHED_UNTESTED, LocalState.DIST_QUARANTINE, LocalState.SAMPLED}
)
GONE = {
    PackageList.IN_TRANSIT: LocalState.IN_TRANSIT,
    PackageList.TRANSFERRED: LocalState.DELIVERED,
    PackageList.INACTIVE: LocalState.CLOSED,
}


def plain(value: Any) -> Any:
    """Return METRC's JSON with exact decimals as text, so that it can be stored and compared."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return str(value) if isinstance(value, Decimal) else value


def content_sha256(raw: Any, *, list_name: str = "") -> str:
    """Return the hash of a row's content, whatever the order of its fields."""
    text = json.dumps([list_name, plain(raw)], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def package_state(
    package: shapes.Package, *, list_name: PackageList, seen_at: datetime
) -> PackageState:
    """Return what METRC says of a package, as the rules know it."""
    return PackageState(
        label=package.label,
        quantity=quantity(package.quantity, package.unit),
        item_name=package.item_name,
        lab_testing_state=package.lab_testing_state,
        seen_in=list_name,
        seen_at=seen_at,
        is_on_hold=package.is_on_hold,
        is_on_recall=package.is_on_recall,
        is_finished=package.is_finished,
    )


def first_local_state(
    package: shapes.Package, *, list_name: PackageList, license_kind: str
) -> LocalState:
    """Return where a package stands that our book has not known before."""
    if list_name in GONE:
        return GONE[list_name]
    if package.is_testing_sample:
        return LocalState.SAMPLED
    if license_kind == LicenseKind.DISTRIBUTION:
        passed = status_of(package.lab_testing_state) is LabStatus.PASSED
        return LocalState.TEST_PASSED if passed else LocalState.DIST_QUARANTINE
    if package.received_from_manifest_number:
        return LocalState.ARRIVED
    is_final_form = package.unit == "Each"
    return LocalState.FINISHED_UNTESTED if is_final_form else LocalState.IN_PROCESS


def local_state_after(ours: LocalState, metrc: PackageState) -> LocalState:
    """Return our state after METRC was read: it may become stricter by itself, never looser.

    Two steps are METRC's to take, because they are facts of the law and not our judgement: goods
    leave and come back, and a result arrives.
    """
    if metrc.seen_in in GONE:
        return GONE[metrc.seen_in]
    if ours in {LocalState.IN_TRANSIT, LocalState.DISPATCHED, LocalState.DELIVERED}:
        return LocalState.RETURNED
    passed = status_of(metrc.lab_testing_state) is LabStatus.PASSED
    if ours in AWAITING_RESULT and passed:
        ours = LocalState.TEST_PASSED
    return state_after_read(ours, metrc)


def facility_moment(value: object, time_zone: str) -> datetime | None:
    """Return an estimated time of a transfer, in UTC; None when METRC has none.

    METRC writes these without a zone, as the clock on the facility's wall shows them.
    """
    moment = shapes.read_moment(value)
    if moment is None or datetime.fromisoformat(str(value)).tzinfo is not None:
        return moment
    return moment.replace(tzinfo=ZoneInfo(time_zone)).astimezone(UTC)


def transfer_state(
    *, is_voided: bool, delivery: shapes.Delivery, packages: tuple[shapes.DeliveryPackage, ...]
) -> TransferState:
    """Return where a delivery stands according to METRC."""
    if is_voided:
        return TransferState.VOIDED
    states = {package.shipment_state for package in packages}
    if states & {"Rejected", "Returned"}:
        return TransferState.PARTLY_REJECTED
    if delivery.received_at is not None or (states and states <= {"Accepted"}):
        return TransferState.RECEIVED
    if delivery.departed_at is not None:
        return TransferState.DEPARTED
    return TransferState.REGISTERED
