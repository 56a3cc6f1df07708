"""Blank rows of every kind with METRC's field names in METRC's order."""

from __future__ import annotations

import copy
import json
from importlib import resources
from typing import Any

_SHAPES: dict[str, dict[str, Any]] = json.loads(
    resources.files("metrc_simulator").joinpath("shapes.json").read_text(encoding="utf-8")
)


def blank(shape: str, **values: Any) -> dict[str, Any]:
    """Return a fresh row of `shape` with `values` filled in; KeyError for a field it lacks."""
    row = copy.deepcopy(_SHAPES[shape])
    for name, value in values.items():
        if name not in row:
            raise KeyError(f"{shape} has no field {name}")
        row[name] = value
    return row


def fields_of(shape: str) -> tuple[str, ...]:
    """Return the field names of `shape` in METRC's order."""
    return tuple(_SHAPES[shape])
