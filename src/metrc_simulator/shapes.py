"""Blank rows of every kind with METRC's field names in METRC's order."""

from __future__ import annotations

import copy
import json
from decimal import Decimal
from importlib import resources
from typing import Any


def _read() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for file in resources.files("metrc_simulator").joinpath("shapes").iterdir():
        # Exact like every other number here: a float cannot be added to a Decimal.
        found |= json.loads(file.read_text(encoding="utf-8"), parse_float=Decimal)
    return found


_SHAPES = _read()


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
