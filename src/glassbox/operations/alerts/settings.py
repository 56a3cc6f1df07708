"""How a person is told of alerts at a licence, and who is told in their absence."""

from __future__ import annotations

from datetime import date, datetime, time

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.alerts import AlertSettings
from glassbox.models.companies import License
from glassbox.operations.transaction import operation
from glassbox.queries.alerts import receivers
from glassbox.rules.actor import Actor
from glassbox.rules.permissions import Permission
from glassbox.rules.verdicts import InvalidInput, NotFound, Refused


@operation
def set_alert_settings(
    *,
    actor: Actor,
    license_id: int,
    is_mail_on: bool,
    quiet_from: time | None,
    quiet_until: time | None,
    deputy_id: int | None,
    away_from: date | None,
    away_until: date | None,
    digest_hour: int | None,
    now: datetime,
) -> None:
    """Set how the acting person is told. Times are of the licence's zone, both days inclusive.

    :raises InvalidInput: if one end of the quiet hours or of the absence is missing, the absence
        ends before it begins, the digest's hour is none of the day, or the deputy is oneself
    :raises NotFound: if the deputy may not take alerts at this licence
    """
    access.require(actor, Permission.ALERT_TAKE, license_id=license_id)
    if actor.user_id is None:
        raise Refused("Only a person is told of alerts.")
    _check(quiet_from, quiet_until, away_from, away_until, digest_hour)
    if deputy_id is not None and deputy_id == actor.user_id:
        raise InvalidInput(field="deputy", value=actor.name, way_out="Name somebody else.")
    if deputy_id is not None and deputy_id not in receivers(license_id):
        raise NotFound("There is no such person at this licence.")
    license = License.objects.get(id=license_id)
    AlertSettings.objects.update_or_create(
        license=license,
        user_id=actor.user_id,
        defaults={
            "company_id": license.company_id,
            "is_mail_on": is_mail_on,
            "quiet_from": quiet_from,
            "quiet_until": quiet_until,
            "deputy_id": deputy_id,
            "away_from": away_from,
            "away_until": away_until,
            "digest_hour": digest_hour,
            "changed_at": now,
        },
    )
    ledger.append(
        type=EventType.ALERT_SETTINGS_CHANGED,
        subject=f"user:{actor.user_id}",
        actor=actor,
        reason="Chose how to be told of alerts",
        body={
            "mail": is_mail_on,
            "deputy": deputy_id,
            "away_from": str(away_from or ""),
            "away_until": str(away_until or ""),
        },
        now=now,
    )


def _check(
    quiet_from: time | None,
    quiet_until: time | None,
    away_from: date | None,
    away_until: date | None,
    digest_hour: int | None,
) -> None:
    if (quiet_from is None) != (quiet_until is None):
        raise InvalidInput(field="quiet hours", value="one end", way_out="Give both ends, or none.")
    if (away_from is None) != (away_until is None):
        raise InvalidInput(field="absence", value="one day", way_out="Give both days, or none.")
    if away_from is not None and away_until is not None and away_until < away_from:
        raise InvalidInput(
            field="away until", value=away_until, way_out="It ends on its first day or later."
        )
    if digest_hour is not None and not 0 <= digest_hour <= 23:
        raise InvalidInput(field="digest", value=digest_hour, way_out="Give an hour, 0 to 23.")
