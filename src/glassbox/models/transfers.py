"""Driver, Vehicle, Order, OrderLine, Allocation, Transfer, TransferPackage."""

from __future__ import annotations

from enum import StrEnum

from django.db import models

from glassbox.models.catalog import Counterparty
from glassbox.models.fields import (
    MoneyField,
    QuantityField,
    TenantRow,
    backwards,
    in_capitals,
    in_capitals_backwards,
)
from glassbox.models.packages import Package
from glassbox.models.people import User
from glassbox.models.sync import ApiRequest


class Driver(TenantRow):
    """A driver as METRC knows them."""

    metrc_id = models.BigIntegerField(null=True)
    name = models.CharField(max_length=120)
    employee_id = models.CharField(max_length=80, blank=True)
    drivers_license_number = models.CharField(max_length=80, blank=True)
    is_active = models.BooleanField(default=True)
    seen_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "drivers"
        constraints = [
            models.UniqueConstraint(fields=["license", "metrc_id"], name="driver_metrc_id_unique"),
        ]

    def __str__(self) -> str:
        return f"driver #{self.pk} {self.name}"


class Vehicle(TenantRow):
    """A vehicle as METRC knows it."""

    metrc_id = models.BigIntegerField(null=True)
    make = models.CharField(max_length=80)
    model = models.CharField(max_length=80)
    plate = models.CharField(max_length=20)
    is_active = models.BooleanField(default=True)
    seen_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "vehicles"
        constraints = [
            models.UniqueConstraint(fields=["license", "metrc_id"], name="vehicle_metrc_id_unique"),
        ]

    def __str__(self) -> str:
        return f"vehicle #{self.pk} {self.plate}"


class OrderState(StrEnum):
    DRAFT = "DRAFT"
    CONFIRMED = "CONFIRMED"
    DISPATCHED = "DISPATCHED"
    DELIVERED = "DELIVERED"
    CANCELLED = "CANCELLED"


class Order(TenantRow):
    """A wholesale order of one buyer."""

    number = models.CharField(max_length=60)
    buyer = models.ForeignKey(Counterparty, on_delete=models.PROTECT, related_name="+")
    delivery_date = models.DateField()
    state = models.CharField(max_length=12, choices=[(s, s.title()) for s in OrderState])
    drafted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    drafted_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    confirmed_at = models.DateTimeField(null=True)
    number_capitals = in_capitals("number", 60)
    number_reversed = in_capitals_backwards("number", 60)

    class Meta:
        db_table = "orders"
        constraints = [
            models.UniqueConstraint(fields=["license", "number"], name="order_number_unique"),
        ]
        indexes = [
            models.Index(fields=["license", "number_capitals"], name="order_by_beginning"),
            models.Index(fields=["license", "number_reversed"], name="order_by_end"),
        ]

    def __str__(self) -> str:
        return f"order #{self.pk} {self.number}"


