"""UserReview: a signed look at who may do what, beside METRC's own list of people."""

from __future__ import annotations

from django.db import models

from glassbox.models.fields import TenantRow
from glassbox.models.people import User


class UserReview(TenantRow):
    """One signed review of a licence's users. `lines` are exactly what the signer saw."""

    signed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField()
    comment = models.CharField(max_length=1000, blank=True)
    lines = models.JSONField()
    lines_sha256 = models.CharField(max_length=64)
    difference_count = models.PositiveIntegerField()

    class Meta:
        db_table = "user_reviews"

    def __str__(self) -> str:
        return f"user review #{self.pk}"
