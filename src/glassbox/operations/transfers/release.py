"""Ask the gates of a transfer, release it with a second pair of eyes, scan its load at the dock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.actions import GateCheck
from glassbox.models.packages import Package
from glassbox.models.transfers import Transfer, TransferState
from glassbox.operations.lab.releases import inherit_releases_in_transaction
from glassbox.operations.person import person_id
from glassbox.operations.transaction import operation
from glassbox.operations.transfers.plan import locked_transfer
from glassbox.queries.actions.gates import digest
from glassbox.queries.gate_facts import transfer_facts
from glassbox.rules.actor import Actor
from glassbox.rules.gates import is_blocked, run_gates
from glassbox.rules.gates.packages import (
    package_is_not_held_by_state,
    package_is_not_held_by_us,
)
from glassbox.rules.gates.transfers import ACCESS_GATES, TRANSFER_GATES, load_matches_manifest
from glassbox.rules.package_state import LocalState
from glassbox.rules.permissions import Permission
from glassbox.rules.verdicts import Finding, Refused

# At the dock METRC shows the goods on their manifest already: what counts is what is loaded.
DOCK_GATES = (
    *ACCESS_GATES,
    load_matches_manifest,
    package_is_not_held_by_state,
    package_is_not_held_by_us,
)
BEFORE_DEPARTURE = (
    TransferState.PLANNED,
    TransferState.RELEASED,
    TransferState.TEMPLATE_STORED,
)


class TransferBlocked(Refused):
    """A gate says no. The attempt stays in the ledger; every reason is in the findings."""

    code = "transfer.blocked"


class OwnPlan(Refused):
    """Who planned a transfer cannot release it (corrections 5)."""

    code = "transfer.own-work"


@operation
def check_gates(
    *, actor: Actor, license_id: int, transfer_id: int, now: datetime
) -> tuple[Finding, ...]:
    """Ask every gate of a transfer now, keep the answer, and return the findings."""
    access.require(actor, Permission.TRANSFER_PLAN, license_id=license_id)
    transfer = locked_transfer(license_id, transfer_id, *BEFORE_DEPARTURE)
    return _check(actor, transfer, now)


def release_transfer(
    *, actor: Actor, license_id: int, transfer_id: int, comment: str = "", now: datetime
) -> None:
    """Release a planned transfer for its template and manifest.

    :raises TransferBlocked: with every reason a gate gives; the attempt stays in the ledger
    :raises OwnPlan: if who planned it releases it
    :raises TransferIsElsewhere: if it is not planned, or released already
    """
    findings = _release_transfer(
        actor=actor, license_id=license_id, transfer_id=transfer_id, comment=comment, now=now
    )
    if is_blocked(findings):
        raise TransferBlocked("The transfer cannot leave.", findings=findings)


@operation
def _release_transfer(
    *, actor: Actor, license_id: int, transfer_id: int, comment: str, now: datetime
) -> tuple[Finding, ...]:
    access.require(actor, Permission.TRANSFER_DISPATCH, license_id=license_id)
    transfer = locked_transfer(license_id, transfer_id, TransferState.PLANNED)
    if transfer.planned_by_id == person_id(actor):
        raise OwnPlan("You planned this transfer. Somebody else must release it.")
    findings = _check(actor, transfer, now)
    if is_blocked(findings):
        _remember_blocked(actor, transfer, "release", findings, now)
        return findings
    before, transfer.state = transfer.state, TransferState.RELEASED
    transfer.save(update_fields=["state"])
    ledger.append(
        type=EventType.TRANSFER_RELEASED,
        subject=f"transfer:{transfer.pk}",
        actor=actor,
        reason=comment.strip() or f"The transfer to {transfer.receiver_license_number} may leave",
        state_before=before,
        state_after=transfer.state,
        now=now,
    )
    return findings


def dispatch_transfer(
    *,
    actor: Actor,
    license_id: int,
    transfer_id: int,
    loaded_labels: Sequence[str],
    seal_number: str = "",
    now: datetime,
) -> None:
    """Record the scan of the load at the dock: exactly the manifest, nothing of it held.

    :raises TransferBlocked: naming every package that is missing, extra or held; remembered
    :raises TransferIsElsewhere: if METRC shows no registered manifest yet
    """
    findings = _dispatch_transfer(
        actor=actor,
        license_id=license_id,
        transfer_id=transfer_id,
        loaded=frozenset(loaded_labels),
        seal_number=seal_number,
        now=now,
    )
    if is_blocked(findings):
        raise TransferBlocked("The truck may not leave with this load.", findings=findings)


@operation
def _dispatch_transfer(
    *,
    actor: Actor,
    license_id: int,
    transfer_id: int,
    loaded: frozenset[str],
    seal_number: str,
    now: datetime,
) -> tuple[Finding, ...]:
    access.require(actor, Permission.TRANSFER_DISPATCH, license_id=license_id)
    transfer = locked_transfer(license_id, transfer_id, TransferState.REGISTERED)
    facts = replace(transfer_facts(transfer.license, transfer, now), loaded_labels=loaded)
    findings = run_gates(DOCK_GATES, facts)
    if is_blocked(findings):
        _remember_blocked(actor, transfer, "dispatch", findings, now)
        return findings
    Package.objects.filter(
        license_id=license_id, label__in=loaded, local_state__in=[*_MAY_LEAVE]
    ).update(local_state=LocalState.DISPATCHED)
    ledger.append(
        type=EventType.TRANSFER_DISPATCHED,
        subject=f"transfer:{transfer.pk}",
        actor=actor,
        reason=f"{len(loaded)} packages are loaded for manifest {transfer.manifest_number}",
        body={"labels": sorted(loaded), "seal": seal_number.strip()},
        now=now,
    )
    return findings


_MAY_LEAVE = (LocalState.QA_RELEASED, LocalState.ALLOCATED)


def _check(actor: Actor, transfer: Transfer, now: datetime) -> tuple[Finding, ...]:
    labels = list(transfer.packages.values_list("label", flat=True))
    inherit_releases_in_transaction(actor=actor, license=transfer.license, labels=labels, now=now)
    facts = transfer_facts(transfer.license, transfer, now)
    findings = run_gates((*ACCESS_GATES, *TRANSFER_GATES), facts)
    check = GateCheck.objects.create(
        company_id=transfer.company_id,
        license_id=transfer.license_id,
        transfer=transfer,
        is_blocked=is_blocked(findings),
        findings=[asdict(finding) for finding in findings],
        facts_sha256=digest(facts),
        checked_by_id=actor.user_id,
        checked_at=now,
    )
    ledger.append(
        type=EventType.TRANSFER_GATES_CHECKED,
        subject=f"transfer:{transfer.pk}",
        actor=actor,
        reason="The gates were asked",
        body={
            "is_blocked": check.is_blocked,
            "codes": sorted({finding.code for finding in findings}),
            "facts_sha256": check.facts_sha256,
        },
        now=now,
    )
    return findings


def _remember_blocked(
    actor: Actor, transfer: Transfer, moment: str, findings: tuple[Finding, ...], now: datetime
) -> None:
    ledger.append(
        type=EventType.TRANSFER_BLOCKED,
        subject=f"transfer:{transfer.pk}",
        actor=actor,
        reason=f"The transfer to {transfer.receiver_license_number} was blocked",
        body={
            "moment": moment,
            "codes": sorted({finding.code for finding in findings if finding.blocks}),
        },
        now=now,
    )
