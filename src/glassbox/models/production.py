"""Batch, BatchRecord, IngredientUse, BatchOutput, WasteRecord, LabelCount: the making of goods."""

from __future__ import annotations

from enum import StrEnum

from django.db import models

from glassbox.models.documents import Document
from glassbox.models.fields import QuantityField, TenantRow, in_capitals, in_capitals_backwards
from glassbox.models.people import User


class BatchState(StrEnum):
    OPEN = "OPEN"
    VERIFIED = "VERIFIED"
    CLOSED = "CLOSED"


class Batch(TenantRow):
    """A manufacturing batch: one cycle of one formulation."""

    number = models.CharField(max_length=80)
    product = models.CharField(max_length=200)
    process = models.CharField(max_length=40)
    protocol_version = models.CharField(max_length=40)
    planned_quantity = QuantityField()
    unit = models.CharField(max_length=40)
    label_claim_mg = QuantityField(null=True, help_text="THC in mg per unit, as printed.")
    state = models.CharField(max_length=10, choices=[(s, s.title()) for s in BatchState])
    opened_by = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        help_text="Nobody, if it was under way when Glassbox took the licence over.",
    )
    opened_at = models.DateTimeField()
    verified_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    verified_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    number_capitals = in_capitals("number", 80)
    number_reversed = in_capitals_backwards("number", 80)

    class Meta:
        db_table = "manufacturing_batches"
        constraints = [
            models.UniqueConstraint(fields=["license", "number"], name="batch_number_unique"),
        ]
        indexes = [
            models.Index(
                fields=["license", "state", "opened_at"],
                condition=~models.Q(state="CLOSED"),
                name="batch_open",
            ),
            models.Index(fields=["license", "number_capitals"], name="batch_by_beginning"),
            models.Index(fields=["license", "number_reversed"], name="batch_by_end"),
        ]

    def __str__(self) -> str:
        return f"batch #{self.pk} {self.number}"


class BatchRecord(TenantRow):
    """One entry of the batch production record: a step, a weight, a yield, a deviation."""

    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="records")
    step = models.CharField(max_length=60)
    text = models.CharField(max_length=1000)
    quantity = QuantityField(null=True)
    unit = models.CharField(max_length=40, blank=True)
    operator = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        db_table = "batch_production_records"

    def __str__(self) -> str:
        return f"batch record #{self.pk} {self.step}"


class IngredientUse(TenantRow):
    """What went into a batch: a METRC package, or a supplier's lot that METRC does not know."""

    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="ingredients")
    label = models.CharField(max_length=40, blank=True)
    supplier_lot = models.CharField(max_length=120, blank=True)
    material = models.CharField(max_length=200)
    quantity = QuantityField()
    unit = models.CharField(max_length=40)
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        db_table = "ingredients"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(quantity__gt=0), name="ingredient_quantity_positive"
            ),
            models.CheckConstraint(
                condition=models.Q(label="", supplier_lot__gt="")
                | models.Q(label__gt="", supplier_lot=""),
                name="ingredient_is_package_or_lot",
            ),
        ]

    def __str__(self) -> str:
        return f"ingredient #{self.pk}"


class BatchOutput(TenantRow):
    """What came out of a batch as a package."""

    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="outputs")
    label = models.CharField(max_length=40)
    item_name = models.CharField(max_length=200)
    quantity = QuantityField()
    unit = models.CharField(max_length=40)
    net_content = QuantityField(null=True, help_text="Content of one unit, in the batch's unit.")
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        db_table = "batch_outputs"
        constraints = [
            models.UniqueConstraint(fields=["license", "label"], name="output_label_once"),
        ]

    def __str__(self) -> str:
        return f"output #{self.pk} {self.label}"


class WasteRecord(TenantRow):
    """What left as waste, tails or loss; visible in METRC through the package it names."""

    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="waste", null=True)
    label = models.CharField(max_length=40, blank=True)
    kind = models.CharField(max_length=20)
    quantity = QuantityField()
    unit = models.CharField(max_length=40)
    reason = models.CharField(max_length=500)
    performed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    witnessed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    occurred_at = models.DateTimeField()

    class Meta:
        db_table = "waste_events"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(quantity__gt=0), name="waste_quantity_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"waste #{self.pk} {self.kind}"


class LabelCount(TenantRow):
    """Labels of a batch: those issued are those applied, destroyed and returned, to the last one."""

    batch = models.OneToOneField(Batch, on_delete=models.PROTECT, related_name="label_count")
    label_proof = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="+", null=True)
    issued = models.PositiveIntegerField()
    applied = models.PositiveIntegerField()
    destroyed = models.PositiveIntegerField()
    returned = models.PositiveIntegerField()
    counted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    verified_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    counted_at = models.DateTimeField()

    class Meta:
        db_table = "label_counts"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    issued=models.F("applied") + models.F("destroyed") + models.F("returned")
                ),
                name="labels_balance_to_zero",
            ),
        ]

    def __str__(self) -> str:
        return f"label count of batch #{self.batch_id}"
