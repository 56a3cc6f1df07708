"""CountSession and its lines: a walk through the shelves, blind to both books until it ends."""

from __future__ import annotations

from enum import StrEnum

from django.db import models

from glassbox.models.fields import QuantityField, TenantRow
from glassbox.models.packages import Package
from glassbox.models.people import User


class CountSessionState(StrEnum):
    OPEN = "OPEN"
    HANDED_IN = "HANDED_IN"
    SIGNED = "SIGNED"
    ABANDONED = "ABANDONED"


class CountSession(TenantRow):
    """One count of a location, or of chosen packages; the whole licence if neither is named."""

    purpose = models.CharField(max_length=12)
    location_name = models.CharField(max_length=120, blank=True)
    is_blind = models.BooleanField(default=True)
    state = models.CharField(max_length=10, choices=[(s, s.title()) for s in CountSessionState])
    opened_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    opened_at = models.DateTimeField()
    handed_in_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    handed_in_at = models.DateTimeField(null=True)
    signed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    signed_at = models.DateTimeField(null=True)
    statement = models.CharField(max_length=2000, blank=True)

    class Meta:
        db_table = "count_sessions"
        indexes = [models.Index(fields=["license", "state"], name="count_session_by_state")]

    def __str__(self) -> str:
        return f"count #{self.pk} {self.state}"


class CountLine(TenantRow):
    """One UID of a count. `is_expected` says whether our book had it there when it was opened."""

    session = models.ForeignKey(CountSession, on_delete=models.PROTECT, related_name="lines")
    label = models.CharField(max_length=40)
    package = models.ForeignKey(Package, on_delete=models.PROTECT, related_name="+", null=True)
    is_expected = models.BooleanField()
    quantity = QuantityField(null=True)
    unit = models.CharField(max_length=40, blank=True)
    is_not_there = models.BooleanField(default=False)
    device = models.CharField(max_length=120, blank=True)
    counted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    counted_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "count_lines"
        constraints = [
            models.UniqueConstraint(fields=["session", "label"], name="count_line_once"),
        ]

    def __str__(self) -> str:
        return f"count line #{self.pk} {self.label}"
