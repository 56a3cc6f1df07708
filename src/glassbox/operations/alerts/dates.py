"""Dates that METRC does not know: keys, driver licences, vehicles, insurance, parcels of tags."""

from __future__ import annotations

from datetime import date, datetime

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.alerts import WatchedDate
from glassbox.models.companies import License
from glassbox.operations.transaction import operation
from glassbox.rules.actor import Actor
from glassbox.rules.alert_facts import WatchedKind
from glassbox.rules.permissions import Permission
from glassbox.rules.verdicts import InvalidInput, NotFound

# Glassbox knows these two by itself.
NOT_ENTERED = frozenset({WatchedKind.LICENSE, WatchedKind.COA})


@operation
def watch_date(
    *, actor: Actor, license_id: int, kind: str, what: str, day: date, now: datetime
) -> int:
    """Have people reminded of a date, and return its id: the last day it holds, or of arrival.

    :raises InvalidInput: if it is of no kind that people enter, or nobody could tell what it is
    """
    access.require(actor, Permission.ALERT_TAKE, license_id=license_id)
    if kind not in {one.value for one in WatchedKind if one not in NOT_ENTERED}:
        raise InvalidInput(field="kind", value=kind, way_out="Choose one of the list.")
    if not what.strip():
        raise InvalidInput(field="what", value=what, way_out="Say whose or which it is.")
    license = License.objects.get(id=license_id)
    watched = WatchedDate.objects.create(
        company_id=license.company_id,
        license=license,
        kind=kind,
        what=what.strip()[:200],
        day=day,
        recorded_by_id=actor.user_id,
        recorded_at=now,
    )
    ledger.append(
        type=EventType.DATE_WATCHED,
        subject=f"date:{watched.pk}",
        actor=actor,
        reason=watched.what,
        body={"kind": kind, "day": day.isoformat()},
        now=now,
    )
    return watched.pk


@operation
def settle_date(*, actor: Actor, license_id: int, date_id: int, reason: str, now: datetime) -> None:
    """Stop reminding of a date: it was renewed, received, or is of no use any more.

    :raises NotFound: if no such date is watched here
    :raises InvalidInput: if no reason is given
    """
    access.require(actor, Permission.ALERT_TAKE, license_id=license_id)
    if not reason.strip():
        raise InvalidInput(field="reason", value=reason, way_out="Say what was done.")
    changed = WatchedDate.objects.filter(
        license_id=license_id, id=date_id, settled_at__isnull=True
    ).update(settled_at=now, settled_by_id=actor.user_id)
    if not changed:
        raise NotFound("There is no such date here.")
    ledger.append(
        type=EventType.DATE_SETTLED,
        subject=f"date:{date_id}",
        actor=actor,
        reason=reason.strip(),
        now=now,
    )
