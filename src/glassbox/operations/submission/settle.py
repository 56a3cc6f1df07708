"""What a decision of the sender does to an action, its lanes, our book and the ledger."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.actions import ActionAttempt, ActionLane, RegulatedAction
from glassbox.models.catalog import Tag, TagStatus
from glassbox.models.packages import Package, PackageLineage
from glassbox.operations.actions.draft import cases_of
from glassbox.operations.alerts.settled import tell_settled_in_transaction
from glassbox.operations.books import book_movement_in_transaction
from glassbox.operations.exception_cases import (
    close_cases_in_transaction,
    open_case_in_transaction,
)
from glassbox.queries.actions.gates import reading_from_json
from glassbox.rules.action_kinds.kind import Booking, Expectation, NewPackage
from glassbox.rules.action_kinds.registry import kind_named
from glassbox.rules.action_lifecycle import ActionState, next_state
from glassbox.rules.actor import Actor
from glassbox.rules.exception_policy import CaseClass, case_for
from glassbox.rules.package_state import LocalState
from glassbox.rules.sender import MOVE_OF, Decision, Step

EVENT_OF: dict[Step, EventType] = {
    Step.AWAIT_READ_BACK: EventType.ACTION_ANSWERED,
    Step.PROBE_REFUSAL: EventType.ACTION_ANSWERED,
    Step.LOSE_ANSWER: EventType.ACTION_ANSWER_LOST,
    Step.RETURN_TO_APPROVED: EventType.ACTION_NOT_PROCESSED,
    Step.ACCEPT: EventType.ACTION_ACCEPTED,
    Step.REJECT: EventType.ACTION_REJECTED,
    Step.REQUEUE: EventType.ACTION_REQUEUED,
    Step.BLOCK: EventType.ACTION_BLOCKED,
    Step.PROBE_AGAIN: EventType.ACTION_LOOKED_UP,
    Step.WAIT: EventType.ACTION_LOOKED_UP,
}
SETTLES = frozenset({Step.ACCEPT, Step.REJECT, Step.BLOCK})
# Once one of these is reached nobody doubts what METRC has, and the lanes are free.
FREES_LANES = frozenset({Step.ACCEPT, Step.REJECT, Step.REQUEUE, Step.RETURN_TO_APPROVED})


def apply_decision_in_transaction(
    *,
    actor: Actor,
    action: RegulatedAction,
    decision: Decision,
    attempt: ActionAttempt | None,
    body: dict[str, Any] | None = None,
    now: datetime,
) -> None:
    """Make the lifecycle's move for a decision, with everything that must commit with it."""
    assert connection.in_atomic_block, "an outcome commits with its effects"
    before = action.state
    if before == ActionState.BLOCKED and decision.step is not Step.ACCEPT:
        # A person decides about it. A look can only accept it: what it saw stands among the
        # looks, and why it was blocked stays, for the look may know less of that.
        decision = Decision(step=Step.WAIT, sentence=decision.sentence)
    move = MOVE_OF[decision.step]
    if move is not None:
        action.state = next_state(ActionState(action.state), move)
    action.not_before_at = now + timedelta(seconds=decision.delay_seconds)
    if decision.step is Step.BLOCK:
        action.blocked_because = decision.sentence[:1000]
    if action.state in (ActionState.ACCEPTED, ActionState.REJECTED):
        action.settled_at, action.outcome = now, decision.sentence[:1000]
    action.save()
    event_id = ledger.append(
        type=EVENT_OF[decision.step],
        subject=f"action:{action.pk}",
        actor=actor,
        reason=decision.sentence,
        intent_id=action.pk,
        endpoint=action.metrc_endpoint,
        request_sha256=action.payload_sha256,
        response_status=attempt.http_status if attempt else None,
        response_sha256=attempt.response_sha256 if attempt else "",
        state_before=before,
        state_after=action.state,
        body=body or {},
        now=now,
    )
    if decision.step in SETTLES:
        tell_settled_in_transaction(
            action=action, event_id=event_id, sentence=decision.sentence, now=now
        )
    if decision.step is Step.ACCEPT:
        _book(action, now)
    if decision.step in FREES_LANES:
        _free_lanes(action, decision.hold_lanes_until or now, now)
    _settle_cases(actor, action, decision, now)


def _free_lanes(action: RegulatedAction, at: datetime, now: datetime) -> None:
    """Free the lanes; a set whose answer was lost keeps them, for it may still land late."""
    if at <= now:
        ActionLane.objects.filter(action=action, released_at__isnull=True).update(released_at=now)


