"""Document: a filed PDF or other paper, named by its SHA-256 and never overwritten."""

from __future__ import annotations

from django.db import models

from glassbox.models.fields import TenantRow
from glassbox.models.people import User


class Document(TenantRow):
    """The bytes of a paper as they were filed."""

    sha256 = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=40)
    media_type = models.CharField(max_length=80)
    content = models.BinaryField()
    size_bytes = models.PositiveIntegerField()
    filed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    filed_at = models.DateTimeField()

    class Meta:
        db_table = "documents"
        constraints = [
            models.UniqueConstraint(
                fields=["license", "sha256", "kind"], name="document_filed_once"
            ),
        ]

    def __str__(self) -> str:
        return f"document #{self.pk} {self.name}"
