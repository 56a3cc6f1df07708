"""A sheet of counts as people hand it in: CSV or pasted cells -> rows, each with what is wrong."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass

from glassbox.rules.verdicts import InvalidInput

ROWS_AT_MOST = 5_000
UID = re.compile(r"[0-9A-Z]{24}")
NOT_THERE = frozenset({"not there", "missing", "gone"})
# How spreadsheets name the columns that matter; the sheet we hand out uses the first of each.
UID_NAMES = ("uid", "label", "tag", "package")
COUNTED_NAMES = ("counted", "quantity", "amount", "count")
UNIT_NAMES = ("unit", "unit of measure")
COLUMNS = ("UID", "Item", "Location", "Unit", "Counted")


@dataclass(frozen=True, kw_only=True)
class SheetRow:
    """One row: its number in the file, from 1, what it says, and what is wrong with it.

    A row without a count is no mistake: it is not counted yet. `unit` is empty if none is given.
    """

    number: int
    label: str
    counted: str
    unit: str = ""
    problem: str = ""

    @property
    def is_not_there(self) -> bool:
        """Return whether somebody looked for it and it was not there."""
        return self.counted.casefold() in NOT_THERE

    @property
    def is_blank(self) -> bool:
        """Return whether nothing was written into it."""
        return not self.counted


def sheet_text(content: bytes) -> str:
    """Return the text of a file that was handed in.

    :raises InvalidInput: if it is a spreadsheet's own format, or no text at all
    """
    if content[:2] == b"PK" or content[:4] == b"\xd0\xcf\x11\xe0":
        raise InvalidInput(
            field="file", value="a spreadsheet", way_out="Save it as CSV and choose that file."
        )
    if b"\0" in content:
        raise InvalidInput(field="file", value="no text", way_out="Choose a CSV file.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def read_sheet(text: str) -> tuple[SheetRow, ...]:
    """Return every row of a sheet, the heading left out; of two rows of one UID both are wrong.

    :raises InvalidInput: if there is no row, there are too many, or a heading names no UID
    """
    delimiter = _delimiter(text)
    lines = io.StringIO(text.replace("\t", delimiter))
    cells = [
        (number, [cell.strip() for cell in row])
        for number, row in enumerate(csv.reader(lines, delimiter=delimiter), 1)
        if any(cell.strip() for cell in row)
    ]
    if not cells:
        raise InvalidInput(field="sheet", value="nothing", way_out="Hand in a UID in each row.")
    uid_at, counted_at, unit_at = 0, 1, None
    if _is_heading(cells[0][1]):
        uid_at, counted_at, unit_at = _columns(cells[0][1])
        cells = cells[1:]
    if len(cells) > ROWS_AT_MOST:
        raise InvalidInput(
            field="sheet", value=f"{len(cells):,} rows", way_out=f"At most {ROWS_AT_MOST:,}."
        )
    rows: list[SheetRow] = []
    first: dict[str, int] = {}
    for number, row in cells:
        label = _cell(row, uid_at).upper()
        rows.append(
            SheetRow(
                number=number,
                label=label,
                counted=_cell(row, counted_at),
                unit=_cell(row, unit_at) if unit_at is not None else "",
                problem=_problem(label, first),
            )
        )
        first.setdefault(label, number)
    return tuple(rows)


def _delimiter(text: str) -> str:
    line = text.lstrip("\r\n").partition("\n")[0]
    if "\t" in line:
        return "\t"
    return ";" if ";" in line and "," not in line else ","


def _is_heading(row: list[str]) -> bool:
    """A wrong UID must never pass for a heading: a heading names a column."""
    return any(cell.casefold() in UID_NAMES for cell in row)


def _columns(heading: list[str]) -> tuple[int, int, int | None]:
    names = [cell.casefold() for cell in heading]
    uid_at = next(at for at, name in enumerate(names) if name in UID_NAMES)
    counted_at = next((at for at, name in enumerate(names) if name in COUNTED_NAMES), None)
    if counted_at is None:
        raise InvalidInput(
            field="heading", value=", ".join(heading), way_out="Name one column Counted."
        )
    unit_at = next((at for at, name in enumerate(names) if name in UNIT_NAMES), None)
    return uid_at, counted_at, unit_at


def _cell(row: list[str], at: int) -> str:
    return row[at] if at < len(row) else ""


def _problem(label: str, first: dict[str, int]) -> str:
    if not UID.fullmatch(label):
        return "This is no UID: it has 24 letters and digits. Scan the tag."
    if label in first:
        return f"Row {first[label]} has this UID too. Keep the one that is right."
    return ""
