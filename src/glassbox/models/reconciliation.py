"""ReconciliationReport and its lines: our book beside METRC's, at one moment."""

from __future__ import annotations

from django.db import models

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

    class Meta:
        db_table = "reconciliation_reports"

    def __str__(self) -> str:
        return f"reconciliation report #{self.pk}"


class ReconciliationLine(TenantRow):
    """One difference between the two books."""

    report = models.ForeignKey(ReconciliationReport, on_delete=models.PROTECT, related_name="lines")
    package = models.ForeignKey(Package, on_delete=models.PROTECT, related_name="+", null=True)
    label = models.CharField(max_length=40)
    difference_class = models.CharField(max_length=30)
    our_quantity = QuantityField(null=True)
    metrc_quantity = QuantityField(null=True)
    unit = models.CharField(max_length=40, blank=True)
    sentence = models.CharField(max_length=500)

    class Meta:
        db_table = "reconciliation_lines"

    def __str__(self) -> str:
        return f"difference #{self.pk} {self.difference_class}"
