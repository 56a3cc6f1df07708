"""Whether the fact behind a case still holds: looked up in our own database, now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import F, Q

from glassbox.models.actions import RegulatedAction
from glassbox.models.credentials import MetrcCredential
from glassbox.models.exception_cases import ExceptionCase
from glassbox.models.lab import LabSample
from glassbox.models.packages import PackageSnapshot
from glassbox.models.sync import SyncCursor, SyncRun, SyncRunState
from glassbox.models.transfers import TransferPackage
from glassbox.queries.differences.compare import differences_at
from glassbox.queries.people import employees_on_list, names_in_metrc
from glassbox.rules.action_lifecycle import UNRESOLVED
from glassbox.rules.lab_status import FAILED_STATES
from glassbox.rules.package_state import PackageList


class Standing(StrEnum):
    """Name how the fact behind a case stands."""

    HOLDS = "HOLDS"
    GONE = "GONE"
    CANNOT_TELL = "CANNOT_TELL"


@dataclass(frozen=True, kw_only=True)
class Truth:
    """Hold how a fact stands, and what was seen."""

    standing: Standing
    sentence: str


STILL_HERE = (PackageList.ACTIVE, PackageList.ON_HOLD, PackageList.IN_TRANSIT)
Lookup = Callable[[ExceptionCase, datetime], Truth]


def truth_of(case: ExceptionCase, now: datetime) -> Truth:
    """Return whether a case's fact still holds, inside the caller's transaction.

    Of a fact that only a person can judge it says so.
    """
    lookup = LOOKUPS.get(case.fact_key.partition(":")[0])
    if lookup is None:
        return Truth(
            standing=Standing.CANNOT_TELL, sentence="Only a person can say whether it is settled."
        )
    return lookup(case, now)


def _truth(holds: bool, is_so: str, is_gone: str) -> Truth:
    return Truth(
        standing=Standing.HOLDS if holds else Standing.GONE,
        sentence=is_so if holds else is_gone,
    )


def _difference(case: ExceptionCase, now: datetime) -> Truth:
    _, label, aspect = case.fact_key.split(":")
    found = [
        one
        for one in differences_at(case.license_id, now=now, only=(label,))
        if one.aspect == aspect
    ]
    return _truth(
        bool(found),
        found[0].sentence if found else "",
        f"{label}: the two books agree about it now.",
    )


def _state_hold(case: ExceptionCase, now: datetime) -> Truth:
    label = case.fact_key.split(":")[1]
    held = PackageSnapshot.objects.filter(
        license_id=case.license_id, package__label=label, is_newest=True, is_on_hold=True
    ).exists()
    return _truth(held, f"METRC still flags {label}.", f"METRC shows no flag on {label} any more.")


def _sync_failed(case: ExceptionCase, now: datetime) -> Truth:
    newest = (
        SyncRun.objects.filter(license_id=case.license_id)
        .exclude(state=SyncRunState.RUNNING)
        .order_by("-id")
        .first()
    )
    failed = newest is None or newest.state != SyncRunState.DONE
    said = newest.error if newest else "METRC was never read."
    return _truth(failed, f"The newest run failed too: {said}", "A later run read METRC.")


def _list_refused(case: ExceptionCase, now: datetime) -> Truth:
    cursor = SyncCursor.objects.filter(
        license_id=case.license_id, feed=case.fact_key.partition(":")[2]
    ).first()
    said = cursor.last_error if cursor else ""
    return _truth(bool(said), f"The last try failed too: {said}", "METRC gives the list again.")


def _key_refused(case: ExceptionCase, now: datetime) -> Truth:
    refused = MetrcCredential.objects.filter(
        Q(last_worked_at__isnull=True) | Q(last_refused_at__gt=F("last_worked_at")),
        id=int(case.fact_key.split(":")[1]),
        license_id=case.license_id,
        revoked_at__isnull=True,
    ).exists()
    return _truth(
        refused, "METRC has not taken this key since.", "METRC takes the key, or it is revoked."
    )


def _metrc_user(case: ExceptionCase, now: datetime) -> Truth:
    user_id = int(case.fact_key.partition(":")[2])
    names, read_at = employees_on_list(case.license_id)
    if read_at is None or read_at <= case.opened_at:
        return Truth(
            standing=Standing.CANNOT_TELL,
            sentence="METRC's employee list was not read since the person left.",
        )
    listed = {name.casefold() for name in names} & names_in_metrc(case.license_id, user_id)
    return _truth(bool(listed), "METRC still lists them.", "METRC no longer lists them.")


def _action(case: ExceptionCase, now: datetime) -> Truth:
    action = RegulatedAction.objects.filter(
        license_id=case.license_id, id=int(case.fact_key.split(":")[1])
    ).first()
    state = action.state if action else "gone"
    return _truth(
        state in UNRESOLVED,
        f"The action is {state.lower()}: nobody knows yet what METRC has.",
        f"The action is {state.lower()}.",
    )


def _return_pending(case: ExceptionCase, now: datetime) -> Truth:
    _, transfer_id, label = case.fact_key.split(":")
    rejected = TransferPackage.objects.filter(
        license_id=case.license_id,
        transfer_id=int(transfer_id),
        label=label,
        shipment_state="Rejected",
    ).exists()
    return _truth(
        rejected,
        f"METRC still shows {label} rejected and not taken back.",
        f"METRC shows {label} taken back.",
    )


def _late_entry(case: ExceptionCase, now: datetime) -> Truth:
    return Truth(
        standing=Standing.HOLDS, sentence="It was entered late and no reason is on record yet."
    )


def _test_failed(case: ExceptionCase, now: datetime) -> Truth:
    """The key names a package, or the sample whose fail stopped a batch."""
    label = case.fact_key.split(":")[1]
    sample = LabSample.objects.filter(license_id=case.license_id, label=label).first()
    newest = PackageSnapshot.objects.filter(
        license_id=case.license_id,
        is_newest=True,
        package__label__in=sample.source_labels if sample else [label],
    )
    if not newest.exists():
        return Truth(
            standing=Standing.CANNOT_TELL, sentence=f"METRC does not show {label} here any more."
        )
    failed = newest.filter(
        lab_state__in=FAILED_STATES, is_finished=False, list_name__in=STILL_HERE, quantity__gt=0
    )
    labels = sorted(failed.values_list("package__label", flat=True))
    return _truth(
        bool(labels),
        f"METRC still shows failed goods: {', '.join(labels[:3])}.",
        "METRC shows no failed goods of it any more.",
    )


LOOKUPS: dict[str, Lookup] = {
    "late-entry": _late_entry,
    "test-failed": _test_failed,
    "difference": _difference,
    "state-hold": _state_hold,
    "sync-failed": _sync_failed,
    "list-refused": _list_refused,
    "key-refused": _key_refused,
    "metrc-user": _metrc_user,
    "action-blocked": _action,
    "attestation": _action,
    "return-pending": _return_pending,
}
