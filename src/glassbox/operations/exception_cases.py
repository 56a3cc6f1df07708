"""Open (once per fact), reopen, assign, note, close: what needs a person."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.companies import License
from glassbox.models.exception_cases import CaseNote, CaseState, ExceptionCase
from glassbox.models.people import User
from glassbox.operations.transaction import operation
from glassbox.queries.case_truth import Standing, truth_of
from glassbox.rules.actor import Actor
from glassbox.rules.exception_policy import CaseAdvice, CaseClass, CaseSeverity
from glassbox.rules.permissions import Permission
from glassbox.rules.verdicts import InvalidInput, NotFound, Refused

SNOOZE_AT_MOST = timedelta(days=7)
# One look costs a statement or two; what is due last waits for the next read.
LOOKS_AT_MOST = 1_000


def open_case_in_transaction(
    *,
    actor: Actor,
    license: License,
    advice: CaseAdvice,
    now: datetime,
    package_id: int | None = None,
    transfer_id: int | None = None,
    action_id: int | None = None,
) -> int:
    """Open the case of a fact, or reopen it if it was closed.

    One that is open stays as it is, unless it has become graver or its cause is another.
    """
    assert connection.in_atomic_block, "a case is opened with what found it"
    case = ExceptionCase.objects.filter(license=license, fact_key=advice.fact_key).first()
    if case is not None and case.state == CaseState.OPEN:
        if _is_graver(advice, case) or _has_another_cause(advice, case):
            _reword(case, advice, actor, now)
        return case.pk
    event = EventType.CASE_OPENED if case is None else EventType.CASE_REOPENED
    if case is None:
        case = ExceptionCase(
            company_id=license.company_id, license=license, fact_key=advice.fact_key
        )
    _take_advice(case, advice)
    case.package_id, case.transfer_id, case.action_id = package_id, transfer_id, action_id
    case.state, case.opened_at, case.closed_at, case.closed_because = CaseState.OPEN, now, None, ""
    case.closed_by_id, case.snoozed_until = None, None
    case.save()
    ledger.append(
        type=event,
        subject=f"case:{case.pk}",
        actor=actor,
        reason=advice.what_happened,
        body={"class": advice.case_class.value, "due_at": advice.due_at.isoformat()},
        now=now,
    )
    return case.pk


def _take_advice(case: ExceptionCase, advice: CaseAdvice) -> None:
    case.case_class, case.severity = advice.case_class, advice.severity
    case.title, case.what_happened = advice.title[:300], advice.what_happened
    case.why_it_matters, case.what_to_do = advice.why_it_matters, advice.what_to_do
    case.rule_id, case.due_at, case.owner_role = advice.rule_id, advice.due_at, advice.owner


def _is_graver(advice: CaseAdvice, case: ExceptionCase) -> bool:
    ranks = list(CaseSeverity)
    return ranks.index(advice.severity) > ranks.index(CaseSeverity(case.severity))


def _has_another_cause(advice: CaseAdvice, case: ExceptionCase) -> bool:
    """What was once significant stays so until a person has assessed it."""
    return (
        case.case_class != CaseClass.SIGNIFICANT_DIFFERENCE and case.case_class != advice.case_class
    )


def _reword(case: ExceptionCase, advice: CaseAdvice, actor: Actor, now: datetime) -> None:
    """Let an open case say what is known now: its owner stays, its due time only comes nearer."""
    due_at = case.due_at
    before = case.severity
    _take_advice(case, advice)
    case.due_at = min(due_at, advice.due_at) if due_at else advice.due_at
    case.snoozed_until = None
    case.save()
    ledger.append(
        type=EventType.CASE_NOTED,
        subject=f"case:{case.pk}",
        actor=actor,
        reason=advice.what_happened,
        body={"class": advice.case_class.value, "due_at": case.due_at.isoformat()},
        state_before=before,
        state_after=advice.severity.value,
        now=now,
    )


def close_cases_in_transaction(
    *, actor: Actor, license: License, fact_keys: set[str], because: str, now: datetime
) -> None:
    """Close open cases whose facts no longer hold."""
    assert connection.in_atomic_block, "a case is closed with what found its fact gone"
    for case in ExceptionCase.objects.filter(
        license=license, state=CaseState.OPEN, fact_key__in=fact_keys
    ):
        _close(case, actor, because, now)


def settle_cases_in_transaction(*, actor: Actor, license: License, now: datetime) -> int:
    """Look again at every open case that our own data can judge; close those that are settled.

    Differences are left to the comparison, which judges all of them at once. Returns how many
    were closed.
    """
    assert connection.in_atomic_block, "a case is closed with what found its fact gone"
    open_cases = ExceptionCase.objects.filter(license=license, state=CaseState.OPEN)
    closed = 0
    for case in open_cases.exclude(fact_key__startswith="difference:").order_by("due_at", "id")[
        :LOOKS_AT_MOST
    ]:
        truth = truth_of(case, now)
        if truth.standing is Standing.GONE:
            _close(case, actor, f"Looked at again after METRC was read: {truth.sentence}", now)
            closed += 1
    return closed


@operation
def assign_case(
    *, actor: Actor, license_id: int, case_id: int, owner_id: int, now: datetime
) -> None:
    """Give a case to a person.

    :raises NotFound: if there is no such case or person here
    """
    access.require(actor, Permission.CASE_WORK, license_id=license_id)
    case = _open_case(license_id, case_id)
    owner = User.objects.filter(id=owner_id, role_grants__license_id=license_id).first()
    if owner is None:
        raise NotFound("There is no such person at this licence.")
    case.owner = owner
    case.save(update_fields=["owner"])
    ledger.append(
        type=EventType.CASE_ASSIGNED,
        subject=f"case:{case.pk}",
        actor=actor,
        reason="Assigned to a person",
        body={"owner": owner_id},
        now=now,
    )


@operation
def note_case(*, actor: Actor, license_id: int, case_id: int, text: str, now: datetime) -> None:
    """Write what somebody found or did.

    :raises InvalidInput: if the text is blank
    """
    access.require(actor, Permission.CASE_WORK, license_id=license_id)
    case = _open_case(license_id, case_id)
    if not text.strip():
        raise InvalidInput(field="note", value=text, way_out="Write what you found or did.")
    CaseNote.objects.create(
        company_id=case.company_id,
        license_id=license_id,
        case=case,
        author_id=actor.user_id,
        text=text.strip(),
        noted_at=now,
    )
    ledger.append(
        type=EventType.CASE_NOTED,
        subject=f"case:{case.pk}",
        actor=actor,
        reason=text.strip(),
        now=now,
    )


class StillTrue(Refused):
    """What the case says is so still; closing it would hide it."""

    code = "case.still-true"


@operation
def close_case(*, actor: Actor, license_id: int, case_id: int, because: str, now: datetime) -> None:
    """Close a case with its cause and its fix, once what it says is so no more.

    :raises InvalidInput: if no reason is given
    :raises StillTrue: if a look now shows that its fact still holds
    """
    access.require(actor, Permission.CASE_WORK, license_id=license_id)
    case = _open_case(license_id, case_id)
    if not because.strip():
        raise InvalidInput(field="reason", value=because, way_out="Write the cause and the fix.")
    truth = truth_of(case, now)
    if truth.standing is Standing.HOLDS:
        raise StillTrue(f"It is still so: {truth.sentence} Settle that first; it closes by itself.")
    _close(case, actor, because.strip(), now)


@operation
def recheck_case(*, actor: Actor, license_id: int, case_id: int, now: datetime) -> str:
    """Look now whether a case's fact still holds; close it if not. Return what was seen."""
    access.require(actor, Permission.CASE_WORK, license_id=license_id)
    case = _open_case(license_id, case_id)
    truth = truth_of(case, now)
    if truth.standing is Standing.GONE:
        _close(case, actor, truth.sentence, now)
        return f"{truth.sentence} The case is closed."
    return truth.sentence


