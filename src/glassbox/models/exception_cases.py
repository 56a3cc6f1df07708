"""ExceptionCase, its notes and its assessment: what a person must look at, why, and by when."""

from __future__ import annotations

from enum import StrEnum

from django.db import models

from glassbox.models.actions import RegulatedAction
from glassbox.models.fields import TenantRow
from glassbox.models.packages import Package
from glassbox.models.people import User
from glassbox.models.transfers import Transfer


class CaseState(StrEnum):
    OPEN = "OPEN"
    CLOSED = "CLOSED"


class ExceptionCase(TenantRow):
    """One fact that needs a person. Opened once per fact; reopened, not doubled."""

    case_class = models.CharField(max_length=40)
    severity = models.CharField(max_length=10)
    fact_key = models.CharField(max_length=200)
    title = models.CharField(max_length=300)
    what_happened = models.TextField()
    why_it_matters = models.TextField(blank=True)
    what_to_do = models.TextField(blank=True)
    rule_id = models.CharField(max_length=40, blank=True)
    package = models.ForeignKey(Package, on_delete=models.PROTECT, related_name="cases", null=True)
    transfer = models.ForeignKey(
        Transfer, on_delete=models.PROTECT, related_name="cases", null=True
    )
    action = models.ForeignKey(
        RegulatedAction, on_delete=models.PROTECT, related_name="cases", null=True
    )
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    owner_role = models.CharField(max_length=30, blank=True)
    state = models.CharField(max_length=10, choices=[(s, s.title()) for s in CaseState])
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    snoozed_until = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    closed_because = models.CharField(max_length=1000, blank=True)

    class Meta:
        db_table = "exceptions"
        constraints = [
            models.UniqueConstraint(fields=["license", "fact_key"], name="case_one_per_fact"),
        ]
        indexes = [
            models.Index(
                fields=["license", "fact_key"],
                condition=models.Q(state="OPEN"),
                name="case_open",
            ),
        ]

    def __str__(self) -> str:
        return f"case #{self.pk} {self.case_class}"


class CaseNote(TenantRow):
    """What somebody said about a case."""

    case = models.ForeignKey(ExceptionCase, on_delete=models.PROTECT, related_name="notes")
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    text = models.TextField()
    noted_at = models.DateTimeField()

    class Meta:
        db_table = "case_notes"

    def __str__(self) -> str:
        return f"note #{self.pk} on case #{self.case_id}"


class Assessment(TenantRow):
    """A named person's decision whether a difference is significant (CA-IN-03, CA-IN-04)."""

    case = models.OneToOneField(ExceptionCase, on_delete=models.PROTECT, related_name="assessment")
    is_significant = models.BooleanField()
    statement = models.CharField(max_length=2000)
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()
    notice_due_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "assessments"

    def __str__(self) -> str:
        return f"assessment #{self.pk} of case #{self.case_id}"
