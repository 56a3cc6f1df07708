"""Rows of the ledger, for reading. The database itself refuses to change them."""

from glassbox.audit.models.events import (
    AuditCheckpoint,
    AuditLeaf,
    AuditLog,
    AuditOpening,
    ComplianceEvent,
)

__all__ = ["AuditCheckpoint", "AuditLeaf", "AuditLog", "AuditOpening", "ComplianceEvent"]
