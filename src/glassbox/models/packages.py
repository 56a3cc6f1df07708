"""Package, its snapshots, standing, lineage, movements, holds, counts: our book and METRC's word."""

from __future__ import annotations

from django.db import models

from glassbox.models.fields import QuantityField, TenantRow, backwards
from glassbox.models.people import User
from glassbox.models.sync import ApiRequest
from glassbox.rules.lab_status import (
    FAILED_STATES,
    PASSED_STATES,
    PENDING_STATES,
    UNTESTED_STATES,
)
from glassbox.rules.package_state import LocalState

# The lists that people open all day, each small beside all packages there ever were.
STANDING_VIEWS = {
    "held": models.Q(is_held_by_state=True) | models.Q(is_held_by_us=True),
    "on_road": models.Q(list_name="IN_TRANSIT"),
    "unseen": models.Q(list_name="", is_here=True),
    "untested": models.Q(
        list_name="ACTIVE", lab_state__in=sorted(UNTESTED_STATES | PENDING_STATES)
    ),
    "passed": models.Q(list_name="ACTIVE", lab_state__in=sorted(PASSED_STATES), is_released=False),
    "ready": models.Q(list_name="ACTIVE", is_released=True),
    "failed": models.Q(is_here=True, lab_state__in=sorted(FAILED_STATES)),
    "remnant": models.Q(is_here=True, unit="Each", metrc_quantity__gt=0, metrc_quantity__lt=5),
    "differing": models.Q(is_here=True, list_name__in=["ACTIVE", "ON_HOLD"])
    & (
        models.Q(our_quantity__lt=models.F("metrc_quantity"))
        | models.Q(our_quantity__gt=models.F("metrc_quantity"))
    ),
}


class Package(TenantRow):
    """A package as this licence's own book knows it.

    The same tag is one row at each licence that has held it. What METRC says is never written
    here: it is in the snapshots, one of which is the newest.
    """

    label = models.CharField(max_length=40)
    printed_label = models.CharField(max_length=40, blank=True)
    item_name = models.CharField(max_length=200)
    unit = models.CharField(max_length=40)
    local_state = models.CharField(max_length=24, choices=[(s, s.title()) for s in LocalState])
    location_name = models.CharField(max_length=120, blank=True)
    production_batch_number = models.CharField(max_length=80, blank=True)
    confirmed_at = models.DateTimeField(
        null=True, help_text="The last time a read of METRC showed this package."
    )
    opened_at = models.DateTimeField()
    label_reversed = backwards("label")
    printed_label_reversed = backwards("printed_label")

    class Meta:
        db_table = "packages"
        constraints = [
            models.UniqueConstraint(fields=["license", "label"], name="package_label_unique"),
        ]
        indexes = [
            models.Index(fields=["license", "local_state"], name="package_by_state"),
            models.Index(fields=["license", "label_reversed"], name="package_by_last_digits"),
            models.Index(
                fields=["license", "printed_label_reversed"],
                condition=models.Q(printed_label__gt=""),
                name="package_by_printed_digits",
            ),
            models.Index(fields=["license", "production_batch_number"], name="package_by_batch"),
        ]

    def __str__(self) -> str:
        return f"package #{self.pk} {self.label}"


class PackageSnapshot(TenantRow):
    """What METRC said of a package at one moment. A new row only when the content changed."""

    package = models.ForeignKey(Package, on_delete=models.PROTECT, related_name="snapshots")
    api_request = models.ForeignKey(ApiRequest, on_delete=models.PROTECT, null=True)
    metrc_id = models.BigIntegerField(null=True)
    list_name = models.CharField(max_length=20)
    item_name = models.CharField(max_length=200, blank=True)
    quantity = QuantityField()
    unit = models.CharField(max_length=40)
    lab_state = models.CharField(max_length=40, blank=True)
    location_name = models.CharField(max_length=120, blank=True)
    is_on_hold = models.BooleanField(default=False)
    is_finished = models.BooleanField(default=False)
    last_modified_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField()
    is_newest = models.BooleanField(default=True)
    content_sha256 = models.CharField(max_length=64)
    raw = models.JSONField()

    class Meta:
        db_table = "package_snapshots"
        constraints = [
            models.UniqueConstraint(
                fields=["package"], condition=models.Q(is_newest=True), name="snapshot_one_newest"
            ),
        ]
        indexes = [
            models.Index(fields=["package", "-seen_at"], name="snapshot_newest"),
            models.Index(
                fields=["license", "package"],
                condition=models.Q(
                    is_newest=True, is_finished=False, list_name__in=["ACTIVE", "ON_HOLD"]
                ),
                name="snapshot_open",
            ),
            models.Index(
                fields=["license", "package"],
                condition=models.Q(is_newest=True)
                & (
                    models.Q(is_on_hold=True)
                    | models.Q(is_finished=True)
                    | models.Q(list_name="ON_HOLD")
                    | models.Q(lab_state__in=["TestFailed", "RetestFailed"])
                ),
                name="snapshot_demanding",
            ),
        ]

    def __str__(self) -> str:
        return f"snapshot #{self.pk} of package #{self.package_id}"


