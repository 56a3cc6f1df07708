"""Chapter: one part of a list by id, newest first; rows that come meanwhile shift nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db.models import QuerySet

from glassbox.rules.verdicts import InvalidInput

ROWS_PER_CHAPTER = 100
LARGEST_ID = 2**63 - 1

Row = TypeVar("Row")


@dataclass(frozen=True, kw_only=True)
class Chapter(Generic[Row]):
    """Some rows, and from where the next ones are asked for; empty after the last."""

    rows: tuple[Row, ...]
    next: str


def chapter_ids(rows: QuerySet[Any], cursor: str) -> Chapter[int]:
    """Return the next 100 ids of a list, in the caller's read transaction.

    :raises InvalidInput: if `cursor` is no place in a list
    """
    if cursor and not (cursor.isascii() and cursor.isdecimal() and int(cursor) <= LARGEST_ID):
        raise InvalidInput(
            field="cursor", value=cursor, way_out="Give what stood in `next`, or leave it out."
        )
    after = rows.filter(id__lt=int(cursor)) if cursor else rows
    ids = list(after.order_by("-id").values_list("id", flat=True)[: ROWS_PER_CHAPTER + 1])
    shown = ids[:ROWS_PER_CHAPTER]
    return Chapter(rows=tuple(shown), next=str(shown[-1]) if len(ids) > len(shown) else "")


def in_order(ids: Sequence[int], rows: Sequence[Row]) -> tuple[Row, ...]:
    """Return rows in the order of their ids."""
    place = {one: number for number, one in enumerate(ids)}
    return tuple(sorted(rows, key=lambda row: place[row.id]))  # type: ignore[attr-defined]
