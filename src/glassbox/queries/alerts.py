"""The alerts inbox, how each person is told, and what became of every delivery."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from glassbox import access
from glassbox.models.alerts import (
    Alert,
    AlertDelivery,
    AlertSettings,
    AlertWatch,
    AlertWebhook,
    DeliveryState,
    WatchedDate,
)
from glassbox.models.companies import License
from glassbox.models.people import RoleGrant
from glassbox.queries.ledger_state import restored_at
from glassbox.rules.actor import Actor
from glassbox.rules.alert_delivery import Receiver
from glassbox.rules.alerts import OPENED, OVERDUE, stage_words
from glassbox.rules.exception_policy import CaseSeverity
from glassbox.rules.permissions import ROLE_PERMISSIONS, Permission, Role

ALERTS_AT_MOST = 500
DELIVERIES_AT_MOST = 100
# Missed so often, the page says that the clocks are not being looked at.
WATCH_IS_STALE_AFTER = 5
FIRST_DIGEST_HOUR = 7


@dataclass(frozen=True, kw_only=True)
class AlertRow:
    """One alert as the inbox shows it; `light` is the colour of its deadline."""

    id: int
    license_number: str
    severity: str
    stage: str
    light: str
    title: str
    what_to_do: str
    rule_id: str
    address: str
    owner: str
    raised_at: datetime
    due_at: datetime | None
    acknowledged_by: str
    acknowledged_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class AlertGroup:
    """The alerts of one severity."""

    severity: str
    rows: tuple[AlertRow, ...]


@dataclass(frozen=True, kw_only=True)
class AlertInbox:
    """What somebody must know of, the gravest first; `stale` are licences nobody watches.

    `given_up` counts the deliveries that reached nobody, of alerts that still hold.
    """

    groups: tuple[AlertGroup, ...]
    total: int
    unseen: int
    looked_at: datetime | None
    stale: tuple[str, ...]
    given_up: int
    may_take: bool


def open_alerts_about(license_ids: tuple[int, ...], about: str = "") -> QuerySet[Alert]:
    """Return the alerts that hold, about facts whose names begin like this."""
    found = Alert.objects.filter(license_id__in=license_ids, ended_at__isnull=True)
    return found.filter(fact_key__startswith=f"{about}:") if about else found


def alert_inbox(
    *, actor: Actor, license_ids: tuple[int, ...], now: datetime, about: str = ""
) -> AlertInbox:
    """Return the alerts that hold now at the licences in sight; 500 at most.

    `about` is how the facts are named that are asked for, such as "expiry:coa".
    """
    with access.reading(actor):
        open_alerts = open_alerts_about(license_ids, about)
        shown = open_alerts.select_related("license", "owner", "acknowledged_by")
        rows = [_row(alert, now) for alert in shown.order_by("due_at", "id")[:ALERTS_AT_MOST]]
        watches = dict(
            AlertWatch.objects.filter(license_id__in=license_ids).values_list(
                "license_id", "looked_at"
            )
        )
        looked = [moment for moment in watches.values() if moment is not None]
        return AlertInbox(
            groups=tuple(
                AlertGroup(severity=severity, rows=chosen)
                for severity in reversed(CaseSeverity)
                if (chosen := tuple(row for row in rows if row.severity == severity))
            ),
            total=open_alerts.count(),
            unseen=open_alerts.filter(acknowledged_at__isnull=True).count(),
            looked_at=min(looked) if looked else None,
            stale=_unwatched(license_ids, watches, now),
            given_up=AlertDelivery.objects.filter(
                alert__in=open_alerts, state=DeliveryState.GIVEN_UP
            ).count(),
            may_take=all(
                Permission.ALERT_TAKE in access.permissions_at(actor, license_id)
                for license_id in license_ids
            ),
        )


def _unwatched(
    license_ids: tuple[int, ...], watches: dict[int, datetime | None], now: datetime
) -> tuple[str, ...]:
    limit = settings.ALERTS_EVERY_SECONDS * WATCH_IS_STALE_AFTER
    stale = [
        license_id
        for license_id in license_ids
        if (seen := watches.get(license_id)) is None or (now - seen).total_seconds() > limit
    ]
    return tuple(
        License.objects.filter(id__in=stale).order_by("number").values_list("number", flat=True)
    )


def _row(alert: Alert, now: datetime) -> AlertRow:
    return AlertRow(
        id=alert.pk,
        license_number=alert.license.number,
        severity=alert.severity,
        stage=stage_words(alert.stage),
        light=_light(alert, now),
        title=alert.title,
        what_to_do=alert.what_to_do,
        rule_id=alert.rule_id,
        address=alert.address,
        owner=alert.owner.name if alert.owner else "",
        raised_at=alert.raised_at,
        due_at=alert.due_at,
        acknowledged_by=alert.acknowledged_by.name if alert.acknowledged_by else "",
        acknowledged_at=alert.acknowledged_at,
    )


def _light(alert: Alert, now: datetime) -> str:
    if alert.stage == OVERDUE or (alert.due_at is not None and alert.due_at < now):
        return "red"
    return "grey" if alert.stage == OPENED and alert.due_at is None else "amber"


def receivers(license_id: int) -> dict[int, Receiver]:
    """Return how everybody who may take alerts at a licence wants to be told.

    Whoever has never chosen gets no mail, but the compliance managers get it with a digest at
    seven: a day in which nothing overdue goes unseen must not depend on a setting.
    """
    takers = [role for role in Role if Permission.ALERT_TAKE in ROLE_PERMISSIONS[role]]
    grants = RoleGrant.objects.filter(
        Q(valid_until__isnull=True) | Q(valid_until__gt=Now()),
        license_id=license_id,
        valid_from__lte=Now(),
        role__in=takers,
        user__is_active=True,
    ).order_by("user_id")
    people: dict[int, tuple[str, set[str]]] = {}
    for user_id, email, role in grants.values_list("user_id", "user__email", "role"):
        people.setdefault(user_id, (email, set()))[1].add(role)
    chosen = {one.user_id: one for one in AlertSettings.objects.filter(license_id=license_id)}
    return {
        user_id: _receiver(user_id, email, roles, chosen.get(user_id))
        for user_id, (email, roles) in people.items()
    }


def _receiver(user_id: int, email: str, roles: set[str], chosen: AlertSettings | None) -> Receiver:
    if chosen is None:
        is_told = Role.COMPLIANCE_MANAGER in roles
        return Receiver(
            user_id=user_id,
            email=email,
            is_mail_on=is_told,
            digest_hour=FIRST_DIGEST_HOUR if is_told else None,
        )
    return Receiver(
        user_id=user_id,
        email=email,
        is_mail_on=chosen.is_mail_on,
        quiet_from=chosen.quiet_from,
        quiet_until=chosen.quiet_until,
        deputy_id=chosen.deputy_id,
        away_from=chosen.away_from,
        away_until=chosen.away_until,
        digest_hour=chosen.digest_hour,
    )


@dataclass(frozen=True, kw_only=True)
class SettingsPage:
    """How one person is told, whom they could name as deputy, and whether mail leaves at all."""

    is_mail_on: bool
    quiet_from: time | None
    quiet_until: time | None
    deputy_id: int | None
    away_from: date | None
    away_until: date | None
    digest_hour: int | None
    email: str
    colleagues: tuple[tuple[int, str], ...]
    mail_is_set_up: bool


def settings_page(*, actor: Actor, license_id: int) -> SettingsPage:
    """Return a person's settings at a licence, or those that hold until they choose."""
    with access.reading(actor, license_id=license_id):
        people = receivers(license_id)
        mine = people.get(actor.user_id or 0)
        names = RoleGrant.objects.filter(license_id=license_id, user_id__in=people)
        return SettingsPage(
            is_mail_on=mine is not None and mine.is_mail_on,
            quiet_from=mine.quiet_from if mine else None,
            quiet_until=mine.quiet_until if mine else None,
            deputy_id=mine.deputy_id if mine else None,
            away_from=mine.away_from if mine else None,
            away_until=mine.away_until if mine else None,
            digest_hour=mine.digest_hour if mine else None,
            email=mine.email if mine else "",
            colleagues=tuple(
                sorted(
                    set(
                        names.exclude(user_id=actor.user_id or 0).values_list(
                            "user_id", "user__name"
                        )
                    ),
                    key=lambda one: one[1],
                )
            ),
            mail_is_set_up=settings.GLASSBOX_MAIL_IS_SET_UP,
        )