class OrderLine(TenantRow):
    """One product of an order."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="lines")
    item_name = models.CharField(max_length=200)
    quantity = QuantityField()
    unit = models.CharField(max_length=40)
    unit_price = MoneyField()

    class Meta:
        db_table = "order_lines"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(quantity__gt=0), name="order_line_quantity_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"order line #{self.pk}"


class Allocation(TenantRow):
    """A part of a released package promised to an order line, and the package it was split into."""

    order_line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="allocations")
    package = models.ForeignKey(Package, on_delete=models.PROTECT, related_name="allocations")
    quantity = QuantityField()
    unit = models.CharField(max_length=40)
    split_label = models.CharField(max_length=40, blank=True)
    allocated_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    allocated_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_because = models.CharField(max_length=500, blank=True)

    class Meta:
        db_table = "allocations"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(quantity__gt=0), name="allocation_quantity_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"allocation #{self.pk}"


class TransferDirection(StrEnum):
    INCOMING = "INCOMING"
    OUTGOING = "OUTGOING"


class TransferState(StrEnum):
    PLANNED = "PLANNED"
    RELEASED = "RELEASED"
    TEMPLATE_STORED = "TEMPLATE_STORED"
    REGISTERED = "REGISTERED"
    DEPARTED = "DEPARTED"
    RECEIVED = "RECEIVED"
    PARTLY_REJECTED = "PARTLY_REJECTED"
    VOIDED = "VOIDED"
    CANCELLED = "CANCELLED"


class Transfer(TenantRow):
    """One delivery as one licence sees it. Both sides of a transfer have a row of their own."""

    direction = models.CharField(max_length=10, choices=[(d, d.title()) for d in TransferDirection])
    state = models.CharField(max_length=16, choices=[(s, s.title()) for s in TransferState])
    transfer_type = models.CharField(max_length=80, blank=True)
    shipper_license_number = models.CharField(max_length=40)
    shipper_name = models.CharField(max_length=200, blank=True)
    receiver_license_number = models.CharField(max_length=40)
    receiver_name = models.CharField(max_length=200, blank=True)
    transporter_license_number = models.CharField(max_length=40, blank=True)
    template_name = models.CharField(max_length=120, blank=True)
    template_metrc_id = models.BigIntegerField(null=True)
    metrc_transfer_id = models.BigIntegerField(null=True)
    metrc_delivery_id = models.BigIntegerField(null=True)
    manifest_number = models.CharField(max_length=20, blank=True)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="transfers", null=True)
    driver = models.ForeignKey(Driver, on_delete=models.PROTECT, related_name="+", null=True)
    vehicle = models.ForeignKey(Vehicle, on_delete=models.PROTECT, related_name="+", null=True)
    invoice_number = models.CharField(max_length=60, blank=True)
    planned_route = models.CharField(max_length=1000, blank=True)
    departs_at = models.DateTimeField(null=True)
    arrives_at = models.DateTimeField(null=True)
    departed_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField(null=True)
    planned_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    opened_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True)
    api_request = models.ForeignKey(
        ApiRequest, on_delete=models.PROTECT, related_name="+", null=True
    )
    raw = models.JSONField(default=dict)
    manifest_reversed = backwards("manifest_number")
    invoice_capitals = in_capitals("invoice_number", 60)
    invoice_reversed = in_capitals_backwards("invoice_number", 60)
    template_capitals = in_capitals("template_name", 120)

    class Meta:
        db_table = "transfers"
        constraints = [
            models.UniqueConstraint(
                fields=["license", "metrc_delivery_id"],
                condition=models.Q(metrc_delivery_id__isnull=False),
                name="transfer_delivery_unique",
            ),
        ]
        indexes = [
            models.Index(fields=["license", "manifest_reversed"], name="transfer_by_last_digits"),
            models.Index(
                fields=["license", "invoice_capitals"],
                condition=models.Q(invoice_capitals__gt=""),
                name="invoice_by_beginning",
            ),
            models.Index(
                fields=["license", "invoice_reversed"],
                condition=models.Q(invoice_reversed__gt=""),
                name="invoice_by_end",
            ),
            models.Index(
                fields=["license", "template_capitals"],
                condition=models.Q(template_capitals__gt=""),
                name="template_by_beginning",
            ),
            models.Index(fields=["license", "state"], name="transfer_by_state"),
        ]

    def __str__(self) -> str:
        return f"transfer #{self.pk} {self.direction}"


class TransferPackage(TenantRow):
    """One package on a manifest: what was shipped, what we found, what METRC shows."""

    transfer = models.ForeignKey(Transfer, on_delete=models.PROTECT, related_name="packages")
    label = models.CharField(max_length=40)
    item_name = models.CharField(max_length=200, blank=True)
    shipped_quantity = QuantityField(null=True)
    received_quantity = QuantityField(null=True)
    unit = models.CharField(max_length=40, blank=True)
    wholesale_price = MoneyField(null=True, help_text="US dollars for the whole package.")
    shipment_state = models.CharField(max_length=20, blank=True)
    found_quantity = QuantityField(null=True, help_text="Our own scale or count at receipt.")
    found_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    found_at = models.DateTimeField(null=True)
    verdict = models.CharField(max_length=10, blank=True, help_text="ACCEPT or REJECT, ours.")
    verdict_reason = models.CharField(max_length=500, blank=True)
    raw = models.JSONField(default=dict)
    seen_at = models.DateTimeField(null=True)
    api_request = models.ForeignKey(
        ApiRequest, on_delete=models.PROTECT, related_name="+", null=True
    )

    class Meta:
        db_table = "transfer_packages"
        constraints = [
            models.UniqueConstraint(fields=["transfer", "label"], name="transfer_package_once"),
        ]
        indexes = [models.Index(fields=["license", "label"], name="transfer_package_by_label")]

    def __str__(self) -> str:
        return f"transfer package #{self.pk} {self.label}"