@operation
def snooze_case(
    *, actor: Actor, license_id: int, case_id: int, until: datetime, reason: str, now: datetime
) -> None:
    """Put a case out of the daily list for a while, never beyond its own clock.

    :raises InvalidInput: without a reason, or if the time is past, too far, or after the due time
    """
    access.require(actor, Permission.CASE_WORK, license_id=license_id)
    case = _open_case(license_id, case_id)
    if not reason.strip():
        raise InvalidInput(field="reason", value=reason, way_out="Say what you are waiting for.")
    latest = now + SNOOZE_AT_MOST
    if case.due_at is not None:
        latest = min(latest, case.due_at)
    if not now < until < latest:
        raise InvalidInput(
            field="until",
            value=until.isoformat(),
            way_out=f"Choose a time from now to {latest:%Y-%m-%d %H:%M} UTC, before its clock ends.",
        )
    case.snoozed_until = until
    case.save(update_fields=["snoozed_until"])
    CaseNote.objects.create(
        company_id=case.company_id,
        license_id=license_id,
        case=case,
        author_id=actor.user_id,
        text=f"Snoozed until {until:%Y-%m-%d %H:%M} UTC: {reason.strip()}",
        noted_at=now,
    )
    ledger.append(
        type=EventType.CASE_SNOOZED,
        subject=f"case:{case.pk}",
        actor=actor,
        reason=reason.strip(),
        body={"until": until.isoformat()},
        now=now,
    )


def _open_case(license_id: int, case_id: int) -> ExceptionCase:
    case = (
        ExceptionCase.objects.select_for_update()
        .filter(license_id=license_id, id=case_id, state=CaseState.OPEN)
        .first()
    )
    if case is None:
        raise NotFound("There is no such open case here.")
    return case


def _close(case: ExceptionCase, actor: Actor, because: str, now: datetime) -> None:
    case.state, case.closed_at, case.closed_because = CaseState.CLOSED, now, because
    case.closed_by_id = actor.user_id
    case.save(update_fields=["state", "closed_at", "closed_because", "closed_by"])
    ledger.append(
        type=EventType.CASE_CLOSED,
        subject=f"case:{case.pk}",
        actor=actor,
        reason=because,
        now=now,
    )
