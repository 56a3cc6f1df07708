"""Rows of the ledger, for reading. The database itself refuses to change them."""

from glassbox.audit.models.events import AuditLeaf, AuditOpening, ComplianceEvent

__all__ = ["AuditLeaf", "AuditOpening", "ComplianceEvent"]
