from decimal import Decimal

import pytest

from glassbox.rules.quantities import (
    EACH,
    GRAMS,
    KILOGRAMS,
    Quantity,
    UnitsDiffer,
    parse,
    quantity,
    sum_of,
    unit_named,
)
from glassbox.rules.verdicts import InvalidInput


def test_sums_and_differences_are_exact() -> None:
    tenth = quantity("0.1", GRAMS)
    assert tenth + tenth + tenth == quantity("0.3", GRAMS)
    assert quantity("12000", GRAMS) - quantity("8400", GRAMS) == quantity("3600", GRAMS)


@pytest.mark.parametrize("value", [1.5, 3, "4"])
def test_anything_but_a_decimal_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        Quantity(value=value, unit=GRAMS)  # type: ignore[arg-type]


def test_a_quantity_is_finite() -> None:
    with pytest.raises(ValueError, match="finite"):
        Quantity(value=Decimal("NaN"), unit=GRAMS)


def test_units_are_never_mixed() -> None:
    grams, kilograms, units = (quantity(1, unit) for unit in (GRAMS, KILOGRAMS, EACH))
    with pytest.raises(UnitsDiffer):
        grams + kilograms
    with pytest.raises(UnitsDiffer):
        grams - units
    with pytest.raises(UnitsDiffer):
        assert grams < kilograms
    assert grams != kilograms


def test_equal_amounts_compare_equal_however_they_are_written() -> None:
    assert quantity("3988", GRAMS) == quantity("3988.000", GRAMS)
    assert quantity("3", GRAMS) < quantity("4", GRAMS) <= quantity("4.0", GRAMS)
    assert quantity("5", GRAMS) > quantity("4", GRAMS) >= quantity("4.0", GRAMS)


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        ("3988", GRAMS, "3,988 g"),
        ("3988.500", GRAMS, "3,988.5 g"),
        ("-0.125", GRAMS, "-0.125 g"),
        ("4E+3", EACH, "4,000 units"),
        ("100", EACH, "100 units"),
        ("-0.000", GRAMS, "0 g"),
    ],
)
def test_amounts_are_shown_with_their_unit(value: str, unit: object, shown: str) -> None:
    assert quantity(value, unit).text() == shown  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("typed", "value"), [("3,988", "3988"), (" 0.125 ", "0.125"), ("1,234,567.5", "1234567.5")]
)
def test_what_people_type_is_read(typed: str, value: str) -> None:
    assert parse(typed, GRAMS) == quantity(value, GRAMS)


@pytest.mark.parametrize(
    "typed", ["", "12 g", "1,23", "1e3", "NaN", "-5", "0.1234", "٣", "1.2.3", "12,34.5"]
)
def test_what_cannot_be_an_amount_is_refused_with_the_field(typed: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        parse(typed, GRAMS, field="weight")
    assert refusal.value.field == "weight"
    assert refusal.value.way_out


def test_half_a_unit_is_refused() -> None:
    with pytest.raises(InvalidInput, match="whole"):
        parse("3.5", EACH)
    assert parse("3.0", EACH) == quantity(3, EACH)


def test_an_unknown_unit_names_those_there_are() -> None:
    assert unit_named("Grams") is GRAMS
    with pytest.raises(InvalidInput, match="Grams"):
        unit_named("grams")


def test_the_sum_of_nothing_is_zero_and_of_mixed_units_is_refused() -> None:
    assert sum_of([], unit=GRAMS) == quantity(0, GRAMS)
    assert sum_of([quantity(5000, GRAMS), quantity(4000, GRAMS)], unit=GRAMS).text() == "9,000 g"
    with pytest.raises(UnitsDiffer):
        sum_of([quantity(1, EACH)], unit=GRAMS)
