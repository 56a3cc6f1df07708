"""Switch writing on: one person proposes, taking on by name what is open; another switches."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.companies import License
from glassbox.models.takeover import TakeoverState
from glassbox.operations.person import person_id
from glassbox.operations.takeover.begin import takeover_under_way
from glassbox.operations.terms import require_accepted_terms
from glassbox.operations.transaction import operation
from glassbox.queries.takeover.points import open_points
from glassbox.rules.actor import Actor
from glassbox.rules.permissions import Permission
from glassbox.rules.takeover import OpenPoint, Step
from glassbox.rules.verdicts import InvalidInput, Refused


class NotReady(Refused):
    """Something that nobody may accept is still open, or something new has opened."""

    code = "takeover.not-ready"


class NotYourOwn(Refused):
    """Whoever proposes to switch writing on does not switch it."""

    code = "takeover.not-your-own"


class NothingProposed(Refused):
    """Nobody has proposed to switch writing on."""

    code = "takeover.nothing-proposed"


@operation
def propose_live(
    *,
    actor: Actor,
    license_id: int,
    reason: str,
    accepted: Sequence[str],
    now: datetime,
) -> None:
    """Propose to switch writing on; `accepted` are the keys of the open points taken on by name.

    :raises InvalidInput: if there is no reason, or an open point is not accepted
    :raises NotReady: if a step is open that nobody may accept
    :raises TermsNotAccepted: if the company has not accepted the terms of use
    """
    access.require(actor, Permission.TAKEOVER_SWITCH, license_id=license_id)
    require_accepted_terms(license_id)
    takeover = takeover_under_way(license_id)
    if not reason.strip():
        raise InvalidInput(
            field="reason", value=reason, way_out="Say why the licence is ready for Glassbox."
        )
    points = open_points(license_id, now=now)
    must = [point for point in points if not point.can_be_accepted]
    if must:
        raise NotReady(f"{must[0].sentence} {must[0].way_out}")
    left = [point for point in points if point.key not in set(accepted)]
    if left:
        raise InvalidInput(
            field="open points",
            value=f"{len(left)} not accepted",
            way_out=f"Settle or accept each by name; the first is: {left[0].sentence}",
        )
    takeover.state, takeover.proposal = TakeoverState.PROPOSED, reason.strip()[:500]
    takeover.proposed_by_id, takeover.proposed_at = person_id(actor), now
    takeover.accepted = [
        {
            "key": point.key,
            "sentence": point.sentence,
            "labels": list(point.labels),
            "by": actor.name,
        }
        for point in points
    ]
    takeover.save()
    ledger.append(
        type=EventType.TAKEOVER_PROPOSED,
        subject=f"takeover:{takeover.pk}",
        actor=actor,
        reason=takeover.proposal,
        body={"accepted": takeover.accepted},
        state_before=TakeoverState.OPEN,
        state_after=takeover.state,
        now=now,
    )


@operation
def take_proposal_back(*, actor: Actor, license_id: int, reason: str, now: datetime) -> None:
    """Take the proposal back, or turn it down; writing stays off.

    :raises NothingProposed: if there is none
    :raises InvalidInput: if no reason is given
    """
    access.require(actor, Permission.TAKEOVER_SWITCH, license_id=license_id)
    takeover = takeover_under_way(license_id)
    if takeover.state != TakeoverState.PROPOSED:
        raise NothingProposed("Nobody has proposed to switch writing on.")
    if not reason.strip():
        raise InvalidInput(field="reason", value=reason, way_out="Say what is missing.")
    takeover.state, takeover.accepted, takeover.proposal = TakeoverState.OPEN, [], ""
    takeover.proposed_by, takeover.proposed_at = None, None
    takeover.save()
    ledger.append(
        type=EventType.TAKEOVER_TAKEN_BACK,
        subject=f"takeover:{takeover.pk}",
        actor=actor,
        reason=reason.strip(),
        state_before=TakeoverState.PROPOSED,
        state_after=takeover.state,
        now=now,
    )


@operation
def switch_writing_on(*, actor: Actor, license_id: int, reason: str, now: datetime) -> None:
    """Switch writing on, as the second person; from now on approved actions are sent.

    :raises NothingProposed: if nobody has proposed it
    :raises NotYourOwn: if the proposer asks
    :raises NotReady: if something is open that the proposal did not accept
    :raises InvalidInput: if no reason is given
    :raises TermsNotAccepted: if the company has not accepted the terms of use
    """
    access.require(actor, Permission.TAKEOVER_SWITCH, license_id=license_id)
    require_accepted_terms(license_id)
    takeover = takeover_under_way(license_id)
    if takeover.state != TakeoverState.PROPOSED:
        raise NothingProposed("Nobody has proposed to switch writing on. Propose it first.")
    if person_id(actor) == takeover.proposed_by_id:
        raise NotYourOwn("Whoever proposed it does not switch it on. Ask a second person.")
    if not reason.strip():
        raise InvalidInput(field="reason", value=reason, way_out="Say what you looked at.")
    known = {one["key"]: set(one["labels"]) for one in takeover.accepted}
    new = [point for point in open_points(license_id, now=now) if _is_new(point, known)]
    if new:
        raise NotReady(
            f"Since the proposal this has opened: {new[0].sentence} {new[0].way_out} "
            "Then propose it again."
        )
    license = License.objects.select_for_update().get(id=license_id)
    license.writes_are_on = True
    license.save(update_fields=["writes_are_on"])
    takeover.state, takeover.live_by_id, takeover.live_at = TakeoverState.LIVE, actor.user_id, now
    takeover.save(update_fields=["state", "live_by", "live_at"])
    ledger.append(
        type=EventType.WRITING_SWITCHED_ON,
        subject=f"takeover:{takeover.pk}",
        actor=actor,
        reason=reason.strip(),
        body={"proposed_by": takeover.proposed_by_id, "accepted": takeover.accepted},
        state_before="off",
        state_after="on",
        now=now,
    )


def _is_new(point: OpenPoint, accepted: dict[str, set[str]]) -> bool:
    """Nobody has taken on a difference between the books that has come since."""
    if point.key not in accepted:
        return True
    return point.step is Step.BOOK and not set(point.labels) <= accepted[point.key]
