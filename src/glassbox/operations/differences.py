"""What people do about a difference: correct our book, explain it, assess it. METRC hears nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.exception_cases import Assessment, CaseState, ExceptionCase
from glassbox.models.packages import Package
from glassbox.models.reconciliation import (
    BookCorrection,
    CorrectionState,
    DifferenceExplanation,
)
from glassbox.operations.books import book_movement_in_transaction
from glassbox.operations.packages import locked_package
from glassbox.operations.person import person_id
from glassbox.operations.transaction import operation
from glassbox.queries.differences.compare import action_in_flight, differences_at
from glassbox.rules.actor import Actor
from glassbox.rules.clocks import notice_due_at
from glassbox.rules.difference_causes import Confidence, DifferenceClass
from glassbox.rules.exception_policy import CaseClass
from glassbox.rules.package_state import LocalState
from glassbox.rules.permissions import Permission
from glassbox.rules.quantities import Quantity, quantity
from glassbox.rules.reconcile import Aspect, Difference
from glassbox.rules.verdicts import InvalidInput, NotFound, Refused

ABOUT_QUANTITY = (Aspect.QUANTITY, Aspect.PRESENCE, Aspect.COUNTED)


class NothingToCorrect(Refused):
    """The two books agree about this package now, or a person must wait until it is settled."""

    code = "difference.nothing-to-correct"


class MovedMeanwhile(Refused):
    """One of the numbers is not what the person saw when they decided."""

    code = "difference.moved-meanwhile"


class NotYourOwn(Refused):
    """Whoever proposes a correction of our book does not approve it."""

    code = "difference.not-your-own"


@dataclass(frozen=True, kw_only=True)
class SeenNumbers:
    """What stood on the page when a person decided; None where a book had nothing."""

    ours: Decimal | None
    metrc: Decimal | None


@operation
def correct_our_book(
    *,
    actor: Actor,
    license_id: int,
    label: str,
    seen: SeenNumbers,
    reason: str,
    evidence: str,
    now: datetime,
) -> int:
    """Bring our own count of a package to METRC's; return the id of the correction.

    What METRC's own records explain (somebody worked in its pages) is booked at once, with that
    record. Everything else waits for a second person. METRC is not written to.

    :raises NothingToCorrect: if both agree, the difference is one of timing, or an action that
        may change the package in METRC is under way
    :raises MovedMeanwhile: if a number is not the one that was seen
    :raises InvalidInput: without reason or evidence
    """
    access.require(actor, Permission.RECONCILIATION_RUN, license_id=license_id)
    package = locked_package(license_id, label)
    _require_nothing_in_flight(license_id, label)
    difference = _difference_of(license_id, label, now)
    _check_seen(difference, seen)
    amount = _amount_to_book(difference)
    for field, value in (("reason", reason), ("evidence", evidence)):
        if not value.strip():
            raise InvalidInput(
                field=field, value=value, way_out="Say what you looked at, and why METRC is right."
            )
    if BookCorrection.objects.filter(package=package, state=CorrectionState.PROPOSED).exists():
        raise NothingToCorrect("A correction of this package waits for a second person already.")
    correction = BookCorrection.objects.create(
        company_id=package.company_id,
        license_id=license_id,
        package=package,
        state=CorrectionState.PROPOSED,
        difference_class=difference.difference_class,
        our_quantity=seen.ours,
        metrc_quantity=seen.metrc,
        quantity=amount.value,
        unit=amount.unit.name,
        reason=reason.strip(),
        evidence=evidence.strip(),
        proposed_by_id=person_id(actor),
        proposed_at=now,
    )
    ledger.append(
        type=EventType.CORRECTION_PROPOSED,
        subject=f"package:{label}",
        actor=actor,
        reason=reason.strip(),
        body={"correction": correction.pk, "quantity": amount.text()},
        now=now,
    )
    if needs_a_second_person(difference):
        return correction.pk
    _book(actor, correction, "METRC's own record explains it", now)
    return correction.pk


def needs_a_second_person(difference: Difference) -> bool:
    """Return whether a correction of our book needs another person's word."""
    return not (
        difference.difference_class is DifferenceClass.CHANGED_OUTSIDE
        and difference.confidence is Confidence.CERTAIN
    )


