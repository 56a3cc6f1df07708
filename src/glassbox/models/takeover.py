"""Takeover, KeyTest, PersonMatch: a running business on its way into Glassbox, licence by licence."""

from __future__ import annotations

from enum import StrEnum

from django.db import models

from glassbox.models.catalog import MetrcEmployee
from glassbox.models.credentials import MetrcCredential
from glassbox.models.fields import TenantRow
from glassbox.models.people import User


class TakeoverState(StrEnum):
    OPEN = "OPEN"
    PROPOSED = "PROPOSED"
    LIVE = "LIVE"


class Takeover(TenantRow):
    """One go-live of a licence: it only reads METRC until two people have switched writing on.

    `accepted` are the points still open that the proposer took upon themselves, each by name.
    """

    state = models.CharField(max_length=10, choices=[(s, s.title()) for s in TakeoverState])
    reason = models.CharField(max_length=500)
    began_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    began_at = models.DateTimeField()
    books_opened_at = models.DateTimeField(null=True)
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    proposed_at = models.DateTimeField(null=True)
    proposal = models.CharField(max_length=500, blank=True)
    accepted = models.JSONField(default=list)
    live_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    live_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "takeovers"
        constraints = [
            models.UniqueConstraint(
                fields=["license"],
                condition=~models.Q(state="LIVE"),
                name="takeover_one_under_way",
            ),
            models.CheckConstraint(
                condition=~models.Q(state="LIVE") | ~models.Q(live_by=models.F("proposed_by")),
                name="takeover_live_by_two",
            ),
        ]

    def __str__(self) -> str:
        return f"takeover #{self.pk} {self.state}"


class KeyTestState(StrEnum):
    WAITING = "WAITING"
    DONE = "DONE"
    FAILED = "FAILED"


class KeyTest(TenantRow):
    """One test of a METRC key by reads that change nothing; the worker makes them."""

    credential = models.ForeignKey(MetrcCredential, on_delete=models.PROTECT, related_name="tests")
    state = models.CharField(max_length=10, choices=[(s, s.title()) for s in KeyTestState])
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    asked_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    results = models.JSONField(default=list)
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        db_table = "key_tests"
        constraints = [
            models.UniqueConstraint(
                fields=["credential"],
                condition=models.Q(state="WAITING"),
                name="key_test_one_waiting",
            ),
        ]

    def __str__(self) -> str:
        return f"key test #{self.pk} {self.state}"


class PersonMatch(TenantRow):
    """A person of ours and whom METRC's employee list names; none if they have no METRC login."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    employee = models.ForeignKey(
        MetrcEmployee, on_delete=models.PROTECT, related_name="+", null=True
    )
    confirmed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField()

    class Meta:
        db_table = "person_matches"
        constraints = [
            models.UniqueConstraint(fields=["license", "user"], name="person_match_one_per_user"),
            models.UniqueConstraint(
                fields=["license", "employee"],
                condition=models.Q(employee__isnull=False),
                name="person_match_one_per_employee",
            ),
        ]

    def __str__(self) -> str:
        return f"person match #{self.pk}"
