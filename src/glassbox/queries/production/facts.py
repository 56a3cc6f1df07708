"""What the gates of a batch look at, and where a batch number was made in our company."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Max, Sum
from django.db.models.functions import Abs

from glassbox.models.companies import License
from glassbox.models.packages import MetrcAdjustment, PackageSnapshot
from glassbox.models.production import Batch, BatchOutput, IngredientUse, LabelCount, WasteRecord
from glassbox.queries.gate_facts import license_facts, package_facts
from glassbox.queries.rule_packs import rules_for
from glassbox.rules import production_balance
from glassbox.rules.gates.production import BatchFacts, PlannedInput
from glassbox.rules.production_balance import Balance, balance_of, content_of
from glassbox.rules.quantities import Quantity, Unit, quantity

LOSS, SAMPLE = "LOSS", "SAMPLE"


def opening_facts(
    *,
    license: License,
    number: str,
    protocol_version: str,
    planned: Quantity,
    inputs: tuple[PlannedInput, ...],
    now: datetime,
) -> BatchFacts:
    """Return what the gates look at before a batch opens, inside the caller's transaction."""
    return BatchFacts(
        acting=license_facts(license),
        packages=package_facts(license.pk, [one.label for one in inputs]),
        checked_at=now,
        rules=rules_for(license),
        batch_number=number,
        number_in_use=Batch.objects.filter(license=license, number=number).exists(),
        protocol_version=protocol_version,
        protocol_is_approved=protocol_version in license.policy.get("approved_protocols", []),
        planned_units=planned if planned.unit.is_count else None,
        planned_inputs=inputs,
    )


def closing_facts(batch: Batch, now: datetime) -> BatchFacts:
    """Return what the gates look at before a batch closes, inside the caller's transaction."""
    count = LabelCount.objects.filter(batch=batch).first()
    return BatchFacts(
        acting=license_facts(batch.license),
        packages=(),
        checked_at=now,
        rules=rules_for(batch.license),
        batch_number=batch.number,
        number_in_use=False,
        protocol_version=batch.protocol_version,
        protocol_is_approved=True,
        planned_units=None,
        planned_inputs=(),
        operator_ids=operator_ids(batch),
        verifier_id=batch.verified_by_id,
        balance=balance_of_batch(batch),
        label_count=None
        if count is None
        else production_balance.LabelCount(
            issued=count.issued,
            applied=count.applied,
            destroyed=count.destroyed,
            returned=count.returned,
        ),
        made_units=made_units(batch),
        unseen_in_metrc=unseen_in_metrc(batch),
    )


def operator_ids(batch: Batch) -> frozenset[int]:
    """Return everybody who worked on a batch; none of them may verify or release it."""
    hands: set[int] = set() if batch.opened_by_id is None else {batch.opened_by_id}
    hands.update(batch.records.values_list("operator_id", flat=True))
    hands.update(batch.ingredients.values_list("recorded_by_id", flat=True))
    hands.update(batch.outputs.values_list("recorded_by_id", flat=True))
    hands.update(batch.waste.values_list("performed_by_id", flat=True))
    hands.update(LabelCount.objects.filter(batch=batch).values_list("counted_by_id", flat=True))
    return frozenset(hands)


def made_units(batch: Batch) -> Quantity | None:
    """Return how many units came out of a batch, None if nothing was counted."""
    counted = [one for one in map(_amount, batch.outputs.all()) if one.unit.is_count]
    if not counted:
        return None
    total = counted[0]
    for one in counted[1:]:
        total = total + one
    return total


def balance_of_batch(batch: Batch) -> Balance | None:
    """Return both sides of a batch, None while nothing went in.

    What the batch made and used again itself, such as a bulk oil on its way into units, is
    neither an input nor an output of it.

    :raises UnitsDiffer: if its parts are not all in the unit of its first input
    """
    uses = list(batch.ingredients.order_by("id"))
    made = list(batch.outputs.order_by("id"))
    own = {output.label for output in made}
    inputs = [_amount(use) for use in uses if use.label not in own]
    if not inputs:
        return None
    outputs = [_content(output, inputs[0].unit) for output in made]
    outputs += [-_amount(use) for use in uses if use.label in own]
    waste = list(batch.waste.order_by("id"))
    return balance_of(
        inputs=inputs,
        outputs=outputs,
        samples=[_amount(one) for one in waste if one.kind == SAMPLE],
        waste=[_amount(one) for one in waste if one.kind not in {LOSS, SAMPLE}],
        loss=[_amount(one) for one in waste if one.kind == LOSS],
    )


