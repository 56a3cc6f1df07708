"""Entries into METRC that came late or were wrong: flagged, explained, put right in time."""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.actions import RegulatedAction
from glassbox.models.companies import License
from glassbox.models.exception_cases import CaseNote, CaseState, ExceptionCase
from glassbox.models.transfers import TransferPackage
from glassbox.operations.exception_cases import (
    close_cases_in_transaction,
    open_case_in_transaction,
)
from glassbox.operations.packages import locked_package
from glassbox.operations.person import person_id
from glassbox.operations.transaction import operation
from glassbox.rules.actor import Actor
from glassbox.rules.clocks import elapsed_text, entry_lateness
from glassbox.rules.exception_policy import CaseClass, case_for
from glassbox.rules.permissions import Permission
from glassbox.rules.verdicts import InvalidInput, NotFound


def flag_late_entry_in_transaction(*, actor: Actor, action: RegulatedAction, now: datetime) -> None:
    """Open the case of an entry made more than 24 hours after its event (CA-TT-02, CA-TT-03).

    The event of a delivery is the first count at the door.
    """
    assert connection.in_atomic_block, "an entry is flagged with what made it"
    occurred_at = (
        TransferPackage.objects.filter(transfer_id=action.transfer_id, found_at__isnull=False)
        .order_by("found_at")
        .values_list("found_at", flat=True)
        .first()
        if action.transfer_id
        else None
    )
    if occurred_at is None:
        return
    lateness = entry_lateness(occurred_at=occurred_at, recorded_at=now)
    if not lateness.is_late:
        return
    advice = case_for(
        CaseClass.LATE_ENTRY,
        fact_key=f"late-entry:{action.pk}",
        title=f"Action {action.pk} was entered {lateness.text()}",
        what_happened=f"It happened at {occurred_at:%Y-%m-%d %H:%M} UTC and was entered at "
        f"{now:%Y-%m-%d %H:%M} UTC, {elapsed_text(now - occurred_at)} later: {lateness.text()}.",
        found_at=now,
    )
    open_case_in_transaction(
        actor=actor, license=action.license, advice=advice, action_id=action.pk, now=now
    )


@operation
def give_late_reason(
    *, actor: Actor, license_id: int, case_id: int, reason: str, now: datetime
) -> None:
    """Put the reason of a late entry on record; both times stay visible, and its case closes.

    :raises NotFound: if there is no such open case here
    :raises InvalidInput: without a reason
    """
    access.require(actor, Permission.CASE_WORK, license_id=license_id)
    case = (
        ExceptionCase.objects.select_for_update()
        .filter(
            license_id=license_id,
            id=case_id,
            state=CaseState.OPEN,
            case_class=CaseClass.LATE_ENTRY,
        )
        .first()
    )
    if case is None:
        raise NotFound("There is no such late entry here.")
    if not reason.strip():
        raise InvalidInput(field="reason", value=reason, way_out="Say why it was entered late.")
    CaseNote.objects.create(
        company_id=case.company_id,
        license_id=license_id,
        case=case,
        author_id=person_id(actor),
        text=reason.strip(),
        noted_at=now,
    )
    ledger.append(
        type=EventType.ENTRY_LATE_EXPLAINED,
        subject=f"case:{case.pk}",
        actor=actor,
        reason=reason.strip(),
        intent_id=case.action_id,
        body={"what_happened": case.what_happened},
        now=now,
    )
    close_cases_in_transaction(
        actor=actor,
        license=License.objects.get(id=license_id),
        fact_keys={case.fact_key},
        because=f"Its reason is on record: {reason.strip()}"[:1000],
        now=now,
    )


@operation
def report_entry_error(
    *,
    actor: Actor,
    license_id: int,
    label: str,
    what_is_wrong: str,
    discovered_at: datetime,
    now: datetime,
) -> int:
    """Report a wrong entry in METRC; it is corrected within 3 calendar days (CA-TT-09).

    Return the id of its case, whose clock runs from the discovery.

    :raises NotFound: if this licence has no such package
    :raises InvalidInput: if nothing is said, or it was discovered in the future
    """
    access.require(actor, Permission.PACKAGE_HOLD, license_id=license_id)
    package = locked_package(license_id, label)
    if not what_is_wrong.strip():
        raise InvalidInput(
            field="what is wrong",
            value=what_is_wrong,
            way_out="Say what METRC shows, and what it should show.",
        )
    if discovered_at > now:
        raise InvalidInput(
            field="discovered at",
            value=discovered_at.isoformat(),
            way_out="Give the moment somebody saw it, not a later one.",
        )
    advice = case_for(
        CaseClass.ENTRY_ERROR,
        fact_key=f"entry-error:{label}:{discovered_at.isoformat()}",
        title=f"{label}: a wrong entry in METRC",
        what_happened=what_is_wrong.strip(),
        found_at=discovered_at,
    )
    case_id = open_case_in_transaction(
        actor=actor, license=package.license, advice=advice, package_id=package.pk, now=now
    )
    ledger.append(
        type=EventType.ENTRY_ERROR_REPORTED,
        subject=f"package:{label}",
        actor=actor,
        reason=what_is_wrong.strip(),
        body={"case": case_id, "discovered_at": discovered_at.isoformat()},
        now=now,
    )
    return case_id
