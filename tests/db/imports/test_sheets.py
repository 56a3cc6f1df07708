"""Files of strangers are read as cells, or refused in words; nothing in them is ever run."""

from __future__ import annotations

import io
import tracemalloc
import zipfile

import openpyxl
import pytest

from glassbox.operations.imports.sheets import PARTS_AT_MOST, read_sheet
from glassbox.rules.verdicts import InvalidInput


def xlsx(*rows: tuple[object, ...]) -> bytes:
    book_ = openpyxl.Workbook()
    for row in rows:
        book_.worksheets[0].append(row)
    out = io.BytesIO()
    book_.save(out)
    return out.getvalue()


def test_a_workbook_is_read_and_its_formulas_are_never_run() -> None:
    table = read_sheet(xlsx(("Name", "Count"), ("a", 12), ("b", "=1+1"), (None, None)))

    assert table == [(1, ["Name", "Count"]), (2, ["a", "12"]), (3, ["b", "=1+1"])]


def test_a_workbook_that_unpacks_to_too_much_is_refused() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (17 * 1024 * 1024))

    with pytest.raises(InvalidInput, match="unpacks to"):
        read_sheet(packed.getvalue())


def test_a_workbook_of_too_many_parts_is_refused() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number in range(PARTS_AT_MOST + 1):
            archive.writestr(f"xl/worksheets/sheet{number}.xml", b"0")

    with pytest.raises(InvalidInput, match="201 parts"):
        read_sheet(packed.getvalue())


def with_part(name: str, body: bytes, *, said_size: int | None = None) -> bytes:
    """A good workbook in which one part is another, and perhaps says less of its size than true."""
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(xlsx(("Name",), ("a",)))) as old,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for part in old.infolist():
            new.writestr(part.filename, body if part.filename == name else old.read(part))
        if said_size is not None:
            new.getinfo(name).file_size = said_size
    return packed.getvalue()


SHEET = "xl/worksheets/sheet1.xml"


@pytest.mark.parametrize("part", ["xl/workbook.xml", SHEET])
def test_a_workbook_with_entities_is_refused(part: str) -> None:
    body = zipfile.ZipFile(io.BytesIO(xlsx(("Name",), ("a",)))).read(part)
    laughs = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'

    with pytest.raises(InvalidInput, match="cannot be read"):
        read_sheet(with_part(part, laughs + body))


def test_a_bomb_that_lies_of_its_size_is_not_unpacked() -> None:
    bomb = with_part(SHEET, b"<worksheet>" + b" " * 40_000_000, said_size=100)

    tracemalloc.start()
    with pytest.raises(InvalidInput, match="cannot be read"):
        read_sheet(bomb)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak_bytes < 10_000_000


def test_a_row_keeps_the_number_that_the_spreadsheet_shows() -> None:
    table = read_sheet(b'\nName,Note\n\na,"two\nlines"\nb,\n')

    assert [number for number, _ in table] == [2, 4, 5]


@pytest.mark.parametrize(
    "content", [b"", b"First UID\n", b"PK\x03\x04broken", b"a,b\n\x00\x01,2\n", b"x" * 6_000_000]
)
def test_what_is_no_sheet_is_refused_in_words(content: bytes) -> None:
    with pytest.raises(InvalidInput):
        read_sheet(content)
