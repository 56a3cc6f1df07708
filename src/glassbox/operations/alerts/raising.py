"""Look at the clocks of a licence: raise each stage once, end what no longer holds, queue words."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.conf import settings

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.alerts import (
    Alert,
    AlertDelivery,
    AlertWatch,
    AlertWebhook,
    DeliveryChannel,
    DeliveryState,
)
from glassbox.models.companies import License
from glassbox.operations.transaction import operation
from glassbox.queries.alert_facts import alert_facts
from glassbox.queries.alerts import receivers, zone_of
from glassbox.rules.actor import Actor
from glassbox.rules.alert_delivery import (
    Receiver,
    deliver_at,
    digests_due,
    told_at_once,
    week_of_heads,
)
from glassbox.rules.alerts import DueAlert, due_alerts
from glassbox.rules.permissions import Permission


@operation
def raise_due_alerts(*, actor: Actor, license_id: int, now: datetime) -> int:
    """Raise every stage that was reached and not raised before; return how many were new.

    A stage ends when its fact has gone on to the next one or holds no more. What comes back
    after it ended is shown again and told nobody a second time.
    """
    access.require(actor, Permission.ALERT_MANAGE, license_id=license_id)
    license = License.objects.select_related("company").get(id=license_id)
    watch = _locked_watch(license)
    due = due_alerts(alert_facts(license, now))
    known = {
        (alert.fact_key, alert.stage): alert
        for alert in Alert.objects.filter(
            license=license, fact_key__in={one.fact_key for one in due}
        )
    }
    fresh = [one for one in due if (one.fact_key, one.stage) not in known]
    _end_others(license, due, now)
    back = [known[key].pk for one in due if (key := (one.fact_key, one.stage)) in known]
    Alert.objects.filter(id__in=back, ended_at__isnull=False).update(ended_at=None)
    people = receivers(license_id)
    for one in fresh:
        _raise(actor, license, one, people, now)
    _queue_digests(license, people, now)
    _queue_heads(license, people, now)
    watch.looked_at = now
    watch.save(update_fields=["looked_at"])
    return len(fresh)


def _locked_watch(license: License) -> AlertWatch:
    """Whoever looks at the same moment waits here, and then finds everything raised."""
    AlertWatch.objects.bulk_create(
        [AlertWatch(company_id=license.company_id, license=license)], ignore_conflicts=True
    )
    return AlertWatch.objects.select_for_update().get(license=license)


def _end_others(license: License, due: tuple[DueAlert, ...], now: datetime) -> None:
    holding = {(one.fact_key, one.stage) for one in due}
    open_alerts = Alert.objects.filter(license=license, ended_at__isnull=True)
    over = [
        alert_id
        for alert_id, fact_key, stage in open_alerts.values_list("id", "fact_key", "stage")
        if (fact_key, stage) not in holding
    ]
    Alert.objects.filter(id__in=over).update(ended_at=now)


def _raise(
    actor: Actor, license: License, due: DueAlert, people: dict[int, Receiver], now: datetime
) -> None:
    alert = Alert.objects.create(
        company_id=license.company_id,
        license=license,
        fact_key=due.fact_key,
        stage=due.stage,
        severity=due.severity,
        title=due.title[:300],
        what_to_do=due.what_to_do,
        rule_id=due.rule_id,
        address=due.address,
        owner_id=due.owner_id,
        raised_at=now,
        due_at=due.due_at,
    )
    ledger.append(
        type=EventType.ALERT_RAISED,
        subject=f"alert:{alert.pk}",
        actor=actor,
        reason=due.title,
        body={"fact": due.fact_key, "stage": due.stage, "severity": due.severity.value},
        now=now,
    )
    zone = zone_of(license)
    told = told_at_once(
        severity=due.severity,
        owner_id=due.owner_id,
        people=people,
        today=now.astimezone(zone).date(),
    )
    for user_id in told:
        receiver = people[user_id]
        _queue(
            license,
            alert=alert,
            channel=DeliveryChannel.MAIL,
            recipient=receiver.email,
            user_id=user_id,
            not_before_at=deliver_at(
                severity=due.severity, due_at=due.due_at, receiver=receiver, zone=zone, now=now
            ),
        )
    webhooks = AlertWebhook.objects.filter(license=license, tells_alerts=True)
    for webhook in webhooks.filter(removed_at__isnull=True):
        _queue(
            license,
            alert=alert,
            channel=DeliveryChannel.WEBHOOK,
            recipient=webhook.url,
            webhook=webhook,
            not_before_at=now,
        )


def _queue(license: License, **fields: object) -> None:
    AlertDelivery.objects.create(
        company_id=license.company_id,
        license=license,
        public_id=uuid.uuid4(),
        state=DeliveryState.WAITING,
        **fields,
    )


def _queue_digests(license: License, people: dict[int, Receiver], now: datetime) -> None:
    """Once a day and person; an empty digest is not sent."""
    zone = zone_of(license)
    today = now.astimezone(zone).date()
    if not Alert.objects.filter(license=license, ended_at__isnull=True).exists():
        return
    had = set(
        AlertDelivery.objects.filter(license=license, digest_of=today).values_list(
            "recipient", flat=True
        )
    )
    for user_id in digests_due(people, zone=zone, now=now):
        if people[user_id].email not in had:
            _queue(
                license,
                digest_of=today,
                channel=DeliveryChannel.MAIL,
                recipient=people[user_id].email,
                user_id=user_id,
                not_before_at=now,
            )


def _queue_heads(license: License, people: dict[int, Receiver], now: datetime) -> None:
    """Once a week the heads of the ledger, so that copies of them lie where we cannot reach them."""
    week = week_of_heads(zone=zone_of(license), now=now)
    wanted = {one.email: one.user_id for one in people.values() if one.is_mail_on}
    had = AlertDelivery.objects.filter(license=license, heads_of=week)
    for recipient in {*wanted, *settings.GLASSBOX_HEADS_MAIL_TO} - set(
        had.values_list("recipient", flat=True)
    ):
        _queue(
            license,
            heads_of=week,
            channel=DeliveryChannel.MAIL,
            recipient=recipient,
            user_id=wanted.get(recipient),
            not_before_at=now,
        )
