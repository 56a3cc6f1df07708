"""LedgerVerification, InspectionPack: the ledger recomputed on request, and packs for an inspector."""

from __future__ import annotations

from enum import StrEnum

from django.db import models

from glassbox.models.fields import TenantRow
from glassbox.models.people import User


class VerificationState(StrEnum):
    WAITING = "WAITING"
    RUNNING = "RUNNING"
    HOLDS = "HOLDS"
    BROKEN = "BROKEN"
    UNFINISHED = "UNFINISHED"


class LedgerVerification(TenantRow):
    """One recomputation of a licence's logs that somebody asked for; the worker makes it."""

    state = models.CharField(max_length=10, choices=[(s, s.title()) for s in VerificationState])
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    asked_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    events_planned = models.PositiveBigIntegerField(default=0)
    events_done = models.PositiveBigIntegerField(default=0)
    problem = models.CharField(max_length=1000, blank=True)
    signatures_checked = models.BooleanField(default=False)

    class Meta:
        db_table = "ledger_verifications"
        constraints = [
            models.UniqueConstraint(
                fields=["license"],
                condition=models.Q(state__in=["WAITING", "RUNNING"]),
                name="verification_one_under_way",
            ),
        ]

    def __str__(self) -> str:
        return f"verification #{self.pk} {self.state}"


class InspectionPack(TenantRow):
    """What an inspector takes away: every file but the proof of the event that tells of it.

    That proof needs a signed head above the event, so it is added when the pack is fetched.
    """

    reason = models.CharField(max_length=500)
    selection = models.JSONField(help_text="How the labels were chosen, to choose them again.")
    labels = models.JSONField()
    event_id = models.UUIDField()
    manifest_sha256 = models.CharField(max_length=64)
    content = models.BinaryField()
    size_bytes = models.PositiveBigIntegerField()
    file_count = models.PositiveIntegerField()
    seconds = models.FloatField(help_text="How long it took to prepare.")
    prepared_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    prepared_at = models.DateTimeField()

    class Meta:
        db_table = "inspection_packs"
        indexes = [models.Index(fields=["license", "-prepared_at"], name="pack_newest")]

    def __str__(self) -> str:
        return f"inspection pack #{self.pk}"
