"""Do it in METRC: a person attests what they did there; a read confirms or contradicts it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.actions import ActionProbe, RegulatedAction
from glassbox.operations import queue
from glassbox.operations.actions.draft import locked_action
from glassbox.operations.entries import flag_late_entry_in_transaction
from glassbox.operations.exception_cases import open_case_in_transaction
from glassbox.operations.metrc_session import Session, open_session
from glassbox.operations.submission.confirm import confirm_action
from glassbox.operations.submission.kill_points import reach
from glassbox.operations.submission.readings import keep_packages, take_reading
from glassbox.operations.submission.settle import apply_decision_in_transaction
from glassbox.operations.transaction import operation, short_transaction
from glassbox.queries.actions.gates import gates_of, reading_from_json
from glassbox.rules.action_kinds.kind import Instructions, Judgement, ProbeVerdict, Read
from glassbox.rules.action_kinds.registry import kind_named
from glassbox.rules.action_lifecycle import IN_DOUBT, ActionState, next_state
from glassbox.rules.actor import Actor
from glassbox.rules.exception_policy import CaseClass, case_for
from glassbox.rules.gates.action_facts import Moment
from glassbox.rules.permissions import Permission
from glassbox.rules.sender import Decision, Step
from glassbox.rules.verdicts import InvalidInput, Refused

LOOK_AGAIN_SECONDS = 5


class NotByHand(Refused):
    """The action is sent by us; nobody does it in METRC's pages."""

    code = "action.not-by-hand"


@operation
def attest(
    *,
    actor: Actor,
    license_id: int,
    action_id: int,
    values: dict[str, Any],
    now: datetime,
) -> None:
    """Take a person's word that they did an approved action in METRC's own pages.

    A read then confirms it; until then nothing is booked. What is done is taken down even if a
    gate says no by now: the goods have moved, and hiding it would help nobody. The codes of
    such gates stand in the event.

    :raises NotByHand: if the action is one that we send
    :raises InvalidInput: naming the value that is missing
    :raises MoveNotAllowed: if nobody has approved it
    """
    access.require(actor, Permission.ACTION_ATTEST, license_id=license_id)
    action = locked_action(license_id, action_id)
    kind = kind_named(action.kind)
    if kind.instructions is None:
        raise NotByHand("Glassbox sends this action itself; there is nothing to attest.")
    _require_values(kind.instructions(action.facts), values)
    before = ActionState(action.state)
    action.state = next_state(before, "claim")
    findings = gates_of(action, Moment.CLAIM, approver_id=action.approved_by_id, now=now)
    action.attested_by_id, action.attested_at = actor.user_id, now
    action.attestation, action.claimed_at, action.not_before_at = values, now, None
    action.answered_at = now
    action.save()
    ledger.append(
        type=EventType.ACTION_ATTESTED,
        subject=f"action:{action.pk}",
        actor=actor,
        reason=action.reason,
        intent_id=action.pk,
        endpoint=action.metrc_endpoint,
        request_sha256=action.payload_sha256,
        state_before=before,
        state_after=action.state,
        body={
            "fields": sorted(values),
            "blocking_codes": sorted({finding.code for finding in findings if finding.blocks}),
        },
        now=now,
    )
    flag_late_entry_in_transaction(actor=actor, action=action, now=now)
    queue.defer(
        queue.JobName.CONFIRM_ACTION,
        once=f"confirm:{action.pk}",
        license_id=license_id,
        action_id=action.pk,
    )


def _require_values(instructions: Instructions, values: dict[str, Any]) -> None:
    for field in instructions.attestation_fields:
        if field.is_required and not str(values.get(field.name, "")).strip():
            raise InvalidInput(field=field.title, value="", way_out="Enter it as METRC shows it.")


def settle_action(*, actor: Actor, license_id: int, action_id: int, now: datetime) -> None:
    """Look for the effect of one action, whether we sent it or a person did it."""
    with short_transaction(license_id):
        action = RegulatedAction.objects.filter(license_id=license_id, id=action_id).first()
    if action is None or action.state not in IN_DOUBT:
        return
    if not kind_named(action.kind).is_done_in_metrc:
        confirm_action(actor=actor, license_id=license_id, action_id=action_id, now=now)
        return
    reach("before_lookup")
    judgement = _look(actor, license_id, action, now)
    reach("after_lookup")
    _judge_attestation(
        actor=actor, license_id=license_id, action_id=action_id, judgement=judgement, now=now
    )
    reach("after_settle")


def _look(actor: Actor, license_id: int, action: RegulatedAction, now: datetime) -> Judgement:
    kind = kind_named(action.kind)
    with open_session(license_id, purpose=f"check attested action {action.pk}") as session:
        reading, _ = take_reading(
            session, kind.deciding_reads(action.facts), since=action.drafted_at, now=now
        )
        judgement = kind.judge_probe(action.facts, reading_from_json(action.preimage), reading)
        if judgement.verdict is ProbeVerdict.APPLIED:
            _read_goods(actor, session, action, now)
    return judgement


def _read_goods(actor: Actor, session: Session, action: RegulatedAction, now: datetime) -> None:
    """Read the packages concerned, so that our pages show them as METRC has them now."""
    reads = tuple(Read(endpoint="GET /packages/v2/{label}", key=label) for label in action.labels)
    _, rows = take_reading(session, reads, since=action.drafted_at, now=now)
    keep_packages(actor, session, rows, now)


@operation
def _judge_attestation(
    *,
    actor: Actor,
    license_id: int,
    action_id: int,
    judgement: Judgement,
    now: datetime,
) -> None:
    access.require(actor, Permission.ACTION_SUBMIT, license_id=license_id)
    action = locked_action(license_id, action_id)
    if action.state not in IN_DOUBT:
        return
    ActionProbe.objects.create(
        company_id=action.company_id,
        license_id=license_id,
        action=action,
        attempt_number=0,
        verdict=judgement.verdict,
        sentence=judgement.sentence[:1000],
        looked_at=now,
    )
    window = timedelta(seconds=settings.SETTLE_WINDOW_SECONDS)
    is_late = action.attested_at is not None and now - action.attested_at >= window
    if judgement.verdict is ProbeVerdict.APPLIED:
        step, delay = Step.ACCEPT, 0
    elif judgement.verdict is ProbeVerdict.DIFFERENT or is_late:
        step, delay = Step.BLOCK, 0
        if action.state != ActionState.BLOCKED:
            _contradict(actor, action, judgement, now)
    else:
        step, delay = Step.PROBE_AGAIN, LOOK_AGAIN_SECONDS
    apply_decision_in_transaction(
        actor=actor,
        action=action,
        decision=Decision(step=step, sentence=judgement.sentence, delay_seconds=delay),
        attempt=None,
        now=now,
    )
    reach("inside_settle")


def _contradict(actor: Actor, action: RegulatedAction, judgement: Judgement, now: datetime) -> None:
    """Record that METRC shows something else than was attested, and open its case."""
    ledger.append(
        type=EventType.ACTION_ATTESTATION_CONTRADICTED,
        subject=f"action:{action.pk}",
        actor=actor,
        reason=judgement.sentence,
        intent_id=action.pk,
        now=now,
    )
    advice = case_for(
        CaseClass.ATTESTATION_CONTRADICTED,
        fact_key=f"attestation:{action.pk}",
        title=f"METRC does not show what was attested for action {action.pk}",
        what_happened=judgement.sentence,
        found_at=now,
    )
    open_case_in_transaction(
        actor=actor, license=action.license, advice=advice, action_id=action.pk, now=now
    )
