from __future__ import annotations

import pytest

from glassbox.rules.count_sheets import read_sheet, sheet_text
from glassbox.rules.verdicts import InvalidInput
from tests.cast import tag

OIL, WAX = tag(455), tag(456)


@pytest.mark.parametrize(
    "text",
    [
        f"{OIL},498\n{WAX},79\n",
        f"{OIL}\t498\r\n{WAX}\t79",
        f"{OIL};498\n\n{WAX};79",
        f"UID,Item,Location,Unit,Counted\n{OIL},Crude Oil,Vault,Grams,498\n{WAX},Wax,,Grams,79",
        f"Counted;Label\n498;{OIL.lower()}\n79;{WAX}",
        f'{OIL},"498"\n{WAX}, 79 ',
    ],
)
def test_a_sheet_is_read_however_a_spreadsheet_writes_it(text: str) -> None:
    assert [(row.label, row.counted, row.problem) for row in read_sheet(text)] == [
        (OIL, "498", ""),
        (WAX, "79", ""),
    ]


def test_a_first_row_with_a_wrong_uid_is_named_and_never_taken_for_a_heading() -> None:
    first, second = read_sheet(f"{OIL[:-1]},498\n{WAX},79")

    assert (first.number, "no UID" in first.problem) == (1, True)
    assert second.problem == ""


def test_a_uid_twice_is_wrong_where_it_comes_again() -> None:
    rows = read_sheet(f"UID,Counted\n{OIL},498\n{WAX},79\n{OIL},489")

    assert [row.problem for row in rows[:2]] == ["", ""]
    assert rows[2].problem.startswith("Row 2 has this UID too")


def test_a_row_without_a_count_is_left_for_later_and_words_say_that_it_is_gone() -> None:
    blank, gone = read_sheet(f"{OIL},\n{WAX},Not there")

    assert blank.is_blank and not blank.problem
    assert gone.is_not_there


@pytest.mark.parametrize(
    ("text", "field"), [("", "sheet"), (" \n,\n", "sheet"), (f"UID,Item\n{OIL},Oil", "heading")]
)
def test_a_sheet_that_cannot_be_read_at_all_says_so(text: str, field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        read_sheet(text)
    assert refusal.value.field == field


def test_a_workbook_is_refused_with_the_way_out_and_other_encodings_are_read() -> None:
    with pytest.raises(InvalidInput, match="Save it as CSV"):
        sheet_text(b"PK\x03\x04rest")
    assert sheet_text("\ufeffUID,Counted".encode()) == "UID,Counted"
    assert sheet_text("Menge: ü".encode("cp1252")) == "Menge: ü"
