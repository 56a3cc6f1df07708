"""The sheets people work by while METRC cannot be reached: prefilled, or blank."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from glassbox.paperwork.render import render


@dataclass(frozen=True, kw_only=True)
class ContingencySheet:
    """Active packages (UID, item, METRC's and our quantity with unit, location), and when so."""

    license: str
    facts: tuple[tuple[str, str], ...]
    is_prefilled: bool
    packages: tuple[tuple[str, str, str, str, str], ...]


def contingency_sheet(sheet: ContingencySheet, *, stamp: str) -> bytes:
    """Return the PDF: the packages with room for a count, and tables for entries by hand."""
    return render("contingency", asdict(sheet), stamp=stamp)
