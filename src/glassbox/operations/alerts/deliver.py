"""Deliver one alert: claim it, send it outside any transaction, record what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import Q

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.alerts import (
    Alert,
    AlertDelivery,
    AlertDeliveryAttempt,
    AlertWebhook,
    DeliveryChannel,
    DeliveryState,
)
from glassbox.operations.alerts.signed_post import Posted, post_signed
from glassbox.operations.alerts.webhooks import SecretBroken, open_secret
from glassbox.operations.alerts.words import body_of, mail_of
from glassbox.operations.transaction import operation
from glassbox.operations.wrapping_keys import KeyServiceAway
from glassbox.queries.ledger_state import restored_at
from glassbox.rules.actor import Actor
from glassbox.rules.alert_delivery import TRIES_AT_MOST, next_try_at
from glassbox.rules.permissions import Permission

# A worker that died while it sent: its delivery is taken up again, and may arrive twice.
TAKEN_UP_AFTER = timedelta(minutes=5)
KEY_SERVICE_ASKED_AGAIN = timedelta(minutes=1)
ERROR_CHARACTERS = 500


@dataclass(frozen=True, kw_only=True)
class Claimed:
    """What one try sends."""

    delivery_id: int
    attempt_id: int
    attempts: int
    public_id: str
    recipient: str
    subject: str = ""
    text: str = ""
    body: bytes = b""
    webhook: AlertWebhook | None = None


def deliver_alert(*, actor: Actor, license_id: int, delivery_id: int, now: datetime) -> None:
    """Send one delivery that is due, once; a failed try is repeated later, six times at most.

    At least once: if a worker dies between the send and its record, it is sent again with the
    same delivery id, by which a receiver can tell.
    """
    claimed = _claim(actor=actor, license_id=license_id, delivery_id=delivery_id, now=now)
    if claimed is None:
        return
    try:
        outcome = (
            _mail(claimed) if claimed.webhook is None else _post(claimed, claimed.webhook, now)
        )
    except KeyServiceAway as away:
        _put_back(
            actor=actor, license_id=license_id, claimed=claimed, because=away.message, now=now
        )
        return
    _record(actor=actor, license_id=license_id, claimed=claimed, outcome=outcome, now=now)


def _post(claimed: Claimed, webhook: AlertWebhook, now: datetime) -> Posted:
    try:
        secret = open_secret(webhook)
    except SecretBroken as broken:
        return Posted(status=None, error=broken.message)
    return post_signed(
        url=claimed.recipient,
        secret=secret,
        body=claimed.body,
        delivery_id=claimed.public_id,
        now=now,
    )


@operation
def _claim(*, actor: Actor, license_id: int, delivery_id: int, now: datetime) -> Claimed | None:
    access.require(actor, Permission.ALERT_MANAGE, license_id=license_id)
    # Two workers that come at once: the second finds it taken, not waiting.
    delivery = (
        AlertDelivery.objects.select_for_update(of=("self",))
        .select_related("alert", "webhook", "license")
        .filter(due_deliveries(now), id=delivery_id, license_id=license_id)
        .first()
    )
    if delivery is None:
        return None
    if delivery.alert is not None and _is_over(delivery.alert):
        delivery.state = DeliveryState.NOT_NEEDED
        delivery.last_error = "It held no more when it could be sent."
        delivery.save(update_fields=["state", "last_error"])
        return None
    if delivery.attempts >= TRIES_AT_MOST:
        _give_up(actor, delivery, "The worker died at every try.", now)
        return None
    delivery.state, delivery.claimed_at = DeliveryState.SENDING, now
    delivery.attempts += 1
    delivery.save(update_fields=["state", "claimed_at", "attempts"])
    attempt = AlertDeliveryAttempt.objects.create(
        company_id=delivery.company_id,
        license_id=license_id,
        delivery=delivery,
        number=delivery.attempts,
        began_at=now,
    )
    return _claimed(delivery, attempt.pk, now)


def due_deliveries(now: datetime) -> Q:
    """Return which deliveries a worker may take: waiting and due, or left behind by a dead one.

    Without a mail server mail waits; it is neither tried nor lost. In restore mode all waits: a copy
    of an installation must not reach its people, and the original may have told them already.
    """
    if restored_at() is not None:
        return Q(pk__in=())
    waiting = Q(state=DeliveryState.WAITING, not_before_at__lte=now)
    left_behind = Q(state=DeliveryState.SENDING, claimed_at__lt=now - TAKEN_UP_AFTER)
    if settings.GLASSBOX_MAIL_IS_SET_UP:
        return waiting | left_behind
    return (waiting | left_behind) & Q(channel=DeliveryChannel.WEBHOOK)


def _is_over(alert: Alert) -> bool:
    return alert.ended_at is not None


def _claimed(delivery: AlertDelivery, attempt_id: int, now: datetime) -> Claimed:
    subject, text, body = "", "", b""
    if delivery.webhook is None:
        subject, text = mail_of(delivery, now)
    else:
        body = body_of(delivery)
    return Claimed(
        delivery_id=delivery.pk,
        attempt_id=attempt_id,
        attempts=delivery.attempts,
        public_id=str(delivery.public_id),
        recipient=delivery.recipient,
        subject=subject,
        text=text,
        body=body,
        webhook=delivery.webhook,
    )


def _mail(claimed: Claimed) -> Posted:
    message = EmailMessage(
        claimed.subject,
        claimed.text,
        to=[claimed.recipient],
        headers={
            "Message-ID": f"<{claimed.public_id}@glassbox>",
            "Auto-Submitted": "auto-generated",
        },
    )
    try:
        message.send()
    except (OSError, SMTPException) as problem:
        return Posted(status=None, error=f"The mail server: {problem}")
    return Posted(status=None, error="")


@operation
def _put_back(
    *, actor: Actor, license_id: int, claimed: Claimed, because: str, now: datetime
) -> None:
    """Let a delivery wait for the key service: nothing was sent, so it is none of its tries."""
    access.require(actor, Permission.ALERT_MANAGE, license_id=license_id)
    AlertDeliveryAttempt.objects.filter(id=claimed.attempt_id).delete()
    AlertDelivery.objects.filter(
        id=claimed.delivery_id, state=DeliveryState.SENDING, attempts=claimed.attempts
    ).update(
        state=DeliveryState.WAITING,
        attempts=claimed.attempts - 1,
        not_before_at=now + KEY_SERVICE_ASKED_AGAIN,
        last_error=because[:ERROR_CHARACTERS],
    )


@operation
def _record(
    *, actor: Actor, license_id: int, claimed: Claimed, outcome: Posted, now: datetime
) -> None:
    access.require(actor, Permission.ALERT_MANAGE, license_id=license_id)
    error = outcome.error[:ERROR_CHARACTERS]
    AlertDeliveryAttempt.objects.filter(id=claimed.attempt_id).update(
        http_status=outcome.status, error=error
    )
    delivery = AlertDelivery.objects.select_for_update().get(id=claimed.delivery_id)
    if delivery.state != DeliveryState.SENDING or delivery.attempts != claimed.attempts:
        return
    again_at = next_try_at(attempts=claimed.attempts, now=now)
    if error and again_at is None:
        _give_up(actor, delivery, error, now)
        return
    delivery.last_error = error
    if error and again_at is not None:
        delivery.state, delivery.not_before_at = DeliveryState.WAITING, again_at
    else:
        delivery.state, delivery.sent_at = DeliveryState.SENT, now
    delivery.save(update_fields=["state", "sent_at", "last_error", "not_before_at"])


def _give_up(actor: Actor, delivery: AlertDelivery, error: str, now: datetime) -> None:
    delivery.state, delivery.last_error = DeliveryState.GIVEN_UP, error
    delivery.save(update_fields=["state", "last_error"])
    ledger.append(
        type=EventType.ALERT_DELIVERY_GIVEN_UP,
        subject=f"alert_delivery:{delivery.pk}",
        actor=actor,
        reason=error,
        body={"alert": delivery.alert_id, "attempts": delivery.attempts},
        now=now,
    )
