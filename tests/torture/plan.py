"""Which cells are played: all of a grid, or a seeded choice in which every point and fault has a part."""

from __future__ import annotations

import random
from itertools import cycle, product

from tests.torture.cells import CLASSES, CRASHES, FAULTS, LOOK_POINTS, UNSENT_POINTS

Cell = tuple[str, str, str, int]
# What a person does by hand is only looked at; what was done before a send is never sent.
BY_HAND_CRASHES = ("none", *(f"kill -9 {point}" for point in LOOK_POINTS))
MEANWHILE_CRASHES = (
    *("none", "kill -9 before_look"),
    *(f"kill -9 {point}" for point in UNSENT_POINTS),
)


def crashes_of(class_name: str) -> tuple[str, ...]:
    """Return the crash points on the way of a class."""
    return {"by hand": BY_HAND_CRASHES, "by hand meanwhile": MEANWHILE_CRASHES}.get(
        class_name, CRASHES
    )


def grid() -> list[Cell]:
    """Return every crash point by every fault for one kind of each class."""
    return [
        (class_name, crash, fault, 1)
        for class_name in CLASSES
        for crash, fault in product(crashes_of(class_name), FAULTS)
    ]


def seeded(seed: int, count: int) -> list[Cell]:
    """Return `count` cells in which every crash point and every fault occurs where it can."""
    chance = random.Random(seed)
    cells: list[Cell] = []
    faults = cycle(chance.sample(FAULTS, len(FAULTS)))
    for crash in CRASHES:
        class_name = chance.choice([name for name in CLASSES if crash in crashes_of(name)])
        cells.append((class_name, crash, next(faults), chance.choice((1, 1, 2))))
    for crash in MEANWHILE_CRASHES:
        cells.append(("by hand meanwhile", crash, next(faults), 1))
    while len(cells) < count:
        class_name = chance.choice(list(CLASSES))
        crash = chance.choice(crashes_of(class_name))
        cells.append((class_name, crash, next(faults), chance.choice((1, 1, 2))))
    chance.shuffle(cells)
    return cells[:count]