def _amount(row: IngredientUse | BatchOutput | WasteRecord) -> Quantity:
    return quantity(row.quantity, row.unit)


def _content(output: BatchOutput, unit: Unit) -> Quantity:
    """Return what an output holds: units by their net content, in the unit of the inputs."""
    amount = _amount(output)
    if output.net_content is None:
        return amount
    return content_of(amount, quantity(output.net_content, unit))


def unseen_in_metrc(batch: Batch) -> tuple[str, ...]:
    """Name the outputs, waste and loss of a batch that METRC does not show (corrections 10).

    An output is shown by a package of its tag; waste by METRC's adjustments of the package it
    left, or by a package of waste with that tag.
    """
    labels = {*batch.outputs.values_list("label", flat=True)}
    missing = [f"output {label}" for label in sorted(labels - _seen(batch.license_id, labels))]
    wasted: dict[str, Decimal] = {}
    for row in batch.waste.all():
        wasted[row.label] = wasted.get(row.label, Decimal(0)) + row.quantity
    adjusted = _adjusted(batch.license_id, wasted)
    packaged = _largest(batch.license_id, set(wasted) - labels - _ingredients(batch))
    for label, amount in sorted(wasted.items()):
        if max(adjusted.get(label, Decimal(0)), packaged.get(label, Decimal(0))) < amount:
            shown = quantity(amount, batch.waste.filter(label=label)[0].unit).text()
            missing.append(f"{shown} of waste or loss{f' of {label}' if label else ''}")
    return tuple(missing)


def _ingredients(batch: Batch) -> set[str]:
    return set(batch.ingredients.values_list("label", flat=True))


def _seen(license_id: int, labels: set[str]) -> set[str]:
    return set(
        PackageSnapshot.objects.filter(
            license_id=license_id, package__label__in=labels
        ).values_list("package__label", flat=True)
    )


def _adjusted(license_id: int, labels: Iterable[str]) -> dict[str, Decimal]:
    rows = (
        MetrcAdjustment.objects.filter(license_id=license_id, label__in=list(labels))
        .values("label")
        .annotate(total=Sum(Abs("quantity")))
    )
    return {row["label"]: row["total"] for row in rows}


def _largest(license_id: int, labels: set[str]) -> dict[str, Decimal]:
    rows = (
        PackageSnapshot.objects.filter(license_id=license_id, package__label__in=labels)
        .values("package__label")
        .annotate(most=Max("quantity"))
    )
    return {row["package__label"]: row["most"] for row in rows}


@dataclass(frozen=True, kw_only=True)
class BatchOrigin:
    """What our company's own batch record says of a batch number; empty for bought goods."""

    maker_ids: frozenset[int]
    label_claim_mg: Decimal | None
    is_ours: bool


def batch_origin_in_reading(license_id: int, batch_number: str) -> BatchOrigin:
    """Return who in the company of a licence made a batch, at whichever of its licences.

    For the system's reading alone, before a transaction: the distributor's reviewer may not look
    into the manufacturer's records, but whether they worked on them decides QA-13.
    """
    company_id = License.objects.values_list("company_id", flat=True).get(id=license_id)
    batches = list(Batch.objects.filter(company_id=company_id, number=batch_number))
    makers: set[int] = set()
    for batch in batches:
        makers |= operator_ids(batch)
    claims = {batch.label_claim_mg for batch in batches if batch.label_claim_mg is not None}
    return BatchOrigin(
        maker_ids=frozenset(makers),
        label_claim_mg=claims.pop() if len(claims) == 1 else None,
        is_ours=bool(batches),
    )
