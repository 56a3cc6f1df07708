"""Begin a go-live, and switch writing off again: from then on Glassbox only reads a licence."""

from __future__ import annotations

from datetime import datetime

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.companies import License
from glassbox.models.takeover import Takeover, TakeoverState
from glassbox.operations.transaction import operation
from glassbox.rules.actor import Actor
from glassbox.rules.permissions import Permission
from glassbox.rules.verdicts import InvalidInput, NotFound, Refused


class TakeoverUnderWay(Refused):
    """A go-live of this licence is under way already; it only reads."""

    code = "takeover.under-way"


@operation
def begin_takeover(*, actor: Actor, license_id: int, reason: str, now: datetime) -> int:
    """Begin a go-live: nothing is sent to METRC from here until two people switch writing on.

    One person is enough, for it is the careful direction; it is also how writing is switched off
    at a licence that was live. What is on its way to METRC is still looked up.

    :raises InvalidInput: if no reason is given
    :raises TakeoverUnderWay: if writing is off already
    """
    if not actor.is_system:
        access.require(actor, Permission.TAKEOVER_SWITCH, license_id=license_id)
    if not reason.strip():
        raise InvalidInput(field="reason", value=reason, way_out="Say why writing is to be off.")
    license = License.objects.select_for_update().get(id=license_id)
    if Takeover.objects.filter(license=license).exclude(state=TakeoverState.LIVE).exists():
        raise TakeoverUnderWay("Writing is off at this licence already.")
    was_live = Takeover.objects.filter(license=license).exists()
    takeover = Takeover.objects.create(
        company_id=license.company_id,
        license=license,
        state=TakeoverState.OPEN,
        reason=reason.strip()[:500],
        began_by_id=actor.user_id,
        began_at=now,
    )
    license.writes_are_on = False
    license.save(update_fields=["writes_are_on"])
    ledger.append(
        type=EventType.WRITING_SWITCHED_OFF if was_live else EventType.TAKEOVER_BEGAN,
        subject=f"takeover:{takeover.pk}",
        actor=actor,
        reason=takeover.reason,
        state_before="on",
        state_after="off",
        now=now,
    )
    return takeover.pk


def takeover_under_way(license_id: int) -> Takeover:
    """Return the go-live of a licence, locked for the rest of the transaction.

    :raises NotFound: if none is under way
    """
    found = (
        Takeover.objects.select_for_update()
        .filter(license_id=license_id)
        .exclude(state=TakeoverState.LIVE)
        .first()
    )
    if found is None:
        raise NotFound("No go-live is under way at this licence: writing is on.")
    return found
