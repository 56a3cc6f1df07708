"""Rows of large worlds: a mold says once what many rows share, a row keeps which copy it is.

A season of goods is made once by the laws and cast many times; each cast has its own tags, ids,
numbers and days. A stored row of a cast is nine bytes instead of four thousand.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

_STORED = struct.Struct(">BII")
_MARK = 1
# What a part of a mold does with the number of the copy and the days it lies back.
NUMBER, TAG, TEN_DIGITS, DAY, MICROSECONDS, NAME = range(6)

Part = str | Sequence[Any]


def stored_cast(mold_id: int, copy: int) -> bytes:
    """Return what is stored for a row of a cast."""
    return _STORED.pack(_MARK, mold_id, copy)


def is_cast(stored: bytes) -> bool:
    """Return whether a stored row is one of a cast, and not whole JSON."""
    return stored[:1] == b"\x01"


@lru_cache(maxsize=65_536)
def _shifted(day: str, days: int) -> str:
    return (date.fromisoformat(day) - timedelta(days=days)).isoformat()


def _moving(part: Sequence[Any], copy: int, days: int) -> str:
    kind, value = part[0], part[1]
    if kind == DAY:
        return _shifted(value, days)
    if kind == TAG:
        return f"{value}{part[2] + copy * part[3]:09d}"
    if kind == NUMBER:
        return str(value + copy * part[2])
    if kind == MICROSECONDS:
        return f"{value + copy:06d}"
    if kind == TEN_DIGITS:
        return f"{value + copy * part[2]:010d}"
    return f"{value}-{copy:05d}"


def render(parts: Sequence[Part], copy: int, days: int) -> str:
    """Return the text of one copy, `days` earlier than the mold."""
    return "".join(one if isinstance(one, str) else _moving(one, copy, days) for one in parts)


class _Mold:
    """A mold ready for casting: its texts in a list, and the places to fill, days apart.

    A page has twenty rows, and this is what it spends most of its time with.
    """

    def __init__(self, parts: Sequence[Part]) -> None:
        self._texts = [one if isinstance(one, str) else "" for one in parts]
        moving = [(place, one) for place, one in enumerate(parts) if not isinstance(one, str)]
        self._days = [(place, one[1]) for place, one in moving if one[0] == DAY]
        self._others = [(place, one) for place, one in moving if one[0] != DAY]

    def cast(self, copy: int, days: int) -> bytes:
        """Return the JSON of one copy."""
        texts = self._texts.copy()
        for place, day in self._days:
            texts[place] = _shifted(day, days)
        for place, part in self._others:
            texts[place] = _moving(part, copy, days)
        return "".join(texts).encode()


class Molds:
    """The molds of one state file, and how many days each copy lies back."""

    def __init__(self, molds: Mapping[int, Sequence[Part]], days: Sequence[int]) -> None:
        self._molds = {number: _Mold(parts) for number, parts in molds.items()}
        self._days = days

    def whole(self, stored: bytes) -> bytes:
        """Return the JSON of a stored row, cast or whole."""
        if not is_cast(stored):
            return stored
        _, mold_id, copy = _STORED.unpack(stored)
        return self._molds[mold_id].cast(copy, self._days[copy])
