"""Cells of a sheet: read as what their column means, or named with the way out."""

from __future__ import annotations

import ast
import csv
import io
import re
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassbox.rules.imports import KINDS, column_order, harmless, kind_named, read_row
from glassbox.rules.takeover import ranges_of, suggest_employees, time_left
from glassbox.rules.verdicts import InvalidInput
from glassbox.web.csv_files import harmless_row
from tests.meta.source import modules


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_the_example_of_every_template_is_readable(kind) -> None:  # type: ignore[no-untyped-def]
    cells = {column.name: column.example for column in kind.columns}

    values, problems = read_row(kind, cells)

    assert problems == ()
    assert all(values[column.name] is not None for column in kind.columns)


def test_every_wrong_cell_of_a_row_is_named_with_its_way_out() -> None:
    _, problems = read_row(
        KINDS["batches"],
        {"number": "", "product": "=1+1", "protocol": "P", "quantity": "-3", "unit": "Each"},
    )

    assert [one.column for one in problems] == ["Batch number", "Product", "Planned quantity"]
    assert "formula" in problems[1].way_out


def test_no_cell_is_cut_to_fit() -> None:
    cells = {"number": "B", "material": "T", "lot": "L" * 121, "quantity": "1", "unit": "Grams"}

    (problem,) = read_row(KINDS["lots"], cells)[1]

    assert (problem.column, problem.way_out) == (
        "Supplier lot",
        "At most 120 characters; it has 121.",
    )


def test_numbers_may_have_thousands_and_stay_exact() -> None:
    cells = {"number": "B", "material": "T", "lot": "L", "quantity": "1,250.10", "unit": "Grams"}

    assert read_row(KINDS["lots"], cells)[0]["quantity"] == Decimal("1250.10")


def test_headings_are_found_in_any_order_and_spelling() -> None:
    order = column_order(KINDS["printed"], ("printed uid", "Note", "PACKAGE-UID"))

    assert order == ("printed", "", "label")
    with pytest.raises(InvalidInput, match="Package UID"):
        column_order(KINDS["printed"], ("Printed UID",))


def test_an_unknown_kind_is_refused_with_those_there_are() -> None:
    with pytest.raises(InvalidInput, match="tags"):
        kind_named("recipes")


RUN = ("=", "+", "-", "@", "\t", "\r", "\0")


@given(st.text() | st.builds(str.__add__, st.sampled_from(RUN), st.text()))
def test_no_cell_of_ours_is_run_as_a_formula(text: str) -> None:
    said = harmless(text)

    assert said in (text, f"'{text}")
    assert not said.startswith(RUN) or re.fullmatch(r"[+-][0-9][0-9.,]*", said)


@given(st.lists(st.text(), min_size=1))
def test_a_row_of_a_file_comes_back_as_it_was_from_any_reader_of_csv(cells: list[str]) -> None:
    written = io.StringIO()
    csv.writer(written).writerow(harmless_row(cells))

    (read,) = csv.reader(io.StringIO(written.getvalue(), newline=""))
    assert read == [harmless(one) for one in cells]


def test_every_csv_that_leaves_is_written_by_what_keeps_it_from_running() -> None:
    for module in modules("src/glassbox/web", "src/glassbox/api"):
        text = ast.unparse(module.tree)
        if "csv.writer(" in text:
            assert "harmless" in text, module.path


def test_runs_of_tags_break_where_a_number_is_missing() -> None:
    labels = [f"1A4060300000001{number:09d}" for number in (9, 10, 11, 13)]

    found = ranges_of(reversed(labels))

    assert [(one.first, one.last, one.count) for one in found] == [
        (labels[0], labels[2], 3),
        (labels[3], labels[3], 1),
    ]


def test_names_are_suggested_by_likeness_and_strangers_are_not() -> None:
    found = suggest_employees(
        "Ana Ruiz", [(1, "Ruiz, Ana"), (2, "Ana Maria Ruiz"), (3, "Bo Chen"), (4, "Anna Ruiz")]
    )

    assert {one.employee_id for one in found} == {1, 2, 4}
    assert (found[0].employee_id, found[0].likeness) == (1, 1)


def test_no_time_is_told_before_one_percent_is_done() -> None:
    assert time_left(spent=timedelta(minutes=5), done=0.001) is None
    assert time_left(spent=timedelta(minutes=10), done=0.25) == timedelta(minutes=30)
