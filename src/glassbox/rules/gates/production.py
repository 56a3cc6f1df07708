"""BatchFacts and every rule that can stop a batch from opening or closing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from glassbox.rules.gates import Gate
from glassbox.rules.gates.facts import GateFacts
from glassbox.rules.gates.packages import PACKAGE_GATES
from glassbox.rules.production_balance import Balance, LabelCount
from glassbox.rules.quantities import Quantity, number_text
from glassbox.rules.rule_lines import threshold
from glassbox.rules.verdicts import Finding


@dataclass(frozen=True, kw_only=True)
class PlannedInput:
    """Hold how much of one package a batch is to use."""

    label: str
    quantity: Quantity


@dataclass(frozen=True, kw_only=True)
class BatchFacts(GateFacts):
    """Hold one batch; `packages` are its METRC inputs. The second half is known at the close.

    `number_in_use` says another batch has the number. `planned_units` is None for a batch that
    is weighed. `made_units` is the count of units the labels were for. `unseen_in_metrc` names
    outputs, waste or loss that METRC does not show yet (corrections 10).
    """

    batch_number: str
    number_in_use: bool
    protocol_version: str
    protocol_is_approved: bool
    planned_units: Quantity | None
    planned_inputs: tuple[PlannedInput, ...]
    operator_ids: frozenset[int] = frozenset()
    verifier_id: int | None = None
    balance: Balance | None = None
    label_count: LabelCount | None = None
    made_units: Quantity | None = None
    unseen_in_metrc: tuple[str, ...] = ()


def number_is_new(facts: BatchFacts) -> Iterator[Finding]:
    """Block a batch number that another batch has (CA-BT-01)."""
    if facts.number_in_use:
        yield from facts.broken(
            "CA-BT-01",
            code="batch.number-in-use",
            subject=facts.batch_number,
            message=f"Batch number {facts.batch_number} is in use.",
            fix="Give the batch a number of its own.",
        )


def protocol_is_approved(facts: BatchFacts) -> Iterator[Finding]:
    """Ask for an approved master protocol before a batch starts (CA-MP-01)."""
    if not facts.protocol_version or not facts.protocol_is_approved:
        shown = facts.protocol_version or "none"
        yield from facts.broken(
            "CA-MP-01",
            code="batch.protocol",
            subject=facts.batch_number,
            message=f"The protocol version ({shown}) has no approval.",
            fix="Name a protocol version that is approved.",
        )


def batch_is_not_too_large(facts: BatchFacts) -> Iterator[Finding]:
    """Block planning more than 150,000 units in one batch (CA-BT-02)."""
    most = threshold(facts.rules, "CA-BT-02", "most_units")
    if facts.planned_units is not None and facts.planned_units.value > most:
        yield from facts.broken(
            "CA-BT-02",
            code="batch.too-large",
            subject=facts.batch_number,
            message=f"{facts.planned_units.text()} are planned; the limit is {number_text(most)}.",
            fix="Split the plan into batches.",
        )


def stock_covers_plan(facts: BatchFacts) -> Iterator[Finding]:
    """Block a plan that uses more than METRC shows in its packages (CA-MP-03, scenario S02)."""
    by_label = {package.label: package.metrc for package in facts.packages}
    for planned in facts.planned_inputs:
        metrc = by_label.get(planned.label)
        if metrc is not None and metrc.quantity.unit.name == planned.quantity.unit.name:
            if planned.quantity <= metrc.quantity:
                continue
            there = metrc.quantity.text()
        else:
            there = metrc.quantity.text() if metrc is not None else "nothing"
        yield from facts.broken(
            "CA-MP-03",
            code="batch.not-enough-stock",
            subject=planned.label,
            message=f"{planned.quantity.text()} of {planned.label} are planned; METRC shows "
            f"{there}.",
            fix="Plan the batch again with the stock there is.",
        )


def verifier_is_another(facts: BatchFacts) -> Iterator[Finding]:
    """Block closing without a second person who verified (CA-MP-02)."""
    if facts.verifier_id is not None and facts.verifier_id not in facts.operator_ids:
        return
    problem = "Nobody verified" if facts.verifier_id is None else "Who made it also verified"
    yield from facts.broken(
        "CA-MP-02",
        code="batch.not-verified",
        subject=facts.batch_number,
        message=f"{problem} batch {facts.batch_number}.",
        fix="Let a second person verify weighings and steps.",
    )


def balance_is_exact(facts: BatchFacts) -> Iterator[Finding]:
    """Block closing while a remainder is unexplained, to the smallest unit (CA-MP-03)."""
    if facts.balance is not None and facts.balance.is_exact:
        return
    shown = facts.balance.text() if facts.balance else "nothing was recorded"
    yield from facts.broken(
        "CA-MP-03",
        code="batch.balance",
        subject=facts.batch_number,
        message=f"Batch {facts.batch_number} does not balance: {shown}.",
        fix="Record the missing output, sample, waste or loss, with its reason.",
    )


def labels_are_accounted_for(facts: BatchFacts) -> Iterator[Finding]:
    """Block closing unless issued = applied + destroyed + returned, and applied = units made."""
    if facts.made_units is None:
        return
    count = facts.label_count
    if count is None:
        message = f"The labels of batch {facts.batch_number} are not counted."
    elif count.unaccounted != 0:
        unit = "label is" if abs(count.unaccounted) == 1 else "labels are"
        message = f"{count.text()}: {abs(count.unaccounted)} {unit} unaccounted for."
    elif count.applied != facts.made_units.value:
        message = f"{count.applied:,} labels were applied to {facts.made_units.text()}."
    else:
        return
    yield from facts.broken(
        "LB-COUNT",
        code="batch.labels",
        subject=facts.batch_number,
        message=message,
        fix="Count the labels again and find the missing ones.",
    )


def metrc_shows_everything(facts: BatchFacts) -> Iterator[Finding]:
    """Block closing while METRC lacks an output, waste or loss of the batch (corrections 10)."""
    for what in facts.unseen_in_metrc:
        yield from facts.broken(
            "CA-TT-02",
            code="batch.not-in-metrc",
            subject=facts.batch_number,
            message=f"METRC does not show {what} of batch {facts.batch_number} yet.",
            fix="Send its action to METRC and wait until a read shows it.",
        )


OPEN_GATES: tuple[Gate[BatchFacts], ...] = (
    number_is_new,
    protocol_is_approved,
    batch_is_not_too_large,
    *PACKAGE_GATES,
    stock_covers_plan,
)
CLOSE_GATES: tuple[Gate[BatchFacts], ...] = (
    verifier_is_another,
    balance_is_exact,
    labels_are_accounted_for,
    metrc_shows_everything,
)
