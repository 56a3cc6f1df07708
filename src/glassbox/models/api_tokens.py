"""ApiToken: what opens the API in a person's name; ApiRequestKey: a write that was done once."""

from __future__ import annotations

from django.db import models

from glassbox.models.fields import TenantRow
from glassbox.models.people import User
from glassbox.rules.api_tokens import NAME_CHARACTERS


class ApiToken(TenantRow):
    """A token of one person at one licence. Only its hash is kept; it is revoked, never edited.

    `window_at` and `window_calls` count the calls of the running minute.
    """

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=NAME_CHARACTERS)
    sha256 = models.CharField(max_length=64, unique=True)
    last_four = models.CharField(max_length=4)
    scopes = models.JSONField()
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField()
    made_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    last_used_at = models.DateTimeField(null=True)
    window_at = models.DateTimeField(null=True)
    window_calls = models.PositiveIntegerField(default=0)

    class Meta:
        db_table = "api_tokens"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(valid_until__gt=models.F("valid_from")),
                name="api_token_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"API token #{self.pk} {self.name}"


class ApiRequestKey(TenantRow):
    """An Idempotency-Key of a token with the request it came with and what that did."""

    token = models.ForeignKey(ApiToken, on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=100)
    request_sha256 = models.CharField(max_length=64)
    action_ids = models.JSONField(default=list)
    used_at = models.DateTimeField()

    class Meta:
        db_table = "api_request_keys"
        constraints = [
            models.UniqueConstraint(fields=["token", "key"], name="api_request_key_used_once"),
        ]

    def __str__(self) -> str:
        return f"API request key #{self.pk}"
