"""Reports, explanations, corrections: our book beside METRC's word."""

from __future__ import annotations

from enum import StrEnum

from django.db import models

from glassbox.models.documents import Document
from glassbox.models.fields import QuantityField, TenantRow
from glassbox.models.packages import Package
from glassbox.models.people import User
from glassbox.models.sync import SyncRun


class ReconciliationReport(TenantRow):
    """One comparison of a whole licence."""

    sync_run = models.ForeignKey(SyncRun, on_delete=models.PROTECT, null=True)
    compared_at = models.DateTimeField()
    compared_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    package_count = models.PositiveIntegerField()
    agreeing_count = models.PositiveIntegerField()
    signed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    signed_at = models.DateTimeField(null=True)
    statement = models.CharField(max_length=2000, blank=True)
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="+", null=True)

    class Meta:
        db_table = "reconciliation_reports"

    def __str__(self) -> str:
        return f"reconciliation report #{self.pk}"


class ReconciliationLine(TenantRow):
    """One difference between the two books."""

    report = models.ForeignKey(ReconciliationReport, on_delete=models.PROTECT, related_name="lines")
    package = models.ForeignKey(Package, on_delete=models.PROTECT, related_name="+", null=True)
    label = models.CharField(max_length=40)
    aspect = models.CharField(max_length=12, default="QUANTITY")
    difference_class = models.CharField(max_length=30)
    confidence = models.CharField(max_length=10, default="CERTAIN")
    our_quantity = QuantityField(null=True)
    metrc_quantity = QuantityField(null=True)
    counted_quantity = QuantityField(null=True)
    counted_by = models.CharField(max_length=120, blank=True)
    counted_at = models.DateTimeField(null=True)
    unit = models.CharField(max_length=40, blank=True)
    sentence = models.CharField(max_length=1000)
    evidence = models.JSONField(default=list)

    class Meta:
        db_table = "reconciliation_lines"

    def __str__(self) -> str:
        return f"difference #{self.pk} {self.difference_class}"


class DifferenceExplanation(TenantRow):
    """A person's word on why two books differ; it holds only while both numbers stand."""

    label = models.CharField(max_length=40)
    aspect = models.CharField(max_length=12)
    our_quantity = QuantityField(null=True)
    metrc_quantity = QuantityField(null=True)
    explanation = models.CharField(max_length=1000)
    evidence = models.CharField(max_length=300, blank=True)
    explained_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    explained_at = models.DateTimeField()

    class Meta:
        db_table = "difference_explanations"
        indexes = [models.Index(fields=["license", "label"], name="explanation_by_label")]

    def __str__(self) -> str:
        return f"explanation #{self.pk} of {self.label}"


class CorrectionState(StrEnum):
    PROPOSED = "PROPOSED"
    BOOKED = "BOOKED"
    REFUSED = "REFUSED"


class BookCorrection(TenantRow):
    """A change of our own book alone: proposed by one person, booked by the word of another."""

    package = models.ForeignKey(Package, on_delete=models.PROTECT, related_name="corrections")
    state = models.CharField(max_length=10, choices=[(s, s.title()) for s in CorrectionState])
    difference_class = models.CharField(max_length=30)
    our_quantity = QuantityField(null=True)
    metrc_quantity = QuantityField(null=True)
    quantity = QuantityField(help_text="Signed: what is booked.")
    unit = models.CharField(max_length=40)
    reason = models.CharField(max_length=500)
    evidence = models.CharField(max_length=300)
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    decided_at = models.DateTimeField(null=True)
    decision = models.CharField(max_length=500, blank=True)

    class Meta:
        db_table = "book_corrections"
        constraints = [
            models.UniqueConstraint(
                fields=["package"],
                condition=models.Q(state="PROPOSED"),
                name="correction_one_proposed",
            ),
        ]

    def __str__(self) -> str:
        return f"correction #{self.pk} of package #{self.package_id}"
