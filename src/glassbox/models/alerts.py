"""Alert, its deliveries and their tries, who wants which, webhooks, and dates that run out."""

from __future__ import annotations

from enum import StrEnum

from django.db import models

from glassbox.models.fields import TenantRow
from glassbox.models.people import User


class AlertWatch(TenantRow):
    """When the clocks of a licence were last looked at; two who look at once take turns on it."""

    looked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "alert_watches"
        constraints = [
            models.UniqueConstraint(fields=["license"], name="alert_watch_one_per_license"),
        ]

    def __str__(self) -> str:
        return f"alert watch #{self.pk}"


class Alert(TenantRow):
    """One stage of one fact that somebody must know of. Raised once, whatever happens."""

    fact_key = models.CharField(max_length=200)
    stage = models.CharField(max_length=20)
    severity = models.CharField(max_length=10)
    title = models.CharField(max_length=300)
    what_to_do = models.TextField()
    rule_id = models.CharField(max_length=40, blank=True)
    address = models.CharField(max_length=200, help_text="Below the licence's own address.")
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    raised_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    acknowledged_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "alerts"
        constraints = [
            models.UniqueConstraint(
                fields=["license", "fact_key", "stage"], name="alert_once_per_stage"
            ),
        ]
        indexes = [
            models.Index(
                fields=["license"], condition=models.Q(ended_at__isnull=True), name="alert_open"
            ),
        ]

    def __str__(self) -> str:
        return f"alert #{self.pk} {self.fact_key} {self.stage}"


class AlertWebhook(TenantRow):
    """An address that is told of alerts or of settled actions, with the sealed secret that signs."""

    url = models.CharField(max_length=500)
    tells_alerts = models.BooleanField(default=True)
    tells_actions = models.BooleanField(default=False)
    sealed_secret = models.BinaryField()
    version = models.PositiveIntegerField(default=1)
    added_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    added_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "alert_webhooks"
        constraints = [
            models.UniqueConstraint(
                fields=["license", "url"],
                condition=models.Q(removed_at__isnull=True),
                name="alert_webhook_url_once",
            ),
        ]

    def __str__(self) -> str:
        return f"alert webhook #{self.pk}"


class DeliveryChannel(StrEnum):
    MAIL = "MAIL"
    WEBHOOK = "WEBHOOK"


class DeliveryState(StrEnum):
    WAITING = "WAITING"
    SENDING = "SENDING"
    SENT = "SENT"
    GIVEN_UP = "GIVEN_UP"
    NOT_NEEDED = "NOT_NEEDED"


def _is_one_of(*fields: str) -> models.Q:
    """Return the condition that exactly one of some fields says what is delivered."""
    found = models.Q()
    for chosen in fields:
        found |= models.Q(**{f"{field}__isnull": field != chosen for field in fields})
    return found


class AlertDelivery(TenantRow):
    """One alert on its way to one receiver; or a digest, a week's ledger heads, a settled action."""

    alert = models.ForeignKey(Alert, on_delete=models.PROTECT, related_name="deliveries", null=True)
    digest_of = models.DateField(null=True)
    # The Monday of the week whose mail says the heads of the ledger.
    heads_of = models.DateField(null=True)
    # The event of the ledger that settled an action, and what is told of it, the same at each try.
    event_id = models.UUIDField(null=True)
    content = models.JSONField(null=True)
    channel = models.CharField(max_length=10, choices=[(c, c.title()) for c in DeliveryChannel])
    recipient = models.CharField(max_length=500)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    webhook = models.ForeignKey(
        AlertWebhook, on_delete=models.PROTECT, related_name="deliveries", null=True
    )
    public_id = models.UUIDField(unique=True)
    state = models.CharField(max_length=10, choices=[(s, s.title()) for s in DeliveryState])
    attempts = models.PositiveIntegerField(default=0)
    last_error = models.CharField(max_length=500, blank=True)
    not_before_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "alert_deliveries"
        constraints = [
            models.UniqueConstraint(
                fields=["alert", "channel", "recipient"], name="alert_delivered_once"
            ),
            models.UniqueConstraint(
                fields=["license", "digest_of", "recipient"],
                condition=models.Q(alert__isnull=True),
                name="alert_digest_once_a_day",
            ),
            models.UniqueConstraint(
                fields=["license", "heads_of", "recipient"],
                condition=models.Q(heads_of__isnull=False),
                name="ledger_heads_once_a_week",
            ),
            models.CheckConstraint(
                condition=_is_one_of("alert", "digest_of", "heads_of", "event_id"),
                name="alert_delivery_is_one_thing",
            ),
            models.UniqueConstraint(
                fields=["event_id", "webhook"],
                condition=models.Q(event_id__isnull=False),
                name="settled_action_told_once",
            ),
        ]
        indexes = [
            models.Index(fields=["license", "state"], name="alert_delivery_by_state"),
        ]

    def __str__(self) -> str:
        return f"alert delivery #{self.pk} {self.channel} {self.state}"


class AlertDeliveryAttempt(TenantRow):
    """One try to deliver, and what came of it."""

    delivery = models.ForeignKey(AlertDelivery, on_delete=models.PROTECT, related_name="tries")
    number = models.PositiveIntegerField()
    began_at = models.DateTimeField()
    http_status = models.PositiveSmallIntegerField(null=True)
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        db_table = "alert_delivery_attempts"
        constraints = [
            models.UniqueConstraint(
                fields=["delivery", "number"], name="alert_attempt_number_unique"
            ),
        ]

    def __str__(self) -> str:
        return f"try {self.number} of alert delivery #{self.delivery_id}"


class AlertSettings(TenantRow):
    """How one person is told at one licence, and who is told in their absence."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    is_mail_on = models.BooleanField()
    quiet_from = models.TimeField(null=True, help_text="In the licence's time zone.")
    quiet_until = models.TimeField(null=True)
    deputy = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    away_from = models.DateField(null=True)
    away_until = models.DateField(null=True, help_text="The last day of the absence.")
    digest_hour = models.PositiveSmallIntegerField(null=True)
    changed_at = models.DateTimeField()

    class Meta:
        db_table = "alert_settings"
        constraints = [
            models.UniqueConstraint(
                fields=["license", "user"], name="alert_settings_one_per_person"
            ),
        ]

    def __str__(self) -> str:
        return f"alert settings #{self.pk} of user #{self.user_id}"


class WatchedDate(TenantRow):
    """A date that METRC does not know: when something of ours runs out, or when tags came."""

    kind = models.CharField(max_length=20)
    what = models.CharField(max_length=200)
    day = models.DateField()
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    recorded_at = models.DateTimeField()
    settled_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "watched_dates"

    def __str__(self) -> str:
        return f"watched date #{self.pk} {self.kind}"
