from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from glassbox.rules.clocks import (
    certificate_expires_on,
    correction_due_at,
    elapsed_text,
    entry_lateness,
    escalation_level,
)
from glassbox.rules.heartbeat import Colour, HeartbeatFacts, lights
from glassbox.rules.production_balance import LabelCount, balance_of, content_of
from glassbox.rules.quantities import EACH, GRAMS, UnitsDiffer, quantity
from tests.unit.rules.story import NOON


def grams(*amounts: str) -> list[Any]:
    return [quantity(amount, GRAMS) for amount in amounts]


def test_the_distillation_of_s01_balances_exactly() -> None:
    balance = balance_of(
        inputs=grams("5000", "4000", "3000"),
        outputs=grams("8400"),
        samples=[],
        waste=grams("3564"),
        loss=grams("36"),
    )
    assert balance.is_exact
    assert balance.percent_of_inputs(balance.outputs) == Decimal("70.00")
    assert balance.percent_of_inputs(balance.loss) == Decimal("0.30")
    assert balance.text() == ("12,000 g in = 8,400 g out + 0 g samples + 3,564 g waste + 36 g loss")


def test_the_filling_of_s01_balances_units_against_grams() -> None:
    carts = content_of(quantity(4000, EACH), quantity("1.000", GRAMS))
    balance = balance_of(
        inputs=grams("3731", "281"), outputs=[carts], samples=[], waste=grams("12"), loss=[]
    )
    assert balance.is_exact
    assert balance.percent_of_inputs(balance.waste) == Decimal("0.30")
    with pytest.raises(ValueError, match="not counted"):
        content_of(quantity(1, GRAMS), quantity(1, GRAMS))


@pytest.mark.parametrize(("loss", "difference"), [("35.999", "0.001"), ("36.001", "-0.001")])
def test_a_thousandth_of_a_gram_is_a_difference(loss: str, difference: str) -> None:
    balance = balance_of(
        inputs=grams("12000"),
        outputs=grams("8400"),
        samples=[],
        waste=grams("3564"),
        loss=grams(loss),
    )
    assert not balance.is_exact
    assert balance.difference == quantity(difference, GRAMS)
    assert f"{difference} g unexplained" in balance.text()


def test_a_balance_of_mixed_units_or_of_nothing_is_refused() -> None:
    with pytest.raises(UnitsDiffer):
        balance_of(inputs=grams("1"), outputs=[quantity(1, EACH)], samples=[], waste=[], loss=[])
    with pytest.raises(ValueError, match="without inputs"):
        balance_of(inputs=[], outputs=[], samples=[], waste=[], loss=[])


def test_the_4050_labels_of_s01_are_accounted_for() -> None:
    count = LabelCount(issued=4050, applied=4000, destroyed=38, returned=12)
    assert count.unaccounted == 0
    assert count.text() == "4,050 issued = 4,000 applied + 38 destroyed + 12 returned"
    assert replace(count, destroyed=37).unaccounted == 1


@pytest.mark.parametrize(
    ("issued", "expires"),
    [
        (date(2025, 11, 10), date(2026, 11, 10)),
        (date(2024, 2, 29), date(2025, 2, 28)),
        (date(2023, 2, 28), date(2024, 2, 28)),
        (date(2025, 12, 31), date(2026, 12, 31)),
    ],
)
def test_twelve_months_end_on_the_same_calendar_day(issued: date, expires: date) -> None:
    assert certificate_expires_on(issued) == expires


def test_s16_receiving_was_entered_52_minutes_late() -> None:
    received = datetime(2026, 11, 3, 16, 10, tzinfo=UTC)
    entered = datetime(2026, 11, 4, 17, 2, tzinfo=UTC)
    lateness = entry_lateness(occurred_at=received, recorded_at=entered)
    assert lateness.is_late
    assert lateness.text() == "52 min late"
    assert elapsed_text(entered - received) == "24 h 52 min"
    on_time = entry_lateness(occurred_at=received, recorded_at=received + timedelta(hours=24))
    assert not on_time.is_late
    assert on_time.text() == "in time"


def test_s16_the_correction_is_due_three_days_after_discovery() -> None:
    found = datetime(2026, 11, 5, 9, tzinfo=UTC)
    assert correction_due_at(found) == datetime(2026, 11, 8, 9, tzinfo=UTC)


def test_an_open_entry_escalates_at_12_20_and_23_hours() -> None:
    levels = [
        escalation_level(occurred_at=NOON, now=NOON + timedelta(hours=hours))
        for hours in (11, 12, 19, 20, 22, 23, 30)
    ]
    assert levels == [0, 1, 1, 2, 2, 3, 3]


CALM = HeartbeatFacts(
    now=NOON,
    read_at=NOON,
    tagged_count=3,
    untagged_count=0,
    open_entry_count=0,
    late_entry_count=0,
    oldest_open_entry_at=None,
    unmanifested_count=0,
    departed_without_count=0,
    reconciled_at=NOON - timedelta(days=10),
    opened_at=NOON - timedelta(days=400),
)
TAGGED, ENTRIES, MANIFESTS, RECONCILED = range(4)


def test_a_calm_licence_has_four_green_lights() -> None:
    assert [light.colour for light in lights(CALM)] == [Colour.GREEN] * 4
    assert [light.key for light in lights(CALM)] == [
        "tagged_inventory",
        "entry_24_hours",
        "manifest_before_movement",
        "reconciliation_30_days",
    ]


@pytest.mark.parametrize(
    ("which", "changes", "colour"),
    [
        (TAGGED, {"untagged_count": 1}, Colour.RED),
        (TAGGED, {"read_at": None}, Colour.GREY),
        (ENTRIES, {"open_entry_count": 2, "late_entry_count": 1}, Colour.RED),
        (
            ENTRIES,
            {"open_entry_count": 2, "oldest_open_entry_at": NOON - timedelta(hours=12)},
            Colour.AMBER,
        ),
        (
            ENTRIES,
            {"open_entry_count": 2, "oldest_open_entry_at": NOON - timedelta(hours=11)},
            Colour.GREEN,
        ),
        (MANIFESTS, {"unmanifested_count": 1}, Colour.AMBER),
        (MANIFESTS, {"unmanifested_count": 1, "departed_without_count": 1}, Colour.RED),
        (RECONCILED, {"reconciled_at": NOON - timedelta(days=25, seconds=1)}, Colour.AMBER),
        (RECONCILED, {"reconciled_at": NOON - timedelta(days=30)}, Colour.AMBER),
        (RECONCILED, {"reconciled_at": NOON - timedelta(days=30, seconds=1)}, Colour.RED),
        (RECONCILED, {"reconciled_at": None}, Colour.RED),
        (
            RECONCILED,
            {"reconciled_at": None, "opened_at": NOON - timedelta(days=2)},
            Colour.GREEN,
        ),
    ],
)
def test_each_light_changes_alone(which: int, changes: dict[str, Any], colour: Colour) -> None:
    burning = lights(replace(CALM, **changes))
    assert burning[which].colour is colour
    others = [light.colour for number, light in enumerate(burning) if number != which]
    assert others == [Colour.GREEN] * 3
    assert burning[which].sentence.endswith(".")
