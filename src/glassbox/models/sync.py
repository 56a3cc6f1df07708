"""SyncRun, SyncCursor, ApiRequest, ApiResponseHash, StoredBody: what we asked METRC, and when."""

from __future__ import annotations

from enum import StrEnum

from django.db import models

from glassbox.models.fields import TenantRow


class SyncRunState(StrEnum):
    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"


class SyncRun(TenantRow):
    """One pass over the feeds of a licence."""

    state = models.CharField(max_length=10, choices=[(s, s.title()) for s in SyncRunState])
    trigger = models.CharField(max_length=20)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField()
    feeds_done = models.JSONField(default=list)
    counts = models.JSONField(default=dict)
    error = models.TextField(blank=True)
    reading = models.CharField(max_length=60, blank=True)
    steps_done = models.PositiveIntegerField(default=0)
    steps_planned = models.PositiveIntegerField(default=0)

    class Meta:
        db_table = "sync_runs"
        constraints = [
            models.UniqueConstraint(
                fields=["license"],
                condition=models.Q(state="RUNNING"),
                name="sync_one_running_per_license",
            ),
        ]

    def __str__(self) -> str:
        return f"sync run #{self.pk} {self.state}"


class SyncCursor(TenantRow):
    """How far one feed of a licence is read, and whether the last walk of it was whole."""

    feed = models.CharField(max_length=60)
    read_until = models.DateTimeField(null=True)
    last_whole_at = models.DateTimeField(null=True)
    last_tried_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)
    rows_last_read = models.PositiveIntegerField(default=0)
    # Windows that METRC did not give: {"start", "end", "tried_at", "error"}, times in ISO 8601.
    gaps = models.JSONField(default=list)
    total_told = models.PositiveIntegerField(null=True)
    walk_began_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "sync_cursors"
        constraints = [
            models.UniqueConstraint(fields=["license", "feed"], name="sync_cursor_one_per_feed"),
        ]

    def __str__(self) -> str:
        return f"sync cursor #{self.pk} {self.feed}"


class HintSource(StrEnum):
    """Name who says that a package should be read: METRC's webhook, or a gate of ours."""

    WEBHOOK = "WEBHOOK"
    GATE = "GATE"


class PackageHint(TenantRow):
    """A package that somebody says to read again. What METRC says of it is then read, not believed."""

    label = models.CharField(max_length=40)
    source = models.CharField(max_length=10, choices=[(s, s.title()) for s in HintSource])
    heard_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "package_hints"
        constraints = [
            models.UniqueConstraint(
                fields=["license", "label"],
                condition=models.Q(read_at__isnull=True),
                name="package_hint_waits_once",
            ),
        ]

    def __str__(self) -> str:
        return f"hint #{self.pk} {self.label}"


class MetrcSubscription(TenantRow):
    """METRC's promise to post changed packages to an address of ours that only it knows."""

    sealed_token = models.BinaryField()
    token_sha256 = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    checked_at = models.DateTimeField(null=True)
    is_active = models.BooleanField(default=False)
    heard_at = models.DateTimeField(null=True)
    heard_count = models.PositiveIntegerField(default=0)
    last_error = models.TextField(blank=True)

    class Meta:
        db_table = "metrc_subscriptions"
        constraints = [
            models.UniqueConstraint(fields=["license"], name="metrc_subscription_once"),
        ]

    def __str__(self) -> str:
        return f"METRC subscription #{self.pk}"


class ApiRequest(TenantRow):
    """One request to METRC, whether or not an answer came."""

    sync_run = models.ForeignKey(SyncRun, on_delete=models.PROTECT, null=True)
    purpose = models.CharField(max_length=80)
    method = models.CharField(max_length=6)
    path = models.CharField(max_length=300)
    query = models.CharField(max_length=500, blank=True)
    key_owner = models.CharField(max_length=120, blank=True)
    sent_at = models.DateTimeField()
    duration_seconds = models.FloatField()
    status = models.PositiveSmallIntegerField(null=True)
    error = models.CharField(max_length=500, blank=True)
    metrc_clock_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "metrc_api_requests"
        indexes = [models.Index(fields=["license", "-sent_at"], name="api_request_recent")]

    def __str__(self) -> str:
        return f"METRC request #{self.pk} {self.method} {self.path}"


class ApiResponseHash(TenantRow):
    """SHA-256 of the bytes that were sent and of those that came back (empty if none came)."""

    api_request = models.OneToOneField(ApiRequest, on_delete=models.PROTECT, related_name="hashes")
    request_sha256 = models.CharField(max_length=64)
    response_sha256 = models.CharField(max_length=64, blank=True)
    response_size_bytes = models.PositiveIntegerField(default=0)

    class Meta:
        db_table = "metrc_api_response_hashes"

    def __str__(self) -> str:
        return f"hashes of METRC request #{self.api_request_id}"


class StoredBody(TenantRow):
    """Bytes exchanged with METRC, kept once per content."""

    sha256 = models.CharField(max_length=64)
    body = models.BinaryField()

    class Meta:
        db_table = "metrc_bodies"
        constraints = [
            models.UniqueConstraint(fields=["license", "sha256"], name="stored_body_once"),
        ]

    def __str__(self) -> str:
        return f"body {self.sha256[:12]}"
