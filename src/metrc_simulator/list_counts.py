"""How many rows a window of a list holds: asked for every page, counted in SQL only if it must be."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from typing import Any

from metrc_simulator.records import KINDS, Query

# Above so many rows, a list is counted by SQL: its moments would cost more than they spare.
_MOMENTS_AT_MOST = 20_000
_COUNTS_AT_MOST = 10_000


class ListCounts:
    """Keeps the moments of each list until a row of its kind changes.

    `moments` reads at most so many LastModified of a whole list in order; `count` counts in SQL,
    which costs ten times the page itself.
    """

    def __init__(
        self, moments: Callable[[Query, int], list[int]], count: Callable[[Query], int]
    ) -> None:
        self._read_moments, self._count_in_sql = moments, count
        self._moments: dict[str, dict[Any, list[int]]] = {kind: {} for kind in KINDS}
        self._counts: dict[str, dict[Any, int]] = {kind: {} for kind in KINDS}
        self._large: set[Any] = set()

    def forget(self, kind: str) -> None:
        """Forget what was counted of a kind: a row of it may have changed."""
        self._moments[kind].clear()
        self._counts[kind].clear()

    def forget_all(self) -> None:
        """Forget everything, which lists are large too."""
        self._large.clear()
        for kind in KINDS:
            self.forget(kind)

    def count(self, query: Query) -> int:
        """Return how many rows the window holds now."""
        whole = (query.license_number, query.list_name, query.mark, query.parent)
        if (query.kind, whole) in self._large:
            return self._count_large(query, whole)
        moments = self._moments[query.kind].get(whole)
        if moments is None:
            moments = self._read_moments(Query(query.kind, *whole), _MOMENTS_AT_MOST + 1)
            if len(moments) > _MOMENTS_AT_MOST:
                self._large.add((query.kind, whole))
                return self._count_large(query, whole)
            self._moments[query.kind][whole] = moments
        first = 0 if query.start is None else bisect_left(moments, query.start)
        last = len(moments) if query.end is None else bisect_right(moments, query.end)
        return max(last - first, 0)

    def _count_large(self, query: Query, whole: Any) -> int:
        # The pages of one window are asked for one after another.
        counts, asked = self._counts[query.kind], (whole, query.start, query.end)
        if asked not in counts:
            if len(counts) >= _COUNTS_AT_MOST:
                counts.clear()
            counts[asked] = self._count_in_sql(query)
        return counts[asked]
