"""What a person decides about an action that is blocked: look again, or end it as not done."""

from __future__ import annotations

from datetime import datetime

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.actions import ActionLane
from glassbox.operations import queue
from glassbox.operations.actions.draft import cases_of, locked_action
from glassbox.operations.actions.review import OwnWork
from glassbox.operations.alerts.settled import tell_settled_in_transaction
from glassbox.operations.exception_cases import close_cases_in_transaction
from glassbox.operations.transaction import operation
from glassbox.rules.action_kinds.kind import ProbeVerdict
from glassbox.rules.action_lifecycle import IN_DOUBT, SHOWN_AS, ActionState, next_state
from glassbox.rules.actor import Actor
from glassbox.rules.permissions import Permission
from glassbox.rules.verdicts import InvalidInput, Refused


class NothingToLookUp(Refused):
    """The action is not in doubt, so a look into METRC decides nothing about it."""

    code = "action.not-in-doubt"


class NotLookedUp(Refused):
    """No look since the block proves that METRC does not have it as approved."""

    code = "action.not-looked-up"


@operation
def ask_for_look(*, actor: Actor, license_id: int, action_id: int, now: datetime) -> None:
    """Have METRC looked into for an action in doubt, now; what is seen there as approved is accepted.

    :raises NothingToLookUp: if nobody doubts where the action stands
    """
    access.require(actor, Permission.ACTION_REVIEW, license_id=license_id)
    action = locked_action(license_id, action_id)
    if action.state not in IN_DOUBT:
        raise NothingToLookUp(f"This action is {SHOWN_AS[ActionState(action.state)]}.")
    queue.defer(
        queue.JobName.CONFIRM_ACTION,
        once=f"confirm:{action.pk}",
        license_id=license_id,
        action_id=action.pk,
    )


@operation
def reject_blocked(
    *, actor: Actor, license_id: int, action_id: int, because: str, now: datetime
) -> None:
    """End a blocked action as not done in METRC, on the evidence of the newest look.

    :raises MoveNotAllowed: if it is not blocked
    :raises OwnWork: if the actor drafted it
    :raises InvalidInput: if no reason is given
    :raises NotLookedUp: if the newest look does not show that METRC lacks it as approved
    """
    access.require(actor, Permission.ACTION_APPROVE_HIGH, license_id=license_id)
    if not because.strip():
        raise InvalidInput(field="reason", value=because, way_out="Say what you found.")
    action = locked_action(license_id, action_id)
    before = ActionState(action.state)
    target = next_state(before, "reject")
    if action.drafted_by_id == actor.user_id:
        raise OwnWork("You drafted this action. Somebody else must end it.")
    newest = action.probes.order_by("-looked_at", "-id").first()
    proves = (ProbeVerdict.ABSENT, ProbeVerdict.DIFFERENT)
    if before is not ActionState.BLOCKED or newest is None or newest.verdict not in proves:
        raise NotLookedUp("Ask for a look into METRC first; only what it shows can end this.")
    action.state, action.settled_at = target, now
    action.outcome = f"{because.strip()} {newest.sentence}"[:1000]
    action.save()
    event_id = ledger.append(
        type=EventType.ACTION_REJECTED,
        subject=f"action:{action.pk}",
        actor=actor,
        reason=because,
        intent_id=action.pk,
        endpoint=action.metrc_endpoint,
        request_sha256=action.payload_sha256,
        state_before=before,
        state_after=action.state,
        body={"probe": newest.pk, "verdict": newest.verdict},
        now=now,
    )
    tell_settled_in_transaction(action=action, event_id=event_id, sentence=action.outcome, now=now)
    ActionLane.objects.filter(action=action, released_at__isnull=True).update(released_at=now)
    close_cases_in_transaction(
        actor=actor,
        license=action.license,
        fact_keys=cases_of(action.pk),
        because=because.strip(),
        now=now,
    )
