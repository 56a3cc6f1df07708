"""Verify a batch with a second pair of eyes, and close it when everything adds up."""

from __future__ import annotations

from datetime import datetime

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.production import BatchState
from glassbox.operations.production.batch import BatchIsClosed, locked_batch
from glassbox.operations.production.open import BatchBlocked
from glassbox.operations.transaction import operation
from glassbox.queries.production.facts import balance_of_batch, closing_facts, operator_ids
from glassbox.rules.actor import Actor
from glassbox.rules.gates import is_blocked, run_gates
from glassbox.rules.gates.production import CLOSE_GATES
from glassbox.rules.permissions import Permission
from glassbox.rules.verdicts import Finding, Refused


class OwnBatch(Refused):
    """Who worked on a batch cannot verify it (CA-MP-02)."""

    code = "batch.own-work"


@operation
def verify_batch(
    *, actor: Actor, license_id: int, batch_id: int, comment: str = "", now: datetime
) -> None:
    """Sign as the second person that weighings and steps are right.

    :raises OwnBatch: if the verifier worked on it
    :raises BatchIsClosed: if it is not open
    """
    access.require(actor, Permission.BATCH_VERIFY, license_id=license_id)
    batch = locked_batch(license_id, batch_id)
    if batch.state != BatchState.OPEN:
        raise BatchIsClosed(f"Batch {batch.number} is {batch.state.lower()}, not open.")
    if actor.user_id in operator_ids(batch):
        raise OwnBatch("You worked on this batch. Somebody else must verify it.")
    batch.state, batch.verified_by_id, batch.verified_at = BatchState.VERIFIED, actor.user_id, now
    batch.save(update_fields=["state", "verified_by", "verified_at"])
    balance = balance_of_batch(batch)
    ledger.append(
        type=EventType.BATCH_VERIFIED,
        subject=f"batch:{batch.pk}",
        actor=actor,
        reason=comment.strip() or f"Weighings and steps of batch {batch.number} are right",
        body={"balance": balance.text() if balance else ""},
        state_before=BatchState.OPEN,
        state_after=BatchState.VERIFIED,
        now=now,
    )


def close_batch(*, actor: Actor, license_id: int, batch_id: int, now: datetime) -> None:
    """Close a batch whose balance is exact and which METRC shows whole.

    :raises BatchBlocked: with every reason, if it is not verified by a second person, does not
        balance, has labels unaccounted for, or METRC lacks a part; remembered in the ledger
    """
    findings = _close_batch(actor=actor, license_id=license_id, batch_id=batch_id, now=now)
    if is_blocked(findings):
        raise BatchBlocked("The batch cannot be closed yet.", findings=findings)


@operation
def _close_batch(
    *, actor: Actor, license_id: int, batch_id: int, now: datetime
) -> tuple[Finding, ...]:
    access.require(actor, Permission.BATCH_CLOSE, license_id=license_id)
    batch = locked_batch(license_id, batch_id)
    if batch.state == BatchState.CLOSED:
        raise BatchIsClosed(f"Batch {batch.number} is closed already.")
    facts = closing_facts(batch, now)
    findings = run_gates(CLOSE_GATES, facts)
    if is_blocked(findings):
        ledger.append(
            type=EventType.BATCH_BLOCKED,
            subject=f"batch:{batch.pk}",
            actor=actor,
            reason=f"Batch {batch.number} was not closed",
            body={
                "moment": "close",
                "codes": sorted({finding.code for finding in findings if finding.blocks}),
            },
            now=now,
        )
        return findings
    before, batch.state, batch.closed_at = batch.state, BatchState.CLOSED, now
    batch.save(update_fields=["state", "closed_at"])
    assert facts.balance is not None, "an exact balance is one of the gates"
    ledger.append(
        type=EventType.BATCH_CLOSED,
        subject=f"batch:{batch.pk}",
        actor=actor,
        reason=facts.balance.text(),
        body={
            "inputs": str(facts.balance.inputs.value),
            "outputs": str(facts.balance.outputs.value),
            "samples": str(facts.balance.samples.value),
            "waste": str(facts.balance.waste.value),
            "loss": str(facts.balance.loss.value),
        },
        state_before=before,
        state_after=batch.state,
        now=now,
    )
    return findings
