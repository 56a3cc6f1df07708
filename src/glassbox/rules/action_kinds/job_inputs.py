"""What a processing job takes out of packages, and how a look recognises that it was taken."""

from __future__ import annotations

from dataclasses import dataclass

from glassbox.rules.action_kinds.facts import FactReader
from glassbox.rules.action_kinds.kind import (
    Change,
    Judgement,
    absent,
    applied,
    cannot_tell,
    different,
    tail,
)
from glassbox.rules.action_kinds.payloads import Body, number
from glassbox.rules.action_kinds.reading import Reading
from glassbox.rules.quantities import Quantity
from glassbox.rules.verdicts import InvalidInput

INPUTS_AT_MOST = 200


@dataclass(frozen=True, kw_only=True)
class Used:
    """Hold how much a job takes of one package."""

    label: str
    quantity: Quantity

    @property
    def body(self) -> Body:
        """Return METRC's line for it."""
        return {
            "Label": self.label,
            "Quantity": number(self.quantity.value),
            "UnitOfMeasure": self.quantity.unit.name,
        }


def read_inputs(reader: FactReader) -> tuple[Used, ...]:
    """Return the packages a job takes from, each once.

    :raises InvalidInput: if there is none, one stands twice, or a quantity is not above zero
    """
    used = []
    for row in reader.rows("packages", at_most=INPUTS_AT_MOST):
        row.only("label", "quantity", "unit")
        used.append(Used(label=row.tag("label"), quantity=row.positive_amount()))
    labels = [one.label for one in used]
    if len(set(labels)) != len(labels):
        raise InvalidInput(field="packages", value=labels, way_out="Name every package once.")
    return tuple(used)


def input_changes(used: tuple[Used, ...], preimage: Reading | None) -> tuple[Change, ...]:
    """Return the before/after lines of what leaves the packages."""
    lines = []
    for one in used:
        seen = preimage.package(one.label) if preimage else None
        lines.append(
            Change(
                subject=one.label,
                field="quantity",
                before=seen.quantity.text() if seen else "-",
                after=(
                    (seen.quantity - one.quantity).text()
                    if seen and seen.quantity.unit == one.quantity.unit
                    else f"{one.quantity.text()} less"
                ),
            )
        )
    return tuple(lines)


def judge_consumption(
    used: tuple[Used, ...], preimage: Reading | None, reading: Reading
) -> Judgement:
    """Return whether exactly the inputs left their packages, nothing did, or something else.

    Without a pre-image, or with amounts in another unit than the package's, nothing is proven.
    """
    taken, untouched = [], []
    for one in used:
        seen = reading.package(one.label)
        was = preimage.package(one.label) if preimage else None
        if seen is None or was is None or seen.quantity.unit != one.quantity.unit:
            return cannot_tell(
                f"The quantity of {tail(one.label)} before and now could not both be read."
            )
        if seen.quantity == was.quantity - one.quantity:
            taken.append(one.label)
        elif seen.quantity == was.quantity:
            untouched.append(one.label)
        else:
            return different(
                f"METRC shows {tail(one.label)} at {seen.quantity.text()}: neither the "
                f"{was.quantity.text()} before nor {one.quantity.text()} less."
            )
    if not untouched:
        return applied(f"METRC shows what was taken gone from {len(taken)} packages.")
    if taken:
        return different(f"METRC took only part: {tail(untouched[0])} is untouched.")
    return absent("METRC shows every input untouched.")
