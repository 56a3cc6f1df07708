"""SearchHit and Question: what was found, and what every kind of search is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.db.models import Q

HITS_PER_KIND = 20
SHORTEST_TEXT = 3
LAST_CHARACTER = chr(0x10FFFF)


@dataclass(frozen=True, kw_only=True)
class SearchHit:
    """One thing found, at which licence, and where its page is.

    `is_exact`: the text is its whole name or number, not a part of it.
    """

    what: str
    title: str
    detail: str
    license_number: str
    address: str
    is_exact: bool = False
    is_label: bool = False


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is looked for, and in which licences; `numbers` are their numbers by id."""

    text: str
    numbers: dict[int, str]

    @property
    def upper(self) -> str:
        return self.text.upper()

    @property
    def license_ids(self) -> tuple[int, ...]:
        return tuple(self.numbers)

    @property
    def here(self) -> Q:
        """Return the condition that a row belongs to one of the licences."""
        return Q(license_id__in=self.license_ids)

    def is_whole(self, *names: str) -> bool:
        """Return whether the text is one of these names, whatever its case."""
        return self.upper in {name.upper() for name in names}

    def place(self, license_id: int, below: str) -> str:
        """Return the address of a page at a licence."""
        return f"/l/{self.numbers[license_id]}/{below}"


# One kind of search: a fixed number of statements inside the caller's read transaction.
Provider = Callable[[Question], Iterable[SearchHit]]


def begins_or_ends(field: str, text: str) -> Q:
    """Return a condition that a number begins or ends like this, whatever its case."""
    folded = text.upper()
    return begins_with(f"{field}_capitals", folded) | begins_with(f"{field}_reversed", folded[::-1])


def begins_with(field: str, beginning: str) -> Q:
    """Return a condition that is a range of an index, which LIKE is not behind a wall."""
    return Q(**{f"{field}__gte": beginning, f"{field}__lt": beginning + LAST_CHARACTER})
