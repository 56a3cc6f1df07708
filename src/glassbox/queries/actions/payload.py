"""A payload as people read it: as the bytes of METRC's request, and line by line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

TEXT_AT_MOST = 400


@dataclass(frozen=True, kw_only=True)
class PayloadLine:
    """One field of one object; what lies deeper is named by its way there."""

    name: str
    value: str


def payload_text(payload: object) -> str:
    """Return a payload as people read it; a file inside it is named by its length alone."""

    def shortened(value: object) -> object:
        if isinstance(value, dict):
            return {name: shortened(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [shortened(inner) for inner in value]
        if isinstance(value, str) and len(value) > TEXT_AT_MOST:
            return f"{value[:40]}… ({len(value)} characters)"
        return value

    return json.dumps(shortened(payload), indent=2, ensure_ascii=False)


def payload_lines(payload: object) -> tuple[tuple[PayloadLine, ...], ...]:
    """Return the lines of every object of a payload, without the fields that are left empty."""
    objects = payload if isinstance(payload, list) else [payload]
    return tuple(tuple(_lines("", one)) for one in objects)


def _lines(way: str, value: object) -> Iterator[PayloadLine]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _lines(f"{way} › {name}" if way else name, inner)
    elif isinstance(value, list):
        for number, inner in enumerate(value, 1):
            yield from _lines(f"{way} {number}", inner)
    elif value is not None:
        text = str(value)
        is_long = len(text) > TEXT_AT_MOST
        yield PayloadLine(
            name=way, value=f"{text[:40]}… ({len(text)} characters)" if is_long else text
        )
