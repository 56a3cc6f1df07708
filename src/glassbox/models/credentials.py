"""MetrcCredential: a METRC key at rest, sealed; never read by a door."""

from __future__ import annotations

from django.db import models

from glassbox.models.fields import TenantRow
from glassbox.models.people import User


class MetrcCredential(TenantRow):
    """One person's METRC user key at one licence, or the licence's named key for reading."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    owner_name = models.CharField(max_length=120)
    is_for_sync = models.BooleanField(default=False)
    sealed_key = models.BinaryField()
    last_four = models.CharField(max_length=4)
    version = models.PositiveIntegerField(default=1)
    added_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    last_worked_at = models.DateTimeField(null=True)
    last_refused_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "metrc_credentials_encrypted"
        constraints = [
            models.UniqueConstraint(
                fields=["license", "user"],
                condition=models.Q(revoked_at__isnull=True, is_for_sync=False),
                name="credential_one_per_person",
            ),
            models.UniqueConstraint(
                fields=["license"],
                condition=models.Q(revoked_at__isnull=True, is_for_sync=True),
                name="credential_one_for_sync",
            ),
        ]

    def __str__(self) -> str:
        return f"credential #{self.pk} …{self.last_four}"
