"""What people rightly do in METRC's own pages, and our book only hears of by the next read."""

from __future__ import annotations

from decimal import Decimal

from glassbox.cli.demo_brand import MAKER, MOVER
from tests.differences.errands import CARTS, LOCATIONS, OIL
from tests.differences.traffic import Traffic

REASONS = ("Scale Variance", "Waste", "Loss")


def adjust_by_hand(street: Traffic) -> None:
    """Somebody corrects a weight in METRC's page."""
    for good in street.pick(MAKER, OIL, 1, at_least=200):
        street.desk.do(
            "adjust",
            licenseNumber=MAKER,
            label=good.label,
            quantity=street.chance.choice([-4, -2.5, -1, 2]),
            reason=street.chance.choice(REASONS),
        )
        _tell(street, MAKER, good.label)


def split_by_hand(street: Traffic) -> None:
    """Somebody divides a package in METRC's page, often the larger part of it."""
    for good in street.pick(MAKER, OIL, 1, at_least=100):
        child = street.tag(MAKER)
        part = float(good.quantity // Decimal(street.chance.choice([2, 3, 10])))
        street.desk.do(
            "create-package",
            licenseNumber=MAKER,
            Tag=child,
            Item=OIL,
            Quantity=part,
            UnitOfMeasure="Grams",
            ActualDate=street.today,
            Ingredients=[{"Package": good.label, "Quantity": part, "UnitOfMeasure": "Grams"}],
        )
        _tell(street, MAKER, good.label, child)


def _tell(street: Traffic, number: str, *labels: str) -> None:
    street.done["changes in METRC's pages"] += 1
    for label in labels:
        street.edited[number][label] = street.now()
    street.breathe(number)


def move_by_hand(street: Traffic) -> None:
    """Somebody moves a package in METRC's page; no book differs by that."""
    number, item = street.chance.choice([(MAKER, OIL), (MOVER, CARTS)])
    for good in street.pick(number, item, 1, at_least=1):
        street.desk.do(
            "move",
            licenseNumber=number,
            Label=good.label,
            Location=street.chance.choice(LOCATIONS[number]),
            MoveDate=street.today,
        )
        street.done["moves in METRC's pages"] += 1
        street.breathe(number)


def hold(street: Traffic) -> None:
    """The State flags a package for a while."""
    for good in street.pick(MAKER, OIL, 1):
        street.flagged.add(f"state-hold:{good.label}")
        street.desk.do("hold", label=good.label, kind="hold", on=True)
        street.read(MAKER)
        street.wait(street.chance.randint(60, 600))
        street.desk.do("hold", label=good.label, kind="hold", on=False)
        street.done["State holds"] += 1
        street.read(MAKER)
