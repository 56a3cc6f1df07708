"""Balance and LabelCount: what went in must be what came out, exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from glassbox.rules.quantities import Quantity, number_text, sum_of


@dataclass(frozen=True, kw_only=True)
class Balance:
    """Hold both sides of a batch in the batch's own unit (CA-MP-03).

    Outputs counted in units come in here as units times net content, see `content_of`.
    """

    inputs: Quantity
    outputs: Quantity
    samples: Quantity
    waste: Quantity
    loss: Quantity

    @property
    def accounted(self) -> Quantity:
        """Return outputs, samples, waste and loss together."""
        return self.outputs + self.samples + self.waste + self.loss

    @property
    def difference(self) -> Quantity:
        """Return what is unexplained: positive is missing, negative came from nowhere."""
        return self.inputs - self.accounted

    @property
    def is_exact(self) -> bool:
        """Return whether nothing at all is unexplained."""
        return self.difference.is_zero

    def text(self) -> str:
        """Return the equation with its numbers, as printed on the batch record."""
        parts = (
            f"{self.inputs.text()} in = {self.outputs.text()} out + {self.samples.text()} samples "
            f"+ {self.waste.text()} waste + {self.loss.text()} loss"
        )
        return parts if self.is_exact else f"{parts} + {self.difference.text()} unexplained"

    def percent_of_inputs(self, part: Quantity) -> Decimal:
        """Return a part in percent of the inputs, to 0.01; zero inputs give zero."""
        if self.inputs.is_zero:
            return Decimal(0)
        percent = (part.value * 100) / self.inputs.value
        return percent.quantize(Decimal("0.01"))


def balance_of(
    *,
    inputs: Sequence[Quantity],
    outputs: Sequence[Quantity],
    samples: Sequence[Quantity],
    waste: Sequence[Quantity],
    loss: Sequence[Quantity],
) -> Balance:
    """Return the balance of a batch; all in one unit, which the first input sets.

    :raises UnitsDiffer: if the parts are not all in that unit
    :raises ValueError: if there is no input
    """
    if not inputs:
        raise ValueError("a batch without inputs has no balance")
    unit = inputs[0].unit
    return Balance(
        inputs=sum_of(inputs, unit=unit),
        outputs=sum_of(outputs, unit=unit),
        samples=sum_of(samples, unit=unit),
        waste=sum_of(waste, unit=unit),
        loss=sum_of(loss, unit=unit),
    )


def content_of(units: Quantity, net_content: Quantity) -> Quantity:
    """Return the mass or volume in counted units: 4,000 units of 1 g hold 4,000 g."""
    if not units.unit.is_count:
        raise ValueError(f"{units.text()} is not counted")
    return Quantity(value=units.value * net_content.value, unit=net_content.unit)


@dataclass(frozen=True, kw_only=True)
class LabelCount:
    """Hold what became of the printed labels of one batch."""

    issued: int
    applied: int
    destroyed: int
    returned: int

    @property
    def unaccounted(self) -> int:
        """Return how many labels nobody can tell the fate of; negative is too many."""
        return self.issued - self.applied - self.destroyed - self.returned

    def text(self) -> str:
        """Return the equation with its numbers."""
        issued, applied, destroyed, returned = (
            number_text(Decimal(count))
            for count in (self.issued, self.applied, self.destroyed, self.returned)
        )
        return f"{issued} issued = {applied} applied + {destroyed} destroyed + {returned} returned"
