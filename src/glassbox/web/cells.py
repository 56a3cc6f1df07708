"""Cells of a CSV: exact numbers, and texts that no spreadsheet runs."""

from __future__ import annotations

from decimal import Decimal

# A spreadsheet would run a cell that starts like a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def plain_number(value: Decimal | None) -> str:
    """Return a number without thousands or exponent, or nothing."""
    return "" if value is None else f"{value.normalize():f}"


def safe_cell(text: str) -> str:
    """Return a text that a spreadsheet shows and never runs."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
