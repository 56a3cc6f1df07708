"""Open a batch: plan what it makes out of which packages, against the stock METRC shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from glassbox import access
from glassbox.audit import ledger
from glassbox.audit.event_types import EventType
from glassbox.models.companies import License
from glassbox.models.production import Batch, BatchRecord, BatchState
from glassbox.operations.person import person_id
from glassbox.operations.transaction import operation
from glassbox.queries.production.facts import opening_facts
from glassbox.rules.action_kinds.facts import FactReader
from glassbox.rules.actor import Actor
from glassbox.rules.gates import is_blocked, run_gates
from glassbox.rules.gates.production import OPEN_GATES, BatchFacts, PlannedInput
from glassbox.rules.permissions import Permission
from glassbox.rules.quantities import Quantity, quantity
from glassbox.rules.verdicts import Finding, InvalidInput, Refused

INPUTS_AT_MOST = 200


class BatchBlocked(Refused):
    """A gate says no. The attempt stays in the ledger; every reason is in the findings."""

    code = "batch.blocked"


def open_batch(
    *,
    actor: Actor,
    license_id: int,
    number: str,
    product: str,
    process: str,
    protocol_version: str,
    planned_quantity: Decimal,
    unit: str,
    planned_inputs: Sequence[Mapping[str, object]],
    label_claim_mg: Decimal | None = None,
    now: datetime,
) -> int:
    """Open a batch and return its id; each planned input is `{label, quantity, unit}`.

    :raises InvalidInput: naming the field that cannot be used
    :raises BatchBlocked: if the number is taken, a package is held or not here, or METRC shows
        less of it than planned; the attempt stays in the ledger
    """
    for field, value in (("number", number), ("product", product), ("process", process)):
        if not value.strip():
            raise InvalidInput(field=field, value=value, way_out="Give it a name.")
    planned = quantity(planned_quantity, unit)
    if planned.value <= 0:
        raise InvalidInput(
            field="planned_quantity", value=planned.value, way_out="Plan more than zero."
        )
    batch_id, findings = _open_batch(
        actor=actor,
        license_id=license_id,
        number=number.strip(),
        product=product.strip(),
        process=process.strip(),
        protocol_version=protocol_version.strip(),
        planned=planned,
        inputs=_read_inputs(planned_inputs),
        label_claim_mg=label_claim_mg,
        now=now,
    )
    if batch_id is None:
        raise BatchBlocked(f"Batch {number} cannot be opened as planned.", findings=findings)
    return batch_id


def _read_inputs(rows: Sequence[Mapping[str, object]]) -> tuple[PlannedInput, ...]:
    inputs = []
    for row in FactReader({"planned_inputs": list(rows)}).rows(
        "planned_inputs", at_most=INPUTS_AT_MOST
    ):
        row.only("label", "quantity", "unit")
        inputs.append(PlannedInput(label=row.tag("label"), quantity=row.positive_amount()))
    labels = [one.label for one in inputs]
    if len(set(labels)) != len(labels):
        raise InvalidInput(field="planned_inputs", value=labels, way_out="Name every package once.")
    return tuple(inputs)


@operation
def _open_batch(
    *,
    actor: Actor,
    license_id: int,
    number: str,
    product: str,
    process: str,
    protocol_version: str,
    planned: Quantity,
    inputs: tuple[PlannedInput, ...],
    label_claim_mg: Decimal | None,
    now: datetime,
) -> tuple[int | None, tuple[Finding, ...]]:
    access.require(actor, Permission.BATCH_OPEN, license_id=license_id)
    license = License.objects.select_for_update().get(id=license_id)
    facts = opening_facts(
        license=license,
        number=number,
        protocol_version=protocol_version,
        planned=planned,
        inputs=inputs,
        now=now,
    )
    findings = run_gates(OPEN_GATES, facts)
    if is_blocked(findings):
        _remember_blocked(actor, facts, findings, now)
        return None, findings
    batch = Batch.objects.create(
        company_id=license.company_id,
        license=license,
        number=number,
        product=product,
        process=process,
        protocol_version=protocol_version,
        planned_quantity=planned.value,
        unit=planned.unit.name,
        label_claim_mg=label_claim_mg,
        state=BatchState.OPEN,
        opened_by_id=person_id(actor),
        opened_at=now,
    )
    _write_plan(actor, batch, facts, findings, now)
    return batch.pk, findings


def _write_plan(
    actor: Actor, batch: Batch, facts: BatchFacts, findings: tuple[Finding, ...], now: datetime
) -> None:
    for one in facts.planned_inputs:
        BatchRecord.objects.create(
            company_id=batch.company_id,
            license_id=batch.license_id,
            batch=batch,
            step="plan",
            text=f"Planned out of {one.label}",
            quantity=one.quantity.value,
            unit=one.quantity.unit.name,
            operator_id=person_id(actor),
            occurred_at=now,
            recorded_at=now,
        )
    ledger.append(
        type=EventType.BATCH_OPENED,
        subject=f"batch:{batch.pk}",
        actor=actor,
        reason=f"Batch {batch.number} of {batch.product} was opened",
        body={
            "number": batch.number,
            "planned": _planned_body(facts),
            "protocol": batch.protocol_version,
            "warnings": sorted({finding.code for finding in findings}),
        },
        state_after=batch.state,
        now=now,
    )


def _remember_blocked(
    actor: Actor, facts: BatchFacts, findings: tuple[Finding, ...], now: datetime
) -> None:
    ledger.append(
        type=EventType.BATCH_BLOCKED,
        subject=f"batch:{facts.batch_number}",
        actor=actor,
        reason=f"Batch {facts.batch_number} was not opened",
        body={
            "moment": "open",
            "planned": _planned_body(facts),
            "codes": sorted({finding.code for finding in findings if finding.blocks}),
        },
        now=now,
    )


def _planned_body(facts: BatchFacts) -> list[list[str]]:
    return [[one.label, str(one.quantity.value)] for one in facts.planned_inputs]