class PackageStanding(TenantRow):
    """How a package stands now in both books, in one narrow row, so that millions can be listed.

    Triggers write it in the transaction that changes what it repeats (migrations 0011 and 0020); no code
    does. It is never evidence: what counts is in the rows it repeats.
    """

    package = models.OneToOneField(
        Package, on_delete=models.PROTECT, primary_key=True, related_name="standing"
    )
    label = models.CharField(max_length=40)
    item_name = models.CharField(max_length=200)
    unit = models.CharField(max_length=40)
    location_name = models.CharField(max_length=120, blank=True)
    production_batch_number = models.CharField(max_length=80, blank=True, db_collation="C")
    local_state = models.CharField(max_length=24)
    list_name = models.CharField(max_length=20, blank=True, help_text="Empty: not yet in METRC.")
    category = models.CharField(max_length=120, blank=True)
    lab_state = models.CharField(max_length=40, blank=True)
    metrc_quantity = QuantityField(null=True)
    our_quantity = QuantityField(db_default=0, help_text="The sum of our movements.")
    packaged_date = models.DateField(null=True)
    changed_at = models.DateTimeField(
        help_text="METRC's last change; of what is not in METRC, when our book opened it."
    )
    counted_at = models.DateTimeField(null=True)
    is_held_by_state = models.BooleanField(default=False)
    is_held_by_us = models.BooleanField(default=False)
    is_released = models.BooleanField(default=False)
    is_here = models.BooleanField(
        default=True, help_text="METRC shows it active or on hold, or has not shown it yet."
    )

    class Meta:
        db_table = "package_standings"
        indexes = [
            models.Index(fields=["license", "-changed_at", "package"], name="standing_changed"),
            models.Index(
                fields=["license", "is_here", "-changed_at", "package"], name="standing_here"
            ),
            models.Index(
                fields=["license", "is_here", "packaged_date", "package"], name="standing_oldest"
            ),
            *(
                models.Index(fields=["license", "is_here", field, "-changed_at"], name=name)
                for field, name in (
                    ("item_name", "standing_item"),
                    ("location_name", "standing_location"),
                    ("category", "standing_category"),
                )
            ),
            models.Index(
                fields=["license", "production_batch_number"],
                condition=models.Q(production_batch_number__gt=""),
                name="standing_batch",
            ),
            models.Index(
                fields=["license", "local_state", "-changed_at"],
                condition=~models.Q(local_state__in=["CLOSED", "DESTROYED"]),
                name="standing_state",
            ),
            *(
                models.Index(
                    fields=["license", "-changed_at", "package"],
                    condition=condition,
                    name=f"standing_{name}",
                )
                for name, condition in STANDING_VIEWS.items()
            ),
        ]

    def __str__(self) -> str:
        return f"standing of package #{self.package_id}"


class PackageLineage(TenantRow):
    """One arrow from a source package to what was made of it."""

    parent_label = models.CharField(max_length=40)
    child_label = models.CharField(max_length=40)
    quantity = QuantityField(null=True)
    unit = models.CharField(max_length=40, blank=True)
    seen_in_metrc_at = models.DateTimeField(null=True)
    claimed_by_us_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "package_lineage"
        constraints = [
            models.UniqueConstraint(
                fields=["license", "parent_label", "child_label"], name="lineage_arrow_once"
            ),
        ]
        indexes = [
            models.Index(fields=["license", "child_label"], name="lineage_upward"),
            models.Index(
                fields=["license", "child_label"],
                condition=models.Q(claimed_by_us_at__isnull=False),
                name="lineage_claimed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.parent_label} → {self.child_label}"


class Movement(TenantRow):
    """One change of our own count of a package. Our count is the sum of these, never a number
    that somebody overwrote."""

    package = models.ForeignKey(Package, on_delete=models.PROTECT, related_name="movements")
    quantity = QuantityField(help_text="Signed: what came is positive, what left is negative.")
    unit = models.CharField(max_length=40)
    cause = models.CharField(max_length=30)
    reason = models.CharField(max_length=500)
    evidence = models.CharField(max_length=200)
    fact_key = models.CharField(
        max_length=120, help_text="Names the fact, so that it is booked once."
    )
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        db_table = "package_movements"
        constraints = [
            models.UniqueConstraint(
                fields=["license", "package", "fact_key"], name="movement_booked_once"
            ),
        ]

    def __str__(self) -> str:
        return f"movement #{self.pk} {self.cause}"


class Hold(TenantRow):
    """Our own hold on a package. Lifting it never lifts a hold of the State."""

    package = models.ForeignKey(Package, on_delete=models.PROTECT, related_name="holds")
    reason = models.CharField(max_length=500)
    placed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    placed_at = models.DateTimeField()
    lifted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "package_holds"

    def __str__(self) -> str:
        return f"hold #{self.pk} on package #{self.package_id}"


class Count(TenantRow):
    """What a person counted or weighed, when, and with what device."""

    package = models.ForeignKey(Package, on_delete=models.PROTECT, related_name="counts")
    quantity = QuantityField()
    unit = models.CharField(max_length=40)
    purpose = models.CharField(max_length=30)
    device = models.CharField(max_length=120, blank=True)
    counted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    counted_at = models.DateTimeField()

    class Meta:
        db_table = "package_counts"

    def __str__(self) -> str:
        return f"count #{self.pk} of package #{self.package_id}"


class MetrcAdjustment(TenantRow):
    """A row of METRC's own list of adjustments."""

    label = models.CharField(max_length=40)
    quantity = QuantityField()
    unit = models.CharField(max_length=40)
    reason = models.CharField(max_length=120)
    note = models.CharField(max_length=1000, blank=True)
    adjusted_date = models.DateField(null=True)
    adjusted_by = models.CharField(max_length=200, blank=True)
    content_sha256 = models.CharField(max_length=64)
    seen_at = models.DateTimeField()
    api_request = models.ForeignKey(
        ApiRequest, on_delete=models.PROTECT, related_name="+", null=True
    )
    raw = models.JSONField()

    class Meta:
        db_table = "metrc_adjustments"
        indexes = [models.Index(fields=["license", "label"], name="adjustment_by_label")]

    def __str__(self) -> str:
        return f"METRC adjustment #{self.pk} of {self.label}"