@dataclass(frozen=True, kw_only=True)
class WebhookRow:
    """One address that is told of alerts; its secret is never shown."""

    id: int
    license_number: str
    url: str
    told_of: str
    added_by: str
    added_at: datetime


@dataclass(frozen=True, kw_only=True)
class DeliveryRow:
    """One alert on its way, what the last try said, and how many there were."""

    license_number: str
    what: str
    channel: str
    recipient: str
    state: str
    attempts: int
    last_error: str
    not_before_at: datetime
    sent_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class WatchedRow:
    """A date that somebody entered to be reminded of."""

    id: int
    license_number: str
    kind: str
    what: str
    day: date
    recorded_by: str


@dataclass(frozen=True, kw_only=True)
class ChannelsPage:
    """By which ways alerts leave, whether they arrive, and the dates that are watched."""

    mail_is_set_up: bool
    is_restored: bool
    webhooks: tuple[WebhookRow, ...]
    deliveries: tuple[DeliveryRow, ...]
    waiting_for_mail: int
    dates: tuple[WatchedRow, ...]
    may_manage: bool


def channels_page(*, actor: Actor, license_ids: tuple[int, ...]) -> ChannelsPage:
    """Return webhooks, the newest 100 deliveries, and watched dates of the licences in sight."""
    with access.reading(actor):
        webhooks = AlertWebhook.objects.filter(
            license_id__in=license_ids, removed_at__isnull=True
        ).select_related("license", "added_by")
        deliveries = AlertDelivery.objects.filter(license_id__in=license_ids)
        shown = deliveries.select_related("license", "alert").order_by("-id")
        dates = WatchedDate.objects.filter(
            license_id__in=license_ids, settled_at__isnull=True
        ).select_related("license", "recorded_by")
        return ChannelsPage(
            is_restored=restored_at() is not None,
            mail_is_set_up=settings.GLASSBOX_MAIL_IS_SET_UP,
            webhooks=tuple(_webhook(one) for one in webhooks.order_by("license_id", "url")),
            deliveries=tuple(_delivery(one) for one in shown[:DELIVERIES_AT_MOST]),
            waiting_for_mail=deliveries.filter(channel="MAIL", state=DeliveryState.WAITING).count(),
            dates=tuple(_watched(one) for one in dates.order_by("day", "id")[:ALERTS_AT_MOST]),
            may_manage=all(
                Permission.ALERT_MANAGE in access.permissions_at(actor, license_id)
                for license_id in license_ids
            ),
        )