@operation
def approve_correction(
    *, actor: Actor, license_id: int, correction_id: int, comment: str, now: datetime
) -> None:
    """Book a proposed correction of our own count.

    :raises NotFound: if none is proposed under this id
    :raises NotYourOwn: if the approver proposed it
    :raises MovedMeanwhile: if a number has changed since it was proposed
    """
    access.require(actor, Permission.RECONCILIATION_RUN, license_id=license_id)
    correction = _proposed(license_id, correction_id)
    if correction.proposed_by_id == actor.user_id:
        raise NotYourOwn("Another person approves a correction of our book.")
    difference = _difference_of(license_id, correction.package.label, now)
    _check_seen(
        difference, SeenNumbers(ours=correction.our_quantity, metrc=correction.metrc_quantity)
    )
    _book(actor, correction, comment.strip() or "Approved", now)


@operation
def refuse_correction(
    *, actor: Actor, license_id: int, correction_id: int, comment: str, now: datetime
) -> None:
    """Refuse a proposed correction, or take one's own back; our book stays as it is.

    :raises NotFound: if none is proposed under this id
    :raises InvalidInput: without a reason
    """
    access.require(actor, Permission.RECONCILIATION_RUN, license_id=license_id)
    correction = _proposed(license_id, correction_id)
    if not comment.strip():
        raise InvalidInput(field="comment", value=comment, way_out="Say why it is refused.")
    _decide(actor, correction, CorrectionState.REFUSED, comment.strip(), now)


@operation
def explain_difference(
    *,
    actor: Actor,
    license_id: int,
    label: str,
    aspect: str,
    explanation: str,
    evidence: str,
    now: datetime,
) -> int:
    """Write why the two books differ. It holds while both numbers stand; gates go on blocking.

    :raises NothingToCorrect: if they do not differ so
    :raises InvalidInput: without an explanation
    """
    access.require(actor, Permission.RECONCILIATION_RUN, license_id=license_id)
    package = locked_package(license_id, label)
    found = [one for one in differences_at(license_id, now=now, only=(label,))]
    difference = next((one for one in found if one.aspect == aspect), None)
    if difference is None:
        raise NothingToCorrect("The two books do not differ in this any more.")
    if not explanation.strip():
        raise InvalidInput(
            field="explanation", value=explanation, way_out="Write why both may stand for now."
        )
    ours, metrc = difference.our_quantity, difference.metrc_quantity
    row = DifferenceExplanation.objects.create(
        company_id=package.company_id,
        license_id=license_id,
        label=label,
        aspect=aspect,
        our_quantity=ours.value if ours else None,
        metrc_quantity=metrc.value if metrc else None,
        explanation=explanation.strip(),
        evidence=evidence.strip(),
        explained_by_id=person_id(actor),
        explained_at=now,
    )
    ledger.append(
        type=EventType.DIFFERENCE_EXPLAINED,
        subject=f"package:{label}",
        actor=actor,
        reason=explanation.strip(),
        body={"aspect": aspect, "explanation": row.pk},
        now=now,
    )
    return row.pk


@operation
def assess_difference(
    *,
    actor: Actor,
    license_id: int,
    case_id: int,
    is_significant: bool,
    statement: str,
    now: datetime,
) -> None:
    """Record a named person's decision whether a difference is significant (CA-IN-03).

    Only then does the clock of CA-IN-04 run. Nobody is notified by this: people notify.

    :raises NotFound: if there is no such open case of a significant difference here
    :raises InvalidInput: without a statement
    :raises NothingToCorrect: if it was decided before
    """
    access.require(actor, Permission.ACTION_APPROVE_HIGH, license_id=license_id)
    case = (
        ExceptionCase.objects.select_for_update()
        .filter(
            license_id=license_id,
            id=case_id,
            state=CaseState.OPEN,
            case_class=CaseClass.SIGNIFICANT_DIFFERENCE,
        )
        .first()
    )
    if case is None:
        raise NotFound("There is no such case to assess here.")
    if not statement.strip():
        raise InvalidInput(
            field="statement", value=statement, way_out="Write what was found and who found it."
        )
    if Assessment.objects.filter(case=case).exists():
        raise NothingToCorrect("This difference was assessed already; its decision stands.")
    due_at = notice_due_at(now) if is_significant else None
    Assessment.objects.create(
        company_id=case.company_id,
        license_id=license_id,
        case=case,
        is_significant=is_significant,
        statement=statement.strip(),
        decided_by_id=person_id(actor),
        decided_at=now,
        notice_due_at=due_at,
    )
    ledger.append(
        type=EventType.DIFFERENCE_ASSESSED,
        subject=f"case:{case.pk}",
        actor=actor,
        reason=statement.strip(),
        body={
            "is_significant": is_significant,
            "notice_due_at": due_at.isoformat() if due_at else "",
        },
        now=now,
    )


