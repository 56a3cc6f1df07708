"""What is wrong with a row of an answer, by the fields METRC documents."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from metrc_simulator.contract.operations import Operation


def differences(operation: Operation, row: dict[str, Any]) -> Iterator[str]:
    """Yield each missing, extra or wrongly typed field of a row.

    What METRC sends although it does not document it may be there or not. Null is taken
    everywhere: the documents are samples of one row, which show no null where they have a value.
    """
    tops = {name.split(".")[0].removesuffix("[]") for name in operation.row}
    for name in tops - row.keys():
        yield f"{name} is missing"
    for name in row.keys() - tops - set(operation.seen_live):
        yield f"{name} is no documented field"
    for name, kind in operation.row.items():
        for value in _values(row, name.split(".")):
            if value is not None and not _is_a(value, kind.removesuffix("?")):
                yield f"{name} is {value!r}, not {kind}"


def _values(row: Any, steps: list[str]) -> Iterator[Any]:
    name, rest = steps[0].removesuffix("[]"), steps[1:]
    if not isinstance(row, dict) or name not in row:
        return
    value = row[name]
    if not rest:
        yield value
        return
    for inner in value if isinstance(value, list) else [value]:
        yield from _values(inner, rest)


def _is_a(value: Any, kind: str) -> bool:
    if kind.startswith("array"):
        return isinstance(value, list)
    checks = {
        "string": lambda: isinstance(value, str),
        "integer": lambda: type(value) is int,
        "number": lambda: isinstance(value, int | Decimal) and not isinstance(value, bool),
        "boolean": lambda: isinstance(value, bool),
        "object": lambda: isinstance(value, dict),
        "date": lambda: _is_moment(value),
        "datetime": lambda: _is_moment(value),
    }
    return kind not in checks or checks[kind]()


def _is_moment(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    if value == "":
        return True
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
            date.fromisoformat(value)
        else:
            datetime.fromisoformat(value)
    except ValueError:
        return False
    return True
