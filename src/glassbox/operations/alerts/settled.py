"""Tell webhooks that an action is settled: accepted, rejected, or blocked until a person decides."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import connection

from glassbox.models.actions import RegulatedAction
from glassbox.models.alerts import AlertDelivery, AlertWebhook, DeliveryChannel, DeliveryState
from glassbox.operations.alerts.words import link_to


def tell_settled_in_transaction(
    *, action: RegulatedAction, event_id: uuid.UUID, sentence: str, now: datetime
) -> None:
    """Queue one delivery for each webhook that is told of actions, with the event that settled it.

    What is told is fixed here: a later event of the same action has a delivery of its own.
    """
    assert connection.in_atomic_block, "nobody is told of what did not commit"
    webhooks = AlertWebhook.objects.filter(
        license_id=action.license_id, tells_actions=True, removed_at__isnull=True
    )
    for webhook in webhooks:
        AlertDelivery.objects.create(
            company_id=action.company_id,
            license_id=action.license_id,
            event_id=event_id,
            content={
                "type": "action.settled",
                "license": action.license.number,
                "action": action.pk,
                "kind": action.kind,
                "state": action.state,
                "effect": action.effect_sentence,
                "outcome": sentence,
                "labels": action.labels,
                "event": str(event_id),
                "settled_at": now.isoformat(),
                "link": link_to(action.license.number, f"actions/{action.pk}/"),
            },
            channel=DeliveryChannel.WEBHOOK,
            recipient=webhook.url,
            webhook=webhook,
            public_id=uuid.uuid4(),
            state=DeliveryState.WAITING,
            not_before_at=now,
        )