def _require_nothing_in_flight(license_id: int, label: str) -> None:
    action = action_in_flight(license_id, label)
    if action is not None:
        raise NothingToCorrect(
            f"Action {action.pk} on this package is {action.state.replace('_', ' ').lower()}: "
            "wait until it is settled, or withdraw it."
        )


def _difference_of(license_id: int, label: str, now: datetime) -> Difference:
    found = [
        one
        for one in differences_at(license_id, now=now, only=(label,))
        if one.aspect in (Aspect.QUANTITY, Aspect.PRESENCE)
    ]
    if not found:
        raise NothingToCorrect("The two books agree about the quantity of this package now.")
    difference = found[0]
    if difference.difference_class in (DifferenceClass.TIMING, DifferenceClass.AUTHORITY):
        raise NothingToCorrect(
            f"Wait and compare again: {difference.sentence} Nothing is corrected before that."
        )
    return difference


def _check_seen(difference: Difference, seen: SeenNumbers) -> None:
    ours, metrc = difference.our_quantity, difference.metrc_quantity
    now_ours, now_metrc = ours.value if ours else None, metrc.value if metrc else None
    if (now_ours, now_metrc) != (seen.ours, seen.metrc):
        raise MovedMeanwhile(f"The numbers are others now. {difference.sentence} Look again.")


def _amount_to_book(difference: Difference) -> Quantity:
    """Return what must be added to our count so that it is METRC's; METRC's absence is nothing."""
    ours, metrc = difference.our_quantity, difference.metrc_quantity
    known = metrc or ours
    assert known is not None, "a difference has at least one side"
    if ours is not None and metrc is not None and ours.unit.name != metrc.unit.name:
        raise NothingToCorrect(
            "The two books count in different units. Find which unit is wrong before a number is."
        )
    zero = quantity(0, known.unit)
    return (metrc or zero) - (ours or zero)


def _proposed(license_id: int, correction_id: int) -> BookCorrection:
    correction = (
        BookCorrection.objects.select_for_update(of=("self",))
        .select_related("package")
        .filter(license_id=license_id, id=correction_id, state=CorrectionState.PROPOSED)
        .first()
    )
    if correction is None:
        raise NotFound("There is no such proposed correction here.")
    return correction


def _book(actor: Actor, correction: BookCorrection, decision: str, now: datetime) -> None:
    package = correction.package
    is_new_to_us = correction.our_quantity is None
    book_movement_in_transaction(
        package=package,
        quantity=quantity(correction.quantity, correction.unit),
        cause="TAKEN_OVER" if is_new_to_us else "CORRECTED",
        reason=correction.reason,
        evidence=correction.evidence[:200],
        fact_key=f"correction:{correction.pk}",
        recorded_by_id=correction.proposed_by_id,
        occurred_at=now,
        now=now,
    )
    if correction.metrc_quantity is None:
        Package.objects.filter(id=package.pk).update(local_state=LocalState.CLOSED)
    _decide(actor, correction, CorrectionState.BOOKED, decision, now)


def _decide(
    actor: Actor, correction: BookCorrection, state: CorrectionState, decision: str, now: datetime
) -> None:
    correction.state, correction.decision = state, decision[:500]
    correction.decided_by_id, correction.decided_at = actor.user_id, now
    correction.save(update_fields=["state", "decision", "decided_by", "decided_at"])
    ledger.append(
        type=EventType.CORRECTION_BOOKED
        if state is CorrectionState.BOOKED
        else EventType.CORRECTION_REFUSED,
        subject=f"package:{correction.package.label}",
        actor=actor,
        reason=decision,
        body={"correction": correction.pk},
        now=now,
    )
