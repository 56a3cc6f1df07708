"""Unit and Quantity: exact amounts that always carry their unit."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from glassbox.rules.verdicts import InvalidInput, Refused


class QuantityType(StrEnum):
    """Name METRC's kinds of unit, by METRC's own words."""

    COUNT = "CountBased"
    WEIGHT = "WeightBased"
    VOLUME = "VolumeBased"


@dataclass(frozen=True, kw_only=True)
class Unit:
    """Hold one unit of measure by METRC's name ("Grams") and its abbreviation ("g")."""

    name: str
    abbreviation: str
    quantity_type: QuantityType

    @property
    def is_count(self) -> bool:
        """Return whether amounts of this unit are whole things."""
        return self.quantity_type is QuantityType.COUNT

    def __str__(self) -> str:
        return self.name


def _unit(name: str, abbreviation: str, quantity_type: QuantityType) -> Unit:
    return Unit(name=name, abbreviation=abbreviation, quantity_type=quantity_type)


# METRC's own count unit reads "Each"; on our screens a count is so many units.
EACH = _unit("Each", "units", QuantityType.COUNT)
GRAMS = _unit("Grams", "g", QuantityType.WEIGHT)
MILLIGRAMS = _unit("Milligrams", "mg", QuantityType.WEIGHT)
KILOGRAMS = _unit("Kilograms", "kg", QuantityType.WEIGHT)
OUNCES = _unit("Ounces", "oz", QuantityType.WEIGHT)
POUNDS = _unit("Pounds", "lb", QuantityType.WEIGHT)
FLUID_OUNCES = _unit("Fluid Ounces", "fl oz", QuantityType.VOLUME)
GALLONS = _unit("Gallons", "gal", QuantityType.VOLUME)
LITERS = _unit("Liters", "l", QuantityType.VOLUME)
MILLILITERS = _unit("Milliliters", "ml", QuantityType.VOLUME)
PINTS = _unit("Pints", "pt", QuantityType.VOLUME)

UNITS: dict[str, Unit] = {
    unit.name: unit
    for unit in (
        *(EACH, GRAMS, MILLIGRAMS, KILOGRAMS, OUNCES, POUNDS),
        *(FLUID_OUNCES, GALLONS, LITERS, MILLILITERS, PINTS),
    )
}

SMALLEST_PART = Decimal("0.001")
_NUMBER = re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d+)(\.\d+)?|[+-]?\.\d+", re.ASCII)


class UnitsDiffer(Refused):
    """Say that two amounts of different units cannot be put together."""

    code = "quantity.units-differ"


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """Hold an exact amount with its unit; never a float, never without a unit."""

    value: Decimal
    unit: Unit

    def __post_init__(self) -> None:
        if not isinstance(self.value, Decimal):
            kind = type(self.value).__name__
            raise TypeError(f"a quantity is made of a Decimal, not of {kind}")
        if not self.value.is_finite():
            raise ValueError("a quantity is a finite number")

    def __add__(self, other: Quantity) -> Quantity:
        self._refuse_mixing(other, "added")
        return Quantity(value=self.value + other.value, unit=self.unit)

    def __sub__(self, other: Quantity) -> Quantity:
        self._refuse_mixing(other, "subtracted")
        return Quantity(value=self.value - other.value, unit=self.unit)

    def __neg__(self) -> Quantity:
        return Quantity(value=-self.value, unit=self.unit)

    def __abs__(self) -> Quantity:
        return Quantity(value=abs(self.value), unit=self.unit)

    def __lt__(self, other: Quantity) -> bool:
        self._refuse_mixing(other, "compared")
        return self.value < other.value

    def __le__(self, other: Quantity) -> bool:
        self._refuse_mixing(other, "compared")
        return self.value <= other.value

    def __gt__(self, other: Quantity) -> bool:
        return other < self

    def __ge__(self, other: Quantity) -> bool:
        return other <= self

    @property
    def is_zero(self) -> bool:
        """Return whether nothing is there."""
        return self.value == 0

    @property
    def is_negative(self) -> bool:
        """Return whether the amount lies below zero."""
        return self.value < 0

    def text(self) -> str:
        """Return the amount as people read it: "3,988 g", "-0.125 g", "4,000 units"."""
        return f"{number_text(self.value)} {self.unit.abbreviation}"

    def __str__(self) -> str:
        return self.text()

    def _refuse_mixing(self, other: Quantity, verb: str) -> None:
        if self.unit.name != other.unit.name:
            raise UnitsDiffer(
                f"{self.text()} and {other.text()} cannot be {verb}: their units differ."
            )


def number_text(value: Decimal) -> str:
    """Return a number with thousands separated and no idle zeros: "12,000", "0.3"."""
    shown = f"{value:,f}"
    if "." in shown:
        shown = shown.rstrip("0").rstrip(".")
    return "0" if shown in {"-0", ""} else shown


def quantity(value: str | int | Decimal, unit: Unit | str) -> Quantity:
    """Return a quantity from exact input; a unit may be given by METRC's name.

    :raises InvalidInput: if METRC has no such unit
    """
    exact = value if isinstance(value, Decimal) else Decimal(value)
    return Quantity(value=exact, unit=unit if isinstance(unit, Unit) else unit_named(unit))


def unit_named(name: str) -> Unit:
    """Return METRC's unit of that exact name.

    :raises InvalidInput: if METRC has no such unit
    """
    try:
        return UNITS[name]
    except KeyError:
        raise InvalidInput(
            field="unit", value=name, way_out=f"Use one of: {', '.join(UNITS)}."
        ) from None


def parse(text: str, unit: Unit | str, *, field: str = "quantity") -> Quantity:
    """Read an amount a person typed, such as "3,988" or "0.125".

    Counts are whole, other units go to 0.001, nothing is rounded and nothing is negative.

    :raises InvalidInput: naming the field, what was typed and the way out
    """
    exact_unit = unit if isinstance(unit, Unit) else unit_named(unit)
    typed = text.strip()
    if not _NUMBER.fullmatch(typed):
        raise InvalidInput(field=field, value=text, way_out="Type a number such as 3,988.5.")
    value = Decimal(typed.replace(",", ""))
    if value < 0:
        raise InvalidInput(field=field, value=text, way_out="Type zero or more.")
    if exact_unit.is_count and value != value.to_integral_value():
        raise InvalidInput(
            field=field, value=text, way_out="Units are counted whole: type a whole number."
        )
    if value != value.quantize(SMALLEST_PART):
        raise InvalidInput(
            field=field, value=text, way_out=f"Give at most 0.001 {exact_unit.abbreviation}."
        )
    return Quantity(value=value, unit=exact_unit)


def sum_of(quantities: Iterable[Quantity], *, unit: Unit) -> Quantity:
    """Return the exact sum; zero of `unit` if there is nothing to add.

    :raises UnitsDiffer: if one of them has another unit
    """
    total = Quantity(value=Decimal(0), unit=unit)
    for one in quantities:
        total = total + one
    return total
