"""A tile: one number of the home page, and the list that it is the length of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Min, QuerySet


@dataclass(frozen=True, kw_only=True)
class Tile:
    """One number with its list. `since` is the oldest of what is counted, `day` when it is due;
    `at_least` says that there are more than are counted."""

    name: str
    count: int
    address: str
    since: datetime | None = None
    day: date | None = None
    note: str = ""
    at_least: bool = False
    is_warning: bool = False


def tile_of(rows: QuerySet[Any], field: str, name: str, address: str) -> Tile:
    """Return the tile of some rows, inside a read transaction; `field` is since when they wait."""
    found = rows.order_by().aggregate(number=Count("pk"), oldest=Min(field))
    return Tile(name=name, count=found["number"], address=address, since=found["oldest"])