def _settle_cases(actor: Actor, action: RegulatedAction, decision: Decision, now: datetime) -> None:
    if decision.step is Step.BLOCK:
        advice = case_for(
            CaseClass.OUTCOME_BLOCKED,
            fact_key=f"action-blocked:{action.pk}",
            title=f"A person must decide about action {action.pk}",
            what_happened=f"{action.effect_sentence} {decision.sentence}",
            found_at=now,
        )
        open_case_in_transaction(
            actor=actor, license=action.license, advice=advice, action_id=action.pk, now=now
        )
    elif decision.step in (Step.ACCEPT, Step.REJECT):
        close_cases_in_transaction(
            actor=actor,
            license=action.license,
            fact_keys=cases_of(action.pk),
            because=decision.sentence,
            now=now,
        )


def _book(action: RegulatedAction, now: datetime) -> None:
    """Let our own book follow what METRC now has."""
    kind = kind_named(action.kind)
    expected = kind.expect(action.facts, reading_from_json(action.preimage))
    for made in expected.new_packages:
        _open_package(action, made, now)
    for booking in expected.bookings:
        _book_one(action, booking, now)
    _book_changes(action, expected)


def _open_package(action: RegulatedAction, made: NewPackage, now: datetime) -> None:
    tenant = {"company_id": action.company_id, "license_id": action.license_id}
    first = LocalState.IN_PROCESS
    if made.is_testing_sample:
        first = LocalState.SAMPLED
    package, _ = Package.objects.get_or_create(
        license_id=action.license_id,
        label=made.label,
        defaults={
            "company_id": action.company_id,
            "item_name": made.item_name,
            "unit": made.quantity.unit.name,
            "local_state": first,
            "location_name": made.location_name,
            "production_batch_number": made.production_batch_number,
            "opened_at": now,
        },
    )
    _inherit(package, made)
    Tag.objects.filter(license_id=action.license_id, label=made.label).update(
        status=TagStatus.USED, used_at=now
    )
    for label, used in made.sources:
        PackageLineage.objects.update_or_create(
            license_id=action.license_id,
            parent_label=label,
            child_label=made.label,
            defaults={
                "company_id": tenant["company_id"],
                "quantity": used.value,
                "unit": used.unit.name,
                "claimed_by_us_at": now,
            },
        )


def _inherit(package: Package, made: NewPackage) -> None:
    """A split of the same goods keeps its batch, its printed UID and where it stands with us."""
    parents = list(
        Package.objects.filter(
            license_id=package.license_id, label__in=[label for label, _ in made.sources]
        )
    )
    same = [parent for parent in parents if parent.item_name == made.item_name]
    if len(same) != 1 or made.is_testing_sample or made.is_production_batch:
        return
    parent = same[0]
    package.local_state = parent.local_state
    package.production_batch_number = (
        package.production_batch_number or parent.production_batch_number
    )
    package.printed_label = parent.printed_label or parent.label
    package.save()


def _book_one(action: RegulatedAction, booking: Booking, now: datetime) -> None:
    package = Package.objects.filter(license_id=action.license_id, label=booking.label).first()
    if package is None:
        package = Package.objects.create(
            company_id=action.company_id,
            license_id=action.license_id,
            label=booking.label,
            item_name="",
            unit=booking.quantity.unit.name,
            local_state=LocalState.ARRIVED,
            opened_at=now,
        )
    fact_key = f"action:{action.pk}"
    if booking.cause == "RECEIPT":
        # The same fact that a sync may book when it sees the package arrive.
        fact_key = f"receipt:{action.facts['manifest_number']}"
    book_movement_in_transaction(
        package=package,
        quantity=booking.quantity,
        cause=booking.cause,
        reason=action.reason,
        evidence=f"action:{action.pk}",
        fact_key=fact_key,
        recorded_by_id=action.drafted_by_id,
        occurred_at=action.claimed_at or now,
        now=now,
    )


def _book_changes(action: RegulatedAction, expected: Expectation) -> None:
    here = Package.objects.filter(license_id=action.license_id)
    for label, location in expected.moves:
        here.filter(label=label).update(location_name=location)
    here.filter(label__in=expected.finished_labels).update(local_state=LocalState.CLOSED)
    # Nobody has looked at what comes back yet; being stricter than METRC is always allowed.
    here.filter(label__in=expected.reopened_labels).update(local_state=LocalState.QUARANTINE)
