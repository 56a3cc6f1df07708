"""The list of batches, and one batch with its record and its mass balance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, QuerySet

from glassbox import access
from glassbox.models.production import Batch, BatchState, LabelCount
from glassbox.queries.cursors import Chapter, chapter_ids, in_order
from glassbox.queries.production.facts import closing_facts, operator_ids
from glassbox.rules.actor import Actor
from glassbox.rules.gates import run_gates
from glassbox.rules.gates.production import CLOSE_GATES
from glassbox.rules.permissions import Permission
from glassbox.rules.production_balance import Balance
from glassbox.rules.quantities import quantity
from glassbox.rules.verdicts import Finding, NotFound

ROWS_AT_MOST = 200


@dataclass(frozen=True, kw_only=True)
class BatchRow:
    """One batch in a list."""

    id: int
    license_number: str
    number: str
    product: str
    process: str
    planned: str
    state: str
    opened_by: str
    opened_at: datetime
    verified_by: str
    closed_at: datetime | None
    output_count: int


@dataclass(frozen=True, kw_only=True)
class RecordRow:
    """One entry of the batch record, of whichever kind, in the order it was written."""

    at: datetime
    kind: str
    sentence: str
    amount: str
    label: str
    person: str


@dataclass(frozen=True, kw_only=True)
class BalanceRail:
    """The mass balance as the page shows it beside the record; percents are of the inputs."""

    inputs: str
    outputs: str
    samples: str
    waste: str
    loss: str
    difference: str
    is_exact: bool
    waste_percent: Decimal
    loss_percent: Decimal
    sentence: str


@dataclass(frozen=True, kw_only=True)
class LabelCountRow:
    """What became of the printed labels."""

    issued: int
    applied: int
    destroyed: int
    returned: int
    counted_by: str
    verified_by: str
    counted_at: datetime


@dataclass(frozen=True, kw_only=True)
class BatchActionRow:
    """One regulated action that belongs to a batch."""

    id: int
    kind: str
    state: str
    effect_sentence: str


@dataclass(frozen=True, kw_only=True)
class BatchPage:
    """All that the page of one batch shows; `findings` say what keeps it from closing."""

    row: BatchRow
    protocol_version: str
    label_claim_mg: Decimal | None
    records: tuple[RecordRow, ...]
    balance: BalanceRail | None
    labels: LabelCountRow | None
    actions: tuple[BatchActionRow, ...]
    findings: tuple[Finding, ...]
    may_record: bool
    may_count_labels: bool
    may_verify: bool
    why_not_verify: str
    may_close: bool


def batch_rows(
    *,
    actor: Actor,
    license_ids: tuple[int, ...],
    state: str = "",
    opened_before: datetime | None = None,
) -> tuple[BatchRow, ...]:
    """Return the newest 200 batches, of one state and opened before a time if so asked."""
    with access.reading(actor):
        rows = _rows().filter(license_id__in=license_ids)
        if state:
            rows = rows.filter(state=state)
        if opened_before:
            rows = rows.filter(opened_at__lt=opened_before)
        return tuple(_row(batch) for batch in rows.order_by("-opened_at", "-id")[:ROWS_AT_MOST])


def batch_chapter(*, actor: Actor, license_id: int, state: str, cursor: str) -> Chapter[BatchRow]:
    """Return the next 100 batches of a licence, the newest first.

    :raises InvalidInput: if `cursor` is no place in a list
    """
    with access.reading(actor, license_id=license_id):
        found = Batch.objects.filter(license_id=license_id)
        part = chapter_ids(found.filter(state=state) if state else found, cursor)
        rows = [_row(batch) for batch in _rows().filter(id__in=part.rows)]
        return Chapter(rows=in_order(part.rows, rows), next=part.next)


def batch_page(*, actor: Actor, license_id: int, batch_id: int, now: datetime) -> BatchPage:
    """Return one batch with its record, its balance, and what keeps it from closing.

    :raises NotFound: if this licence has no such batch
    """
    with access.reading(actor, license_id=license_id):
        batch = _rows().filter(license_id=license_id, id=batch_id).first()
        if batch is None:
            raise NotFound("There is no such batch here.")
        facts = closing_facts(batch, now)
        may = access.permissions_at(actor, license_id)
        is_open = batch.state != BatchState.CLOSED
        own_work = actor.user_id in operator_ids(batch)
        return BatchPage(
            row=_row(batch),
            protocol_version=batch.protocol_version,
            label_claim_mg=batch.label_claim_mg,
            records=_records(batch),
            balance=_rail(facts.balance) if facts.balance else None,
            labels=_labels(batch),
            actions=tuple(
                BatchActionRow(
                    id=action.pk,
                    kind=action.kind,
                    state=action.state,
                    effect_sentence=action.effect_sentence,
                )
                for action in batch.actions.order_by("-id")
            ),
            findings=run_gates(CLOSE_GATES, facts) if is_open else (),
            may_record=is_open and Permission.BATCH_RECORD in may,
            may_count_labels=is_open and Permission.LABEL_COUNT in may,
            may_verify=batch.state == BatchState.OPEN
            and Permission.BATCH_VERIFY in may
            and not own_work,
            why_not_verify="You worked on this batch." if own_work else "",
            may_close=is_open and Permission.BATCH_CLOSE in may,
        )


def _rows() -> QuerySet[Batch]:
    return Batch.objects.select_related("license", "opened_by", "verified_by").annotate(
        output_count=Count("outputs")
    )


def _row(batch: Batch) -> BatchRow:
    return BatchRow(
        id=batch.pk,
        license_number=batch.license.number,
        number=batch.number,
        product=batch.product,
        process=batch.process,
        planned=quantity(batch.planned_quantity, batch.unit).text(),
        state=batch.state,
        opened_by=batch.opened_by.name if batch.opened_by else "nobody: it was under way",
        opened_at=batch.opened_at,
        verified_by=batch.verified_by.name if batch.verified_by else "",
        closed_at=batch.closed_at,
        output_count=batch.__dict__["output_count"],
    )


def _rail(balance: Balance) -> BalanceRail:
    return BalanceRail(
        inputs=balance.inputs.text(),
        outputs=balance.outputs.text(),
        samples=balance.samples.text(),
        waste=balance.waste.text(),
        loss=balance.loss.text(),
        difference=balance.difference.text(),
        is_exact=balance.is_exact,
        waste_percent=balance.percent_of_inputs(balance.waste),
        loss_percent=balance.percent_of_inputs(balance.loss),
        sentence=balance.text(),
    )


def _labels(batch: Batch) -> LabelCountRow | None:
    count = (
        LabelCount.objects.filter(batch=batch).select_related("counted_by", "verified_by").first()
    )
    if count is None:
        return None
    return LabelCountRow(
        issued=count.issued,
        applied=count.applied,
        destroyed=count.destroyed,
        returned=count.returned,
        counted_by=count.counted_by.name,
        verified_by=count.verified_by.name,
        counted_at=count.counted_at,
    )


def _records(batch: Batch) -> tuple[RecordRow, ...]:
    rows = [
        RecordRow(
            at=record.occurred_at,
            kind=record.step,
            sentence=record.text,
            amount=_amount(record.quantity, record.unit),
            label="",
            person=record.operator.name,
        )
        for record in batch.records.select_related("operator")
    ]
    rows += [
        RecordRow(
            at=use.recorded_at,
            kind="ingredient",
            sentence=f"{use.material} used"
            + (f", lot {use.supplier_lot}" if use.supplier_lot else ""),
            amount=_amount(use.quantity, use.unit),
            label=use.label,
            person=use.recorded_by.name,
        )
        for use in batch.ingredients.select_related("recorded_by")
    ]
    rows += [
        RecordRow(
            at=output.recorded_at,
            kind="output",
            sentence=f"{output.item_name} made",
            amount=_amount(output.quantity, output.unit),
            label=output.label,
            person=output.recorded_by.name,
        )
        for output in batch.outputs.select_related("recorded_by")
    ]
    rows += [
        RecordRow(
            at=waste.occurred_at,
            kind=waste.kind.lower(),
            sentence=waste.reason,
            amount=_amount(waste.quantity, waste.unit),
            label=waste.label,
            person=waste.performed_by.name,
        )
        for waste in batch.waste.select_related("performed_by")
    ]
    return tuple(sorted(rows, key=lambda row: row.at))


def _amount(value: Decimal | None, unit: str) -> str:
    return "" if value is None or not unit else quantity(value, unit).text()