def _webhook(webhook: AlertWebhook) -> WebhookRow:
    return WebhookRow(
        id=webhook.pk,
        license_number=webhook.license.number,
        url=webhook.url,
        told_of=" and ".join(
            what
            for what, tells in (
                ("alerts", webhook.tells_alerts),
                ("settled actions", webhook.tells_actions),
            )
            if tells
        ),
        added_by=webhook.added_by.name if webhook.added_by else "",
        added_at=webhook.added_at,
    )


def _delivery(delivery: AlertDelivery) -> DeliveryRow:
    return DeliveryRow(
        license_number=delivery.license.number,
        what=_what_of(delivery),
        channel=delivery.channel,
        recipient=delivery.recipient,
        state=delivery.state,
        attempts=delivery.attempts,
        last_error=delivery.last_error,
        not_before_at=delivery.not_before_at,
        sent_at=delivery.sent_at,
    )


def _watched(watched: WatchedDate) -> WatchedRow:
    return WatchedRow(
        id=watched.pk,
        license_number=watched.license.number,
        kind=watched.kind,
        what=watched.what,
        day=watched.day,
        recorded_by=watched.recorded_by.name if watched.recorded_by else "",
    )


def zone_of(license: License) -> ZoneInfo:
    """Return the time zone that quiet hours and days of a licence are meant in."""
    return ZoneInfo(license.time_zone)


def _what_of(delivery: AlertDelivery) -> str:
    if delivery.alert is not None:
        return delivery.alert.title
    if delivery.heads_of is not None:
        return f"Head of the ledger, week of {delivery.heads_of}"
    if delivery.content is not None:
        return f"Action {delivery.content['action']} is {delivery.content['state'].lower()}"
    return f"Digest of {delivery.digest_of}"
