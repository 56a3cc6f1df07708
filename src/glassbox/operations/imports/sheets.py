"""Read a sheet somebody hands in: CSV, cells pasted from a spreadsheet, or XLSX; never a formula."""

from __future__ import annotations

import csv
import io
import zipfile

import openpyxl

from glassbox.rules.verdicts import InvalidInput

BYTES_AT_MOST = 5 * 1024 * 1024
UNPACKED_BYTES_AT_MOST = 16 * 1024 * 1024
PARTS_AT_MOST = 200
ROWS_AT_MOST = 1_000
COLUMNS_AT_MOST = 40
ZIP_START = b"PK\x03\x04"

Table = list[list[str]]
Numbered = list[tuple[int, list[str]]]


def read_sheet(content: bytes) -> Numbered:
    """Return the cells of a sheet as texts with their row's number, headings first, no blank rows.

    The number is the one that a spreadsheet shows beside the row.

    A formula comes as its own text, never as a result.

    :raises InvalidInput: if it is too large, unpacks to too much, or is no sheet
    """
    if len(content) > BYTES_AT_MOST:
        raise InvalidInput(
            field="file", value=f"{len(content):,} bytes", way_out="At most 5 MB; cut the sheet."
        )
    table = _xlsx(content) if content.startswith(ZIP_START) else _text(content)
    rows = [
        (number, row)
        for number, row in enumerate(table, start=1)
        if any(cell.strip() for cell in row)
    ]
    if len(rows) < 2:
        raise InvalidInput(
            field="file", value="no rows", way_out="Give headings and at least one row below."
        )
    if len(rows) - 1 > ROWS_AT_MOST:
        raise InvalidInput(
            field="file",
            value=f"{len(rows) - 1:,} rows",
            way_out=f"At most {ROWS_AT_MOST:,}; cut the sheet.",
        )
    if any(len(row) > COLUMNS_AT_MOST for _, row in rows):
        raise InvalidInput(
            field="file", value="too wide", way_out=f"At most {COLUMNS_AT_MOST} columns."
        )
    return rows


def _text(content: bytes) -> Table:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        # What Excel writes as plain CSV on Windows.
        text = content.decode("cp1252", errors="replace")
    if "\x00" in text:
        raise InvalidInput(field="file", value="binary", way_out="Save it as CSV or XLSX.")
    first = text.lstrip().partition("\n")[0]
    delimiter = max("\t;,", key=first.count)
    try:
        return list(csv.reader(io.StringIO(text), delimiter=delimiter))
    except csv.Error as problem:
        raise InvalidInput(
            field="file", value=str(problem)[:80], way_out="Save it as CSV with UTF-8."
        ) from problem


def _xlsx(content: bytes) -> Table:
    _refuse_bombs(content)
    try:
        book = openpyxl.load_workbook(
            io.BytesIO(content), read_only=True, data_only=False, keep_links=False
        )
        sheet = book.worksheets[0]
        rows = sheet.iter_rows(
            max_row=ROWS_AT_MOST + 2, max_col=COLUMNS_AT_MOST + 1, values_only=True
        )
        return [_trimmed([_cell(value) for value in row]) for row in rows]
    except InvalidInput:
        raise
    except Exception as problem:
        # openpyxl raises whatever a broken part of the file makes Python say.
        raise InvalidInput(
            field="file",
            value=type(problem).__name__,
            way_out="It cannot be read as XLSX; save it anew, or as CSV.",
        ) from problem


def _refuse_bombs(content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except zipfile.BadZipFile as problem:
        raise InvalidInput(
            field="file", value="broken", way_out="Save it anew as XLSX, or as CSV."
        ) from problem
    unpacked = sum(part.file_size for part in parts)
    if len(parts) > PARTS_AT_MOST or unpacked > UNPACKED_BYTES_AT_MOST:
        raise InvalidInput(
            field="file",
            value=f"unpacks to {unpacked:,} bytes in {len(parts)} parts",
            way_out="Copy the cells into a new sheet, or save it as CSV.",
        )


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _trimmed(row: list[str]) -> list[str]:
    while row and not row[-1].strip():
        row.pop()
    return row
