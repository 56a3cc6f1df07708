"""Cells of a CSV: exact numbers."""

from __future__ import annotations

from decimal import Decimal


def plain_number(value: Decimal | None) -> str:
    """Return a number without thousands or exponent, or nothing."""
    return "" if value is None else f"{value.normalize():f}"
