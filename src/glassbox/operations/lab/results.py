"""Follow samples by what METRC shows: on the road, at the laboratory, passed, failed."""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.companies import License
from glassbox.models.lab import LabSample, SampleState
from glassbox.models.packages import Package, PackageSnapshot
from glassbox.models.transfers import TransferDirection, TransferPackage, TransferState
from glassbox.operations.exception_cases import open_case_in_transaction
from glassbox.operations.lab.releases import revoke_release_in_transaction
from glassbox.rules.actor import Actor
from glassbox.rules.exception_policy import CaseClass, case_for
from glassbox.rules.lab_status import LabStatus, batch_status

UNDECIDED = (SampleState.TAKEN, SampleState.AT_LAB)
UNDER_WAY = (TransferState.DEPARTED, TransferState.RECEIVED, TransferState.PARTLY_REJECTED)


def follow_samples_in_transaction(*, actor: Actor, license: License, now: datetime) -> None:
    """Move every undecided sample to where METRC shows it."""
    assert connection.in_atomic_block, "samples are followed with what the sync stored"
    undecided = LabSample.objects.select_for_update().filter(license=license, state__in=UNDECIDED)
    for sample in undecided.order_by("id"):
        states = _states_of_sources(sample)
        status = batch_status(states.values())
        if status is LabStatus.PASSED:
            _see_result(actor, sample, SampleState.PASSED, states, now)
        elif status is LabStatus.FAILED:
            _see_result(actor, sample, SampleState.FAILED, states, now)
            _stop_batch(actor, license, sample, now)
        elif sample.state == SampleState.TAKEN and _has_left(sample):
            sample.state = SampleState.AT_LAB
            sample.save(update_fields=["state"])


def _states_of_sources(sample: LabSample) -> dict[str, str]:
    """Return METRC's testing state by source; a retest's old fail is not its result."""
    rows = PackageSnapshot.objects.filter(
        license_id=sample.license_id, is_newest=True, package__label__in=sample.source_labels
    )
    if sample.taken_at is not None:
        rows = rows.filter(seen_at__gte=sample.taken_at)
    return dict(rows.values_list("package__label", "lab_state"))


def _has_left(sample: LabSample) -> bool:
    return TransferPackage.objects.filter(
        license_id=sample.license_id,
        label=sample.label,
        transfer__direction=TransferDirection.OUTGOING,
        transfer__state__in=UNDER_WAY,
    ).exists()


def _see_result(
    actor: Actor, sample: LabSample, state: SampleState, states: dict[str, str], now: datetime
) -> None:
    before, sample.state, sample.result_seen_at = sample.state, state, now
    sample.save(update_fields=["state", "result_seen_at"])
    ledger.append(
        type=EventType.RESULTS_SEEN,
        subject=f"sample:{sample.pk}",
        actor=actor,
        reason=f"METRC shows the result of sample {sample.label}: {state.lower()}",
        body={"label": sample.label, "states": states},
        state_before=before,
        state_after=state,
        now=now,
    )


def _stop_batch(actor: Actor, license: License, sample: LabSample, now: datetime) -> None:
    """Take back every release and promise of the batch, and open its case (scenario S05)."""
    number = sample.production_batch_number
    packages = Package.objects.select_related("license").filter(license=license)
    batch = packages.filter(label__in=sample.source_labels)
    if number:
        batch = batch | packages.filter(production_batch_number=number)
    because = f"Sample {sample.label} failed"
    for package in batch.order_by("id"):
        revoke_release_in_transaction(actor=actor, package=package, because=because, now=now)
    open_case_in_transaction(
        actor=actor,
        license=license,
        advice=case_for(
            CaseClass.TEST_FAILED,
            fact_key=f"test-failed:{sample.label}",
            title=f"Batch {number or sample.label} failed its test",
            what_happened=f"METRC shows a fail for sample {sample.label}.",
            found_at=now,
        ),
        now=now,
    )
