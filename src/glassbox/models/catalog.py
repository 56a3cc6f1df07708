"""Item, Location, Tag, Counterparty, MetrcEmployee, ReferenceValue: the words a licence works with."""

from __future__ import annotations

from enum import StrEnum

from django.db import models

from glassbox.models.companies import LicenseKind
from glassbox.models.fields import TenantRow


class Item(TenantRow):
    """A product as METRC names it at this licence."""

    metrc_id = models.BigIntegerField(null=True)
    name = models.CharField(max_length=200)
    category = models.CharField(max_length=120, blank=True)
    quantity_type = models.CharField(max_length=30, blank=True)
    unit = models.CharField(max_length=40, blank=True)
    is_active = models.BooleanField(default=True)
    raw = models.JSONField(default=dict)
    seen_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "items"
        constraints = [
            models.UniqueConstraint(fields=["license", "metrc_id"], name="item_metrc_id_unique"),
        ]

    def __str__(self) -> str:
        return f"item #{self.pk} {self.name}"


class Location(TenantRow):
    """A room as METRC names it at this licence."""

    metrc_id = models.BigIntegerField(null=True)
    name = models.CharField(max_length=120)
    type_name = models.CharField(max_length=120, blank=True)
    is_active = models.BooleanField(default=True)
    raw = models.JSONField(default=dict)
    seen_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "locations"
        constraints = [
            models.UniqueConstraint(
                fields=["license", "metrc_id"], name="location_metrc_id_unique"
            ),
        ]

    def __str__(self) -> str:
        return f"location #{self.pk} {self.name}"


class TagStatus(StrEnum):
    RECEIVED = "RECEIVED"
    USED = "USED"
    DAMAGED = "DAMAGED"


class Tag(TenantRow):
    """A METRC tag in our own ledger of tags. Used once, never again."""

    label = models.CharField(max_length=40)
    kind = models.CharField(max_length=30, default="Package")
    status = models.CharField(max_length=10, choices=[(s, s.title()) for s in TagStatus])
    received_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    seen_available_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "tags"
        constraints = [
            models.UniqueConstraint(fields=["license", "label"], name="tag_label_unique"),
        ]
        indexes = [
            models.Index(
                fields=["license"], condition=models.Q(status="RECEIVED"), name="tag_unused"
            ),
        ]

    def __str__(self) -> str:
        return f"tag {self.label}"


class Counterparty(TenantRow):
    """Another licensee that this licence deals with, and when its licence was last checked."""

    license_number = models.CharField(max_length=40)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=20, choices=[(k, k.title()) for k in LicenseKind])
    is_active = models.BooleanField(default=True)
    checked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "counterparties"
        constraints = [
            models.UniqueConstraint(
                fields=["license", "license_number"], name="counterparty_number_unique"
            ),
        ]

    def __str__(self) -> str:
        return f"counterparty #{self.pk} {self.license_number}"


class MetrcEmployee(TenantRow):
    """A person on METRC's own employee list of this licence."""

    full_name = models.CharField(max_length=200)
    metrc_license_number = models.CharField(max_length=80, blank=True)
    raw = models.JSONField(default=dict)
    seen_at = models.DateTimeField()

    class Meta:
        db_table = "metrc_employees"
        constraints = [
            models.UniqueConstraint(
                fields=["license", "full_name", "metrc_license_number"],
                name="metrc_employee_unique",
            ),
        ]

    def __str__(self) -> str:
        return f"METRC employee #{self.pk}"


class ReferenceValue(TenantRow):
    """One value of a list that METRC publishes: a unit, an adjust reason, a test type."""

    kind = models.CharField(max_length=40)
    name = models.CharField(max_length=200)
    raw = models.JSONField(default=dict)
    seen_at = models.DateTimeField()

    class Meta:
        db_table = "reference_values"
        constraints = [
            models.UniqueConstraint(fields=["license", "kind", "name"], name="reference_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.name}"
