"""A sample from its plan to the laboratory's hands: the gates first, then custody without a gap."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.companies import License
from glassbox.models.lab import LabSample, SampleState
from glassbox.operations.person import person_id
from glassbox.operations.transaction import operation
from glassbox.queries.lab.facts import sampling_facts
from glassbox.rules.actor import Actor
from glassbox.rules.gates import is_blocked, run_gates
from glassbox.rules.gates.sampling import SAMPLING_GATES
from glassbox.rules.permissions import Permission
from glassbox.rules.quantities import Quantity, quantity
from glassbox.rules.verdicts import Finding, InvalidInput, NotFound, Refused


class SamplingBlocked(Refused):
    """A gate says no. The attempt stays in the ledger; every reason is in the findings."""

    code = "sample.blocked"


class SampleIsElsewhere(Refused):
    """The sample is past this step."""

    code = "sample.wrong-state"


def plan_sample(
    *,
    actor: Actor,
    license_id: int,
    label: str,
    source_labels: Sequence[str],
    sample_quantity: Decimal,
    unit: str,
    laboratory_license_number: str,
    sampled_by: str,
    is_final_form: bool,
    is_labelled: bool,
    is_research: bool = False,
    now: datetime,
) -> int:
    """Plan the sample of a batch under a new tag, and return its id.

    `sampled_by` is the laboratory's employee; final form and labels are attested by who plans.

    :raises SamplingBlocked: with every reason, if the batch is not whole here, a package is no
        source, the sample is too small or the laboratory may not test; remembered
    :raises InvalidInput: if the sample has no source or no sampler
    """
    if not source_labels:
        raise InvalidInput(field="source_labels", value="none", way_out="Name every package.")
    if not sampled_by.strip():
        raise InvalidInput(
            field="sampled_by", value=sampled_by, way_out="Name the laboratory's employee."
        )
    amount = quantity(sample_quantity, unit)
    if amount.value <= 0:
        raise InvalidInput(
            field="sample_quantity", value=sample_quantity, way_out="Take more than zero."
        )
    sample_id, findings = _plan_sample(
        actor=actor,
        license_id=license_id,
        label=label,
        sources=frozenset(source_labels),
        amount=amount,
        laboratory=laboratory_license_number,
        sampled_by=sampled_by.strip(),
        attested=(is_final_form, is_labelled, is_research),
        now=now,
    )
    if sample_id is None:
        raise SamplingBlocked("The sample cannot be taken as planned.", findings=findings)
    return sample_id


@operation
def _plan_sample(
    *,
    actor: Actor,
    license_id: int,
    label: str,
    sources: frozenset[str],
    amount: Quantity,
    laboratory: str,
    sampled_by: str,
    attested: tuple[bool, bool, bool],
    now: datetime,
) -> tuple[int | None, tuple[Finding, ...]]:
    access.require(actor, Permission.SAMPLE_TAKE, license_id=license_id)
    license = License.objects.select_for_update().get(id=license_id)
    if LabSample.objects.filter(license=license, label=label).exists():
        raise InvalidInput(field="label", value=label, way_out="A sample has this tag already.")
    is_final_form, is_labelled, is_research = attested
    facts = sampling_facts(
        license=license,
        sources=sources,
        sample=amount,
        laboratory=laboratory,
        is_final_form=is_final_form,
        is_labelled=is_labelled,
        is_research=is_research,
        now=now,
    )
    findings = run_gates(SAMPLING_GATES, facts)
    body: dict[str, object] = {
        "label": label,
        "sources": sorted(sources),
        "quantity": str(amount.value),
        "batch": facts.batch_number,
        "laboratory": laboratory,
    }
    if is_blocked(findings):
        _remember_blocked(actor, body, findings, now)
        return None, findings
    sample = LabSample.objects.create(
        company_id=license.company_id,
        license=license,
        label=label,
        source_labels=sorted(sources),
        production_batch_number=facts.batch_number,
        quantity=amount.value,
        unit=amount.unit.name,
        laboratory_license_number=laboratory,
        sampled_by=sampled_by,
        state=SampleState.PLANNED,
    )
    ledger.append(
        type=EventType.SAMPLE_PLANNED,
        subject=f"sample:{sample.pk}",
        actor=actor,
        reason=f"A sample of {amount.text()} is planned; {sampled_by} draws it",
        body=body,
        state_after=sample.state,
        now=now,
    )
    return sample.pk, findings


def _remember_blocked(
    actor: Actor, body: dict[str, object], findings: tuple[Finding, ...], now: datetime
) -> None:
    ledger.append(
        type=EventType.SAMPLE_BLOCKED,
        subject=f"sample:{body['label']}",
        actor=actor,
        reason=f"A sample under {body['label']} was not planned",
        body={**body, "codes": sorted({one.code for one in findings if one.blocks})},
        now=now,
    )


@operation
def mark_sample_taken(
    *,
    actor: Actor,
    license_id: int,
    sample_id: int,
    video_reference: str,
    taken_at: datetime | None = None,
    now: datetime,
) -> None:
    """Witness that the laboratory's employee drew the sample, on video (CA-BT-10).

    :raises SampleIsElsewhere: if it was taken already
    :raises InvalidInput: if no video is named, or it was taken later than now
    """
    access.require(actor, Permission.SAMPLE_TAKE, license_id=license_id)
    sample = _locked_sample(license_id, sample_id)
    if sample.state != SampleState.PLANNED:
        raise SampleIsElsewhere(f"The sample is {sample.state.replace('_', ' ').lower()}.")
    if not video_reference.strip():
        raise InvalidInput(
            field="video_reference", value=video_reference, way_out="Name the recording."
        )
    if taken_at is not None and taken_at > now:
        raise InvalidInput(
            field="taken_at", value=taken_at.isoformat(), way_out="Give a moment that has passed."
        )
    sample.state, sample.taken_at = SampleState.TAKEN, taken_at or now
    sample.witnessed_by_id = person_id(actor)
    sample.save(update_fields=["state", "taken_at", "witnessed_by"])
    ledger.append(
        type=EventType.SAMPLE_TAKEN,
        subject=f"sample:{sample.pk}",
        actor=actor,
        reason=f"{sample.sampled_by} drew the sample {sample.label}",
        body={"label": sample.label, "video": video_reference.strip()},
        state_before=SampleState.PLANNED,
        state_after=sample.state,
        now=now,
    )


@operation
def hand_over_sample(
    *,
    actor: Actor,
    license_id: int,
    sample_id: int,
    handed_to: str,
    seal_number: str,
    condition: str,
    handed_at: datetime | None = None,
    now: datetime,
) -> None:
    """Record one link of the chain of custody: to whom, under which seal, in what condition.

    :raises SampleIsElsewhere: if the sample was not taken, or has its result
    :raises InvalidInput: if a field is blank
    """
    access.require(actor, Permission.SAMPLE_TAKE, license_id=license_id)
    sample = _locked_sample(license_id, sample_id)
    if sample.state not in (SampleState.TAKEN, SampleState.AT_LAB):
        raise SampleIsElsewhere(f"The sample is {sample.state.replace('_', ' ').lower()}.")
    for field, value in (
        ("handed_to", handed_to),
        ("seal_number", seal_number),
        ("condition", condition),
    ):
        if not value.strip():
            raise InvalidInput(field=field, value=value, way_out="The chain has no gaps: fill it.")
    ledger.append(
        type=EventType.SAMPLE_HANDED_OVER,
        subject=f"sample:{sample.pk}",
        actor=actor,
        reason=f"Handed to {handed_to.strip()}, seal {seal_number.strip()}, {condition.strip()}",
        body={
            "label": sample.label,
            "seal": seal_number.strip(),
            "handed_at": (handed_at or now).isoformat(),
        },
        now=now,
    )


def _locked_sample(license_id: int, sample_id: int) -> LabSample:
    sample = (
        LabSample.objects.select_for_update().filter(license_id=license_id, id=sample_id).first()
    )
    if sample is None:
        raise NotFound("There is no such sample here.")
    return sample
