"""Builds a world of a size: closed seasons over the past years, open ones of the last weeks."""

from __future__ import annotations

import random
from dataclasses import dataclass

from metrc_simulator.records import KINDS, Record
from metrc_simulator.worlds.cast import Ground, build_cast
from metrc_simulator.worlds.demo.build import demo_cast, open_fleet
from metrc_simulator.worlds.demo.diary import Diary
from metrc_simulator.worlds.sized.press import Press, cast_rows, numbers_used
from metrc_simulator.worlds.sized.season import make_season

# A closed season lies at least this far back: none of its days touches an open one.
_DAYS_BACK_AT_LEAST = 45
_COUNTERS = ("manifest", "receipt", "lab_result")


@dataclass(frozen=True)
class Size:
    """How much a world holds: active packages, historic ones, over how many days."""

    active: int
    historic: int
    days: int


def build_sized(ground: Ground, size: Size) -> None:
    """Fill an empty store; the same seed and the same moment make the same rows."""
    chance = random.Random(ground.seed)
    past, present = make_season(ground, is_closed=True), make_season(ground, is_closed=False)
    historic = sum(row.kind == "packages" and row.list_name == "inactive" for row in past)
    active = sum(row.kind == "packages" and row.list_name == "active" for row in present)
    closed, opened = -(-size.historic // historic), -(-size.active // active)
    build_cast(ground, demo_cast())
    open_fleet(Diary(ground, ground.now))
    days = (
        sorted(
            (_DAYS_BACK_AT_LEAST + chance.randrange(size.days) for _ in range(closed)), reverse=True
        )
        + [0] * opened
    )
    press = Press((past, present))
    for rows, copies in ((past, range(closed)), (present, range(closed, closed + opened))):
        _cast(ground, press, rows, copies, days)
    ground.store.keep_molds(press.parts, days)
    for counter in _COUNTERS:
        ground.store.keep_setting(counter, str(numbers_used(closed + opened)))


def _cast(ground: Ground, press: Press, rows: list[Record], copies: range, days: list[int]) -> None:
    for kind in KINDS:
        molds = [press.mold(row) for row in rows if row.kind == kind]
        if molds:
            ground.store.add_casts(kind, cast_rows(press, molds, copies, days))
