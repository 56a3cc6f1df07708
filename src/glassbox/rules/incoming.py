"""What to do with a package at the door: received whole with what was found, or rejected whole."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from glassbox.rules.quantities import Quantity, number_text

# The grounds on which a part of a shipment may be rejected (CA-MF-07).
REJECT_REASONS = (
    "quantity differs from invoice",
    "damaged in transport",
    "label not compliant",
    "past its expiry date",
    "missing from the delivery",
)


class IncomingVerdict(StrEnum):
    """Name the two things that can become of a package; there is no third (CA-MF-06)."""

    ACCEPT = "ACCEPT"
    REJECT = "REJECT"


@dataclass(frozen=True, kw_only=True)
class IncomingAdvice:
    """Hold the advice on one package; `received` is what to enter in METRC, None if rejected."""

    verdict: IncomingVerdict
    received: Quantity | None
    reject_reason: str
    difference: Quantity
    difference_percent: Decimal
    sentence: str


def advise(*, shipped: Quantity, found: Quantity, tolerance_percent: Decimal) -> IncomingAdvice:
    """Return what to do when `found` was weighed or counted against `shipped` on the manifest.

    Weights and volumes may differ up to the tolerance, the limit itself included; counted
    units must agree exactly. METRC cannot receive part of a package (CA-MF-06).

    :raises UnitsDiffer: if both are not in one unit
    """
    difference = found - shipped
    percent = _percent(difference, shipped)
    allowed = Decimal(0) if shipped.unit.is_count else tolerance_percent
    # Compared by cross-multiplying: a rounded percentage must not decide.
    is_within = abs(difference.value) * 100 <= allowed * shipped.value and not found.is_zero
    shown = f"{found.text()} found of {shipped.text()} shipped ({_signed(percent)} %)"
    if is_within:
        return IncomingAdvice(
            verdict=IncomingVerdict.ACCEPT,
            received=found,
            reject_reason="",
            difference=difference,
            difference_percent=percent,
            sentence=f"{shown}: accept with {found.text()}.",
        )
    return IncomingAdvice(
        verdict=IncomingVerdict.REJECT,
        received=None,
        reject_reason=REJECT_REASONS[4] if found.is_zero else REJECT_REASONS[0],
        difference=difference,
        difference_percent=percent,
        sentence=f"{shown}, more than the {number_text(allowed)} % allowed: reject it whole.",
    )


def _percent(difference: Quantity, shipped: Quantity) -> Decimal:
    if shipped.is_zero:
        return Decimal(0) if difference.is_zero else Decimal(100)
    percent = difference.value * 100 / shipped.value
    return percent.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def _signed(percent: Decimal) -> str:
    return f"+{number_text(percent)}" if percent > 0 else number_text(percent)
