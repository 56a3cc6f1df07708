"""METRC's texts in plain words: a catalogue as data, and what of it stands in a sentence."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from glassbox.rules.verdicts import InvalidInput

SOURCES = ("live", "documented", "client", "simulator")
FIELDS = ("says", "plain", "what_to_do", "source")
NAME = re.compile(r"\\\{(\w+)\\\}")
# What stands in for a name: no sentence end, so that one match never swallows the next text.
VALUE = r"(?P<{name}>[^\n]{{1,120}}?)"

# Where a text begins with a name, only the word before the rest is it.
FIRST_VALUE = r"(?P<{name}>\w+)"


@dataclass(frozen=True, kw_only=True)
class MetrcMessage:
    """Hold one text of METRC with its names as groups, what it means, and how to go on."""

    pattern: re.Pattern[str]
    plain: str
    what_to_do: str
    source: str


@dataclass(frozen=True, kw_only=True)
class Translation:
    """Hold METRC's own words beside what they mean and what to do now."""

    original: str
    plain: str
    what_to_do: str


def translations_in(text: str, catalogue: tuple[MetrcMessage, ...]) -> tuple[Translation, ...]:
    """Return what METRC says in a text, in the order of the text; nothing if it is unknown.

    Of two that match at the same place the longer one tells more.
    """
    found: list[tuple[int, int, Translation]] = []
    for message in catalogue:
        for match in message.pattern.finditer(text):
            said = match.groupdict()
            found.append(
                (
                    match.start(),
                    match.end(),
                    Translation(
                        original=match.group(),
                        plain=message.plain.format(**said),
                        what_to_do=message.what_to_do.format(**said),
                    ),
                )
            )
    chosen: list[Translation] = []
    reached = 0
    for start, end, translation in sorted(found, key=lambda one: (one[0], -one[1])):
        if start >= reached and translation not in chosen:
            chosen.append(translation)
            reached = end
    return tuple(chosen)


def read_messages(data: object) -> tuple[MetrcMessage, ...]:
    """Return the catalogue from the plain values of its file.

    :raises InvalidInput: naming the text and the field that cannot be used
    """
    rows = data.get("messages") if isinstance(data, Mapping) else None
    if not isinstance(rows, list):
        raise InvalidInput(field="messages", value=data, way_out="A catalogue is a list of texts.")
    return tuple(_message(row) for row in rows)


def _message(row: object) -> MetrcMessage:
    values = row if isinstance(row, Mapping) else {}
    for name in FIELDS:
        if not isinstance(values.get(name), str) or not values[name].strip():
            raise InvalidInput(
                field=name, value=row, way_out=f"Every text has {', '.join(FIELDS)}."
            )
    if values["source"] not in SOURCES:
        raise InvalidInput(
            field="source", value=values["source"], way_out=f"Use one of {', '.join(SOURCES)}."
        )
    literal = re.escape(values["says"].rstrip("."))
    pattern = NAME.sub(
        lambda match: (VALUE if match.start() else FIRST_VALUE).format(name=match.group(1)), literal
    )
    if values["says"].rstrip(".").endswith("}"):
        pattern += r"(?=$|\n|\. )"
    return MetrcMessage(
        pattern=re.compile(pattern),
        plain=values["plain"],
        what_to_do=values["what_to_do"],
        source=values["source"],
    )
