"""Acknowledge an alert: a named person has seen it. The fact stays open until it is done."""

from __future__ import annotations

from datetime import datetime

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.alerts import Alert
from glassbox.operations.transaction import operation
from glassbox.rules.actor import Actor
from glassbox.rules.permissions import Permission
from glassbox.rules.verdicts import NotFound


@operation
def acknowledge_alert(*, actor: Actor, license_id: int, alert_id: int, now: datetime) -> None:
    """Note that a person has seen an alert. The next stage of its fact is told all the same.

    :raises NotFound: if no such alert holds here; one that was seen already stays as it is
    """
    access.require(actor, Permission.ALERT_TAKE, license_id=license_id)
    alert = (
        Alert.objects.select_for_update()
        .filter(license_id=license_id, id=alert_id, ended_at__isnull=True)
        .first()
    )
    if alert is None:
        raise NotFound("There is no such alert here, or it holds no more.")
    if alert.acknowledged_at is not None:
        return
    alert.acknowledged_by_id, alert.acknowledged_at = actor.user_id, now
    alert.save(update_fields=["acknowledged_by", "acknowledged_at"])
    ledger.append(
        type=EventType.ALERT_ACKNOWLEDGED,
        subject=f"alert:{alert.pk}",
        actor=actor,
        reason="Seen",
        body={"fact": alert.fact_key, "stage": alert.stage},
        now=now,
    )
