"""AccessLoss: a person's word that a licence has lost its access to METRC, and that it is back."""

from __future__ import annotations

from django.db import models

from glassbox.models.fields import TenantRow
from glassbox.models.people import User


class AccessLoss(TenantRow):
    """One loss of access, from its declaration to its end. Software never declares one."""

    lost_at = models.DateTimeField()
    reason = models.CharField(max_length=1000)
    declared_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    declared_at = models.DateTimeField()
    regained_at = models.DateTimeField(null=True)
    regained_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    regained_reason = models.CharField(max_length=1000, blank=True)

    class Meta:
        db_table = "access_losses"
        constraints = [
            models.UniqueConstraint(
                fields=["license"],
                condition=models.Q(regained_at__isnull=True),
                name="access_lost_once_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"access loss #{self.pk}"
