"""SamplingFacts and every rule that can stop a laboratory sample."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from glassbox.rules.gates.facts import GateFacts, LicenseFacts
from glassbox.rules.quantities import EACH, Quantity, number_text, sum_of
from glassbox.rules.rule_lines import RuleMissing, Rules, threshold, threshold_text
from glassbox.rules.verdicts import Finding


@dataclass(frozen=True, kw_only=True)
class SamplingFacts(GateFacts):
    """Hold one planned sample of one production batch; `packages` are those lying here.

    `batch_labels` are all packages of the batch anywhere, `source_labels` those the sample is
    drawn from; `is_final_form` and `is_labelled` are attested by the person who plans.
    """

    batch_number: str
    batch_labels: frozenset[str]
    source_labels: frozenset[str]
    sample: Quantity
    laboratory: LicenseFacts
    is_final_form: bool
    is_labelled: bool
    is_research: bool = False

    @property
    def batch_size(self) -> Quantity:
        """Return the counted units of the batch that lie here, by METRC."""
        counted = [package.metrc.quantity for package in self.packages if package.metrc]
        return sum_of((one for one in counted if one.unit.is_count), unit=EACH)


def least_increments(units: Decimal, rules: Rules) -> int:
    """Return how many units a sample of a batch of that size needs at least (CA-BT-04).

    :raises RuleMissing: if no pack holds the table, or the batch is larger than its last row
    """
    for row in threshold_text(rules, "CA-BT-04", "increments").split(","):
        most, increments = row.split(":")
        if units <= Decimal(most):
            return int(increments)
    raise RuleMissing(f"CA-BT-04 has no row for a batch of {number_text(units)} units.")


def distributor_arranges_it(facts: SamplingFacts) -> Iterator[Finding]:
    """Block compliance sampling under any licence but a distributor's (CA-LIC-07)."""
    if not facts.is_research and facts.acting.kind not in ("DISTRIBUTION", "MICROBUSINESS"):
        yield from facts.broken(
            "CA-LIC-07",
            code="sampling.not-distributor",
            subject=facts.acting.number,
            message=f"{facts.acting.number} is no distributor and cannot arrange testing.",
            fix="Transfer the batch to the distributor, who arranges the test.",
        )


def laboratory_may_test(facts: SamplingFacts) -> Iterator[Finding]:
    """Block when the chosen licence is no active laboratory (CA-LIC-12)."""
    laboratory = facts.laboratory
    if laboratory.kind == "LABORATORY" and laboratory.is_active:
        return
    problem = "is not active" if laboratory.kind == "LABORATORY" else "is no laboratory"
    yield from facts.broken(
        "CA-LIC-11",
        code="sampling.laboratory",
        subject=laboratory.number,
        message=f"{laboratory.number} {problem}.",
        fix="Choose an active licensed laboratory.",
    )


def whole_batch_is_here(facts: SamplingFacts) -> Iterator[Finding]:
    """Block unless every package of the batch is active at the distributor (CA-BT-06)."""
    here = {
        package.label
        for package in facts.packages
        if package.metrc is not None and package.metrc.seen_in == "ACTIVE"
    }
    for label in sorted(facts.batch_labels - here):
        yield from facts.broken(
            "CA-BT-06",
            code="sampling.batch-not-whole",
            subject=label,
            message=f"{label} of batch {facts.batch_number} is not active at {facts.acting.number}."
            " The whole batch must be here before it is sampled.",
            fix="Receive the rest of the batch first.",
        )


def every_package_is_a_source(facts: SamplingFacts) -> Iterator[Finding]:
    """Block when a package of the batch is no source: it would stay NotSubmitted (CA-BT-20)."""
    for label in sorted(facts.batch_labels - facts.source_labels):
        yield from facts.broken(
            "CA-BT-20",
            code="sampling.not-a-source",
            subject=label,
            message=f"The sample is not drawn from {label}, so its result would not reach it.",
            fix="Draw the sample from every package of the batch.",
        )


def batch_is_not_too_large(facts: SamplingFacts) -> Iterator[Finding]:
    """Block sampling a product batch of more than 150,000 units (CA-BT-02)."""
    most = threshold(facts.rules, "CA-BT-02", "most_units")
    size = facts.batch_size
    if size.value > most:
        yield from facts.broken(
            "CA-BT-02",
            code="sampling.batch-too-large",
            subject=facts.batch_number,
            message=f"Batch {facts.batch_number} has {size.text()}; the limit is "
            f"{number_text(most)}.",
            fix="A larger batch cannot be tested as one; ask compliance.",
        )


def sample_is_large_enough(facts: SamplingFacts) -> Iterator[Finding]:
    """Block a sample below the table's increments (CA-BT-04)."""
    size = facts.batch_size
    if not facts.sample.unit.is_count or size.is_zero:
        return
    if size.value > threshold(facts.rules, "CA-BT-02", "most_units"):
        return
    least = least_increments(size.value, facts.rules)
    if facts.sample.value < least:
        yield from facts.broken(
            "CA-BT-04",
            code="sampling.too-small",
            subject=facts.batch_number,
            message=f"A batch of {size.text()} needs at least {least} units; "
            f"{facts.sample.text()} are planned.",
            fix=f"Take {least} units or more.",
        )


def goods_are_in_final_form(facts: SamplingFacts) -> Iterator[Finding]:
    """Block sampling goods that are not packaged and labelled as for retail (CA-BT-07)."""
    if facts.is_research or (facts.is_final_form and facts.is_labelled):
        return
    missing = "in final form" if not facts.is_final_form else "labelled as for retail"
    yield from facts.broken(
        "CA-BT-07",
        code="sampling.not-final-form",
        subject=facts.batch_number,
        message=f"Batch {facts.batch_number} is not {missing}.",
        fix="Finish packaging and labelling before sampling.",
    )


SAMPLING_GATES = (
    distributor_arranges_it,
    laboratory_may_test,
    whole_batch_is_here,
    every_package_is_a_source,
    batch_is_not_too_large,
    sample_is_large_enough,
    goods_are_in_final_form,
)
