"""ComplianceEvent, AuditLeaf, AuditOpening: what was said, its number, and what may be erased."""

from __future__ import annotations

from django.db import models


class ComplianceEvent(models.Model):
    """One event. `body` is what is hashed; the other columns repeat it for searching."""

    event_id = models.UUIDField(primary_key=True)
    company_id = models.BigIntegerField(null=True)
    license_id = models.BigIntegerField(null=True)
    type = models.TextField()
    subject = models.TextField()
    actor_id = models.BigIntegerField(null=True)
    occurred_at = models.DateTimeField()
    ts = models.DateTimeField()
    body = models.BinaryField()
    leaf = models.BinaryField()
    record = models.JSONField()

    class Meta:
        managed = False
        db_table = "compliance_events"

    def __str__(self) -> str:
        return f"event {self.event_id} {self.type}"


class AuditLog(models.Model):
    """One log: of a licence and year, of what belongs to no licence, or the anchor over all."""

    log_id = models.BigIntegerField(primary_key=True)
    kind = models.TextField()
    license_id = models.BigIntegerField(null=True)
    year = models.IntegerField()
    origin = models.TextField()
    size = models.BigIntegerField()
    root = models.BinaryField()
    chain = models.BinaryField()
    anchored_at = models.DateTimeField(null=True)

    class Meta:
        managed = False
        db_table = "audit_logs"

    def __str__(self) -> str:
        return f"log {self.origin}"


class AuditLeaf(models.Model):
    """The number of an event in the log of its licence, and the chain up to it."""

    event = models.OneToOneField(
        ComplianceEvent, on_delete=models.DO_NOTHING, primary_key=True, related_name="numbered"
    )
    log = models.ForeignKey(AuditLog, on_delete=models.DO_NOTHING, related_name="leaves")
    index = models.BigIntegerField()
    leaf = models.BinaryField()
    chain = models.BinaryField()

    class Meta:
        managed = False
        db_table = "audit_leaves"

    def __str__(self) -> str:
        return f"leaf {self.log_id}/{self.index}"


class AuditCheckpoint(models.Model):
    """One signed head of a log. Its database key is (log, number)."""

    signed_at = models.DateTimeField(primary_key=True)
    log = models.ForeignKey(AuditLog, on_delete=models.DO_NOTHING, related_name="checkpoints")
    number = models.BigIntegerField()
    size = models.BigIntegerField()
    root = models.BinaryField()
    note = models.TextField()

    class Meta:
        managed = False
        db_table = "audit_checkpoints"

    def __str__(self) -> str:
        return f"checkpoint {self.log_id}/{self.number}"


class AuditOpening(models.Model):
    """A text that an event only commits to: erasing it leaves every hash valid."""

    pk = models.CompositePrimaryKey("event_id", "field")
    event = models.ForeignKey(ComplianceEvent, on_delete=models.DO_NOTHING, related_name="openings")
    field = models.TextField()
    salt = models.BinaryField()
    value = models.TextField()

    class Meta:
        managed = False
        db_table = "audit_openings"

    def __str__(self) -> str:
        return f"opening of {self.field} of event {self.event_id}"
