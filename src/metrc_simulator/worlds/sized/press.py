"""Casting a season: molds made of its rows, and the rows of as many copies as are wanted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from metrc_simulator.molds import (
    DAY,
    MICROSECONDS,
    NAME,
    NUMBER,
    TAG,
    TEN_DIGITS,
    Part,
    render,
    stored_cast,
)
from metrc_simulator.records import KINDS, Record
from metrc_simulator.store import CastRow
from metrc_simulator.wire import encode
from metrc_simulator.worlds.sized.season import SETUP

DAY_MICROSECONDS = 86_400 * 1_000_000
# Every kind has room for this many ids; together they stay within 31 bits.
_IDS_PER_KIND = 30_000_000
_IDS_PER_KIND_OF_A_SEASON = 100_000
_TAGS_PER_COPY = 1_000
_NUMBERS_PER_COPY = 1_000
_COUNTED = {"LabTestResultId", "result_id"}
_TEXT = re.compile(
    r"(?P<tag>(?:1A4|1a4)[0-9A-Fa-f]{12}[0-9]{9})"
    r"|(?P<day>(?!0001)[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"|(?<=\.)(?P<micro>[0-9]{6})(?=\+00:00)"
    r"|(?P<batch>(?:PB|SUP)-[A-Z0-9]+(?:-[A-Z0-9]+)*)"
    r"|^(?P<number>[0-9]{10})$"
)
_PLACE = re.compile(r'"?@@(\d+)@@"?')


@dataclass(frozen=True)
class Mold:
    """One row of a season, ready for casting."""

    row: Record
    body_id: int
    facts_id: int
    label: list[Part]

    def label_of(self, copy: int, days: int) -> str:
        """Return the label of one copy, as it is looked up: in small letters."""
        if all(isinstance(one, str) for one in self.label):
            return self.row.label
        return render(self.label, copy, days).lower()


class Press:
    """Makes molds; ids of the kinds that a season makes move on from copy to copy."""

    def __init__(self, seasons: Sequence[Sequence[Record]]) -> None:
        self.parts: dict[int, list[Part]] = {}
        self._strides = {
            kind: 1
            + max((row.id for rows in seasons for row in rows if row.kind == kind), default=0)
            - (KINDS.index(kind) + 1) * _IDS_PER_KIND_OF_A_SEASON
            for kind in KINDS
        }
        # The row of a sample's list has its package's id.
        self._strides["lab_samples"] = self._strides["packages"]

    def mold(self, row: Record) -> Mold:
        """Return the mold of one row."""
        facts_id = self._keep(row.facts) if row.facts else 0
        return Mold(row, self._keep(row.body), facts_id, list(self._of_text(row.label)))

    def _keep(self, content: Any) -> int:
        number = len(self.parts) + 1
        self.parts[number] = self._parts_of(content)
        return number

    def _parts_of(self, content: Any) -> list[Part]:
        places: list[list[Part]] = []
        text = encode(self._with_places(content, "", places)).decode()
        parts: list[Part] = []
        ends = 0
        for found in _PLACE.finditer(text):
            here = places[int(found[1])]
            is_number = not isinstance(here[0], str) and len(here) == 1 and here[0][0] == NUMBER
            quote = "" if is_number else '"'
            parts += [text[ends : found.start()] + quote, *here, quote]
            ends = found.end()
        return _joined([*parts, text[ends:]])

    def _with_places(self, content: Any, name: str, places: list[list[Part]]) -> Any:
        if isinstance(content, dict):
            return {key: self._with_places(one, key, places) for key, one in content.items()}
        if isinstance(content, list):
            return [self._with_places(one, name, places) for one in content]
        parts = self._moving(content, name)
        if parts is None:
            return content
        places.append(parts)
        return f"@@{len(places) - 1}@@"

    def _moving(self, content: Any, name: str) -> list[Part] | None:
        """Return the parts of a value that differs from copy to copy, or None."""
        if isinstance(content, str):
            parts = list(self._of_text(content))
            return None if all(isinstance(one, str) for one in parts) else parts
        if type(content) is not int:
            return None
        if name in _COUNTED:
            return [(NUMBER, content, _NUMBERS_PER_COPY)]
        moved = self.number(content)
        is_id = name.endswith(("Id", "id")) or name in {"results_of", "ids"}
        return [moved] if is_id and moved is not None else None

    def number(self, content: int) -> tuple[int, int, int] | None:
        """Return the part of an id of a kind that a season makes, or None."""
        kind_number, offset = divmod(content, _IDS_PER_KIND_OF_A_SEASON)
        if not 0 < kind_number <= len(KINDS) or KINDS[kind_number - 1] in SETUP or not offset:
            return None
        kind = KINDS[kind_number - 1]
        return (NUMBER, kind_number * _IDS_PER_KIND + offset, self._strides[kind])

    def _of_text(self, text: str) -> Iterator[Part]:
        ends = 0
        for found in _TEXT.finditer(text):
            if found.start() > ends:
                yield text[ends : found.start()]
            yield _part_of(found)
            ends = found.end()
        if ends < len(text) or not text:
            yield text[ends:]


def _joined(parts: Sequence[Part]) -> list[Part]:
    """Return the parts with texts that follow each other made one."""
    found: list[Part] = []
    for part in parts:
        last = found[-1] if found else None
        if isinstance(part, str) and isinstance(last, str):
            found[-1] = last + part
        elif part != "":
            found.append(part)
    return found


def _part_of(found: re.Match[str]) -> Part:
    text = found[0]
    if found["tag"]:
        # The first thousand tags of a facility are those the cast brought.
        return (TAG, text[:15], int(text[15:]) + _TAGS_PER_COPY, _TAGS_PER_COPY)
    if found["day"]:
        return (DAY, text)
    if found["micro"]:
        return (MICROSECONDS, int(text))
    if found["number"]:
        return (TEN_DIGITS, int(text), _NUMBERS_PER_COPY)
    return (NAME, text)


def cast_rows(
    press: Press, molds: Sequence[Mold], copies: range, days: Sequence[int]
) -> Iterator[CastRow]:
    """Yield the rows of the copies; all molds are of one kind."""
    ids = [press.number(mold.row.id) for mold in molds]
    parents = [press.number(mold.row.parent) for mold in molds]
    for copy in copies:
        back = days[copy] * DAY_MICROSECONDS - copy
        for mold, own, parent in zip(molds, ids, parents, strict=True):
            row = mold.row
            assert own is not None, row.kind
            yield (
                own[1] + copy * own[2],
                row.license_number,
                mold.label_of(copy, days[copy]),
                row.list_name,
                row.mark,
                row.parent if parent is None else parent[1] + copy * parent[2],
                row.last_modified - back,
                row.last_modified - back,
                stored_cast(mold.body_id, copy),
                stored_cast(mold.facts_id, copy) if mold.facts_id else None,
            )


def numbers_used(copies: int) -> int:
    """Return the highest number that so many copies may have given to manifests and the like."""
    return (copies + 1) * _NUMBERS_PER_COPY
