"""LabSample, LabResult, CertificateOfAnalysis, QaReview: from the sample to the release."""

from __future__ import annotations

from enum import StrEnum

from django.db import models

from glassbox.models.documents import Document
from glassbox.models.fields import (
    QuantityField,
    TenantRow,
    backwards,
    in_capitals,
    in_capitals_backwards,
)
from glassbox.models.packages import Package
from glassbox.models.people import User
from glassbox.models.sync import ApiRequest


class SampleState(StrEnum):
    PLANNED = "PLANNED"
    TAKEN = "TAKEN"
    AT_LAB = "AT_LAB"
    PASSED = "PASSED"
    FAILED = "FAILED"


class LabSample(TenantRow):
    """A sample of a production batch, its sources and the laboratory it went to."""

    label = models.CharField(max_length=40)
    source_labels = models.JSONField()
    production_batch_number = models.CharField(max_length=80, blank=True)
    quantity = QuantityField()
    unit = models.CharField(max_length=40)
    laboratory_license_number = models.CharField(max_length=40)
    sampled_by = models.CharField(max_length=120, help_text="The laboratory's employee.")
    witnessed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    state = models.CharField(max_length=10, choices=[(s, s.title()) for s in SampleState])
    taken_at = models.DateTimeField(null=True)
    result_seen_at = models.DateTimeField(null=True)
    label_reversed = backwards("label")

    class Meta:
        db_table = "lab_samples"
        constraints = [
            models.UniqueConstraint(fields=["license", "label"], name="sample_label_unique"),
        ]
        indexes = [
            models.Index(
                fields=["license", "production_batch_number"],
                condition=models.Q(production_batch_number__gt=""),
                name="sample_by_batch",
            ),
            models.Index(fields=["license", "label_reversed"], name="sample_by_last_digits"),
            models.Index(
                fields=["license", "taken_at"],
                condition=models.Q(state__in=["TAKEN", "AT_LAB"]),
                name="sample_without_result",
            ),
        ]

    def __str__(self) -> str:
        return f"sample #{self.pk} {self.label}"


class LabSampleSource(TenantRow):
    """One package that a sample was drawn from; triggers repeat it from the sample's own list, in
    which no index can look behind a wall (`migrations/_standings.py`)."""

    sample = models.ForeignKey(LabSample, on_delete=models.PROTECT, related_name="sources")
    label = models.CharField(max_length=40)

    class Meta:
        db_table = "lab_sample_sources"
        constraints = [
            models.UniqueConstraint(fields=["sample", "label"], name="sample_source_once"),
        ]
        indexes = [models.Index(fields=["license", "label"], name="sample_by_source")]

    def __str__(self) -> str:
        return f"source {self.label} of sample #{self.sample_id}"


class LabResult(TenantRow):
    """One test result as METRC publishes it."""

    label = models.CharField(max_length=40)
    metrc_id = models.BigIntegerField()
    test_type = models.CharField(max_length=200)
    value = QuantityField(null=True)
    passed = models.BooleanField()
    laboratory_name = models.CharField(max_length=200, blank=True)
    released_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    document_file_id = models.BigIntegerField(null=True)
    seen_at = models.DateTimeField()
    api_request = models.ForeignKey(
        ApiRequest, on_delete=models.PROTECT, related_name="+", null=True
    )
    raw = models.JSONField()

    class Meta:
        db_table = "lab_results"
        constraints = [
            models.UniqueConstraint(
                # METRC gives one id to all tests of one sample.
                fields=["license", "label", "metrc_id", "test_type"],
                name="lab_result_unique",
            ),
        ]

    def __str__(self) -> str:
        return f"lab result #{self.pk} {self.test_type}"


class CertificateOfAnalysis(TenantRow):
    """A COA as filed, and what it claims. A newer version never overwrites an older one."""

    sample = models.ForeignKey(LabSample, on_delete=models.PROTECT, related_name="certificates")
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField(default=1)
    certificate_number = models.CharField(max_length=80)
    laboratory_license_number = models.CharField(max_length=40)
    production_batch_number = models.CharField(max_length=80)
    sample_label = models.CharField(max_length=40)
    issued_date = models.DateField()
    passed = models.BooleanField()
    panels = models.JSONField(default=dict, help_text="Whether each panel passed, by its name.")
    thc_mg_per_unit = QuantityField(null=True)
    filed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    filed_at = models.DateTimeField()
    number_capitals = in_capitals("certificate_number", 80)
    number_reversed = in_capitals_backwards("certificate_number", 80)

    class Meta:
        db_table = "coa_documents"
        constraints = [
            models.UniqueConstraint(fields=["sample", "version"], name="coa_version_unique"),
        ]
        indexes = [
            models.Index(fields=["license", "number_capitals"], name="coa_by_beginning"),
            models.Index(fields=["license", "number_reversed"], name="coa_by_end"),
        ]

    def __str__(self) -> str:
        return f"COA #{self.pk} {self.certificate_number}"


class QaVerdict(StrEnum):
    RELEASED = "RELEASED"
    HELD = "HELD"
    REJECTED = "REJECTED"


class QaReview(TenantRow):
    """A signed checklist over one package. Revoked by later facts, never edited."""

    package = models.ForeignKey(Package, on_delete=models.PROTECT, related_name="reviews")
    certificate = models.ForeignKey(
        CertificateOfAnalysis, on_delete=models.PROTECT, related_name="+", null=True
    )
    verdict = models.CharField(max_length=10, choices=[(v, v.title()) for v in QaVerdict])
    checklist = models.JSONField()
    content_sha256 = models.CharField(max_length=64)
    reason = models.CharField(max_length=500)
    reviewed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    reviewed_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoked_because = models.CharField(max_length=500, blank=True)

    class Meta:
        db_table = "qa_reviews"
        constraints = [
            models.UniqueConstraint(
                fields=["package"],
                condition=models.Q(verdict="RELEASED", revoked_at__isnull=True),
                name="qa_one_release_in_force",
            ),
        ]

    def __str__(self) -> str:
        return f"QA review #{self.pk} {self.verdict}"
