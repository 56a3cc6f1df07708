"""Manufacturing in the demo: crude oil in, distillate, formulated oil and carts out."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from metrc_simulator.laws import adjustments, packages
from metrc_simulator.laws.creation import create_package
from metrc_simulator.laws.tags import next_tag
from metrc_simulator.records import Record
from metrc_simulator.worlds.demo import roads
from metrc_simulator.worlds.demo.diary import (
    CRUDE,
    DISTILLATE,
    MFG,
    OIL,
    SUP,
    Diary,
    grams,
)

# One order of crude oil: package, tails and loss of each; what is left becomes distillate.
_CRUDE = (("5000", "1485", "15"), ("4000", "1188", "12"), ("3000", "891", "9"))


@dataclass(frozen=True)
class Recipe:
    """One batch of carts: distillate taken, oil made with terpenes, filling waste, units."""

    item: str
    prefix: str
    distillate: Decimal
    oil: Decimal
    waste: Decimal
    units: int


def order_crude(diary: Diary, week: int) -> tuple[Record, list[str]]:
    """Let the supplier send one order of crude oil; returns the transfer and the labels."""
    labels = [
        roads.stock(diary, SUP, CRUDE, quantity, f"SUP-{week + 41:03d}")
        for quantity, _, _ in _CRUDE
    ]
    return roads.send(diary, SUP, roads.request(diary, SUP, MFG, labels)), labels


def distill(diary: Diary, week: int, crude: list[str]) -> str:
    """Distil the crude: tails and loss are adjusted out first, so what goes in comes out."""
    taken: list[tuple[str, Decimal]] = []
    for label, (quantity, tails, loss) in zip(crude, _CRUDE, strict=True):
        adjust(diary, label, -grams(tails), "Waste", f"Tails of PB-D-{101 + week}.")
        adjust(diary, label, -grams(loss), "Loss", f"Loss in the still, PB-D-{101 + week}.")
        taken.append((label, grams(quantity) - grams(tails) - grams(loss)))
    total = sum((quantity for _, quantity in taken), Decimal(0))
    made = make(diary, DISTILLATE, total, "Grams", taken, batch=f"PB-D-{101 + week}")
    for label in crude:
        finish(diary, label)
    return made


def fill(diary: Diary, week: int, distillate: str, recipe: Recipe) -> str:
    """Formulate oil and fill carts of it; returns the label of the carts."""
    number = f"{recipe.prefix}-{201 + week}"
    oil = make(
        diary, OIL, recipe.oil, "Grams", [(distillate, recipe.distillate)], batch=f"{number}-OIL"
    )
    adjust(diary, oil, -recipe.waste, "Waste", f"Filling waste of {number}.")
    carts = make(
        diary,
        recipe.item,
        Decimal(recipe.units),
        "Each",
        [(oil, recipe.oil - recipe.waste)],
        batch=number,
        location="Packing Room",
    )
    finish(diary, oil)
    return carts


def portion(diary: Diary, distillate: str, jars: tuple[str, ...]) -> list[str]:
    """Put distillate into jars for the vault; one gives a gram to the quality bench."""
    made = [
        make(diary, DISTILLATE, grams(jar), "Grams", [(distillate, grams(jar))]) for jar in jars
    ]
    adjust(diary, made[0], grams("-1.000"), "Quality Control", "Retained by the quality bench.")
    return made


def make(
    diary: Diary,
    item: str,
    quantity: Decimal,
    unit: str,
    taken: list[tuple[str, Decimal]],
    batch: str | None = None,
    location: str = "Vault",
) -> str:
    """Make a package at the manufacturer from grams of others; returns its label."""
    act = diary.act(MFG, "Ana" if batch else "Cy")
    label = next_tag(act)
    body = {
        "Tag": label,
        "Item": item,
        "Quantity": quantity,
        "UnitOfMeasure": unit,
        "ActualDate": diary.day,
        "Location": location,
        "IsProductionBatch": batch is not None,
        "ProductionBatchNumber": batch,
        "Ingredients": [
            {"Package": source, "Quantity": amount, "UnitOfMeasure": "Grams"}
            for source, amount in taken
        ],
    }
    create_package(act, body)
    return label


def adjust(diary: Diary, label: str, change: Decimal, reason: str, note: str) -> None:
    """Adjust a package of the manufacturer by a signed quantity in its own unit."""
    act = diary.act(MFG, "Ana")
    adjustments.adjust_by(act, adjustment(diary, act.package(label).body, change, reason, note))


def adjustment(
    diary: Diary, package: dict[str, object], change: Decimal, reason: str, note: str
) -> dict[str, object]:
    """Return the body of an adjustment."""
    return {
        "Label": package["Label"],
        "Quantity": change,
        "UnitOfMeasure": package["UnitOfMeasureName"],
        "AdjustmentReason": reason,
        "AdjustmentDate": diary.day,
        "ReasonNote": note,
    }


def finish(diary: Diary, label: str) -> None:
    """Finish an empty package of the manufacturer."""
    packages.finish(diary.act(MFG, "Ana"), {"Label": label, "ActualDate": diary.day})


def move(diary: Diary, license_number: str, user_name: str, label: str, location: str) -> None:
    """Move a package to a location."""
    packages.move(
        diary.act(license_number, user_name),
        {"Label": label, "Location": location, "MoveDate": diary.day},
    )
