"""EventType: every event there is, '<subject>.<verb in the past>'. Add; never rename, never edit."""

from __future__ import annotations

from enum import StrEnum


class EventType(StrEnum):
    """The closed list of what the ledger can say."""

    COMPANY_OPENED = "company.opened"
    LICENSE_OPENED = "license.opened"
    USER_ADDED = "user.added"
    USER_DEACTIVATED = "user.deactivated"
    ROLE_GRANTED = "role.granted"
    ROLE_ENDED = "role.ended"
    CREDENTIAL_ADDED = "credential.added"
    CREDENTIAL_REVOKED = "credential.revoked"
    CREDENTIAL_REFUSED = "credential.refused"
    COUNTERPARTY_ADDED = "counterparty.added"
    COUNTERPARTY_CHECKED = "counterparty.checked"
    TAG_RECEIVED = "tag.received"
    TAG_DAMAGED = "tag.damaged"
    ACCESS_DENIED = "access.denied"
    SESSION_SIGNED_IN = "session.signed_in"

    SYNC_STARTED = "sync.started"
    SYNC_COMPLETED = "sync.completed"
    SYNC_FAILED = "sync.failed"
    REPORT_WRITTEN = "report.written"
    REPORT_SIGNED = "report.signed"
    CASE_OPENED = "case.opened"
    CASE_REOPENED = "case.reopened"
    CASE_ASSIGNED = "case.assigned"
    CASE_NOTED = "case.noted"
    CASE_CLOSED = "case.closed"

    ACTION_DRAFTED = "action.drafted"
    ACTION_EDITED = "action.edited"
    ACTION_SENT_FOR_REVIEW = "action.sent_for_review"
    ACTION_RETURNED = "action.returned"
    ACTION_APPROVED = "action.approved"
    ACTION_BLOCKED_BY_GATES = "action.blocked_by_gates"
    ACTION_WITHDRAWN = "action.withdrawn"
    ACTION_CLAIMED = "action.claimed"
    ACTION_ANSWERED = "action.answered"
    ACTION_ANSWER_LOST = "action.answer_lost"
    ACTION_NOT_PROCESSED = "action.not_processed"
    ACTION_LOOKED_UP = "action.looked_up"
    ACTION_REQUEUED = "action.requeued"
    ACTION_BLOCKED = "action.blocked"
    ACTION_ACCEPTED = "action.accepted"
    ACTION_REJECTED = "action.rejected"
    ACTION_ATTESTED = "action.attested"
    ACTION_ATTESTATION_CONTRADICTED = "action.attestation_contradicted"

    BATCH_OPENED = "batch.opened"
    BATCH_RECORDED = "batch.recorded"
    BATCH_VERIFIED = "batch.verified"
    BATCH_CLOSED = "batch.closed"
    LABEL_COUNTED = "label.counted"
    WASTE_RECORDED = "waste.recorded"
    SAMPLE_PLANNED = "sample.planned"
    SAMPLE_TAKEN = "sample.taken"
    RESULTS_SEEN = "results.seen"
    COA_FILED = "coa.filed"
    QA_RELEASED = "qa.released"
    QA_HELD = "qa.held"
    QA_REJECTED = "qa.rejected"
    QA_REVOKED = "qa.revoked"
    QA_BLOCKED = "qa.blocked"
    HOLD_PLACED = "hold.placed"
    HOLD_LIFTED = "hold.lifted"
    COUNT_RECORDED = "count.recorded"
    MOVEMENT_RECORDED = "movement.recorded"

    ORDER_DRAFTED = "order.drafted"
    ORDER_CONFIRMED = "order.confirmed"
    ORDER_CANCELLED = "order.cancelled"
    ALLOCATION_MADE = "allocation.made"
    ALLOCATION_WITHDRAWN = "allocation.withdrawn"
    TRANSFER_PLANNED = "transfer.planned"
    TRANSFER_GATES_CHECKED = "transfer.gates_checked"
    TRANSFER_BLOCKED = "transfer.blocked"
    TRANSFER_RELEASED = "transfer.released"
    TRANSFER_DISPATCHED = "transfer.dispatched"
    TRANSFER_FOLLOWED = "transfer.followed"
    TRANSFER_CANCELLED = "transfer.cancelled"
    INCOMING_CHECKED = "incoming.checked"
    DOCUMENT_FILED = "document.filed"


# What happens outside any licence. Every other event belongs to exactly one.
TYPES_WITHOUT_LICENSE = frozenset(
    {EventType.COMPANY_OPENED, EventType.USER_ADDED, EventType.USER_DEACTIVATED}
    | {EventType.SESSION_SIGNED_IN}
)
