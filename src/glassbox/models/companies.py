"""Company, License, Facility: the legal worlds everything else belongs to."""

from __future__ import annotations

from enum import StrEnum

from django.db import models


class LicenseKind(StrEnum):
    MANUFACTURING = "MANUFACTURING"
    DISTRIBUTION = "DISTRIBUTION"
    LABORATORY = "LABORATORY"
    RETAIL = "RETAIL"
    CULTIVATION = "CULTIVATION"
    MICROBUSINESS = "MICROBUSINESS"


class Company(models.Model):
    """A brand: the holder of one or more licences."""

    name = models.CharField(max_length=200, unique=True)
    created_at = models.DateTimeField()
    # The newest acceptance; every one of them is an event of the ledger.
    terms_version = models.CharField(max_length=20, blank=True)
    terms_sha256 = models.CharField(max_length=64, blank=True)
    terms_accepted_by = models.CharField(max_length=120, blank=True)
    terms_accepted_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "companies"

    def __str__(self) -> str:
        return f"company #{self.pk} {self.name}"


class License(models.Model):
    """One licence of a company: its own packages, people, transfers and duties."""

    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="licenses")
    number = models.CharField(max_length=40)
    kind = models.CharField(max_length=20, choices=[(k, k.title()) for k in LicenseKind])
    legal_name = models.CharField(max_length=200)
    state = models.CharField(max_length=2, default="CA")
    time_zone = models.CharField(max_length=60, default="America/Los_Angeles")
    is_active = models.BooleanField(default=True)
    valid_until = models.DateField(null=True)
    sync_from = models.DateTimeField(
        help_text="The back-fill starts here, for METRC holds years that we never need."
    )
    writes_are_on = models.BooleanField(default=True)
    access_lost_at = models.DateTimeField(null=True)
    policy = models.JSONField(default=dict)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "licenses"
        constraints = [
            models.UniqueConstraint(fields=["company", "number"], name="license_number_unique"),
            models.CheckConstraint(
                condition=models.Q(kind__in=[k.value for k in LicenseKind]),
                name="license_kind_known",
            ),
        ]

    def __str__(self) -> str:
        return f"license #{self.pk} {self.number}"


class Facility(models.Model):
    """What METRC says of the facility behind a licence: identity, and what it may do."""

    company = models.ForeignKey(Company, on_delete=models.PROTECT)
    license = models.OneToOneField(License, on_delete=models.PROTECT, related_name="facility")
    metrc_id = models.BigIntegerField(null=True)
    name = models.CharField(max_length=200)
    flags = models.JSONField(default=dict)
    raw = models.JSONField(default=dict)
    seen_at = models.DateTimeField()

    class Meta:
        db_table = "facilities"

    def __str__(self) -> str:
        return f"facility #{self.pk} {self.name}"


class Installation(models.Model):
    """The one row that says which environment this database belongs to."""

    environment = models.CharField(max_length=12)
    clock_offset_seconds = models.FloatField(
        default=0, help_text="Moves our clock in scenarios; refused in production."
    )

    class Meta:
        db_table = "installation"
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(environment="production") | models.Q(clock_offset_seconds=0),
                name="production_clock_is_true",
            ),
            models.CheckConstraint(condition=models.Q(id=1), name="installation_is_one_row"),
        ]

    def __str__(self) -> str:
        return f"installation #{self.pk} {self.environment}"
