"""docs/asvs.csv: requirements of ASVS 5.0, and what shows that each is met."""

from __future__ import annotations

import ast
import csv
from collections import Counter
from functools import cache

import pytest

from tests.meta.source import ROOT

FIELDS = ["id", "level", "summary", "status", "evidence"]
STATUSES = {"met", "not applicable", "unmet"}
# ASVS 5.0.0: how many requirements of levels 1 and 2 each chapter has.
PER_CHAPTER = {
    **{"V1": 27, "V2": 11, "V3": 19, "V4": 10, "V5": 9, "V6": 35, "V7": 18, "V8": 7, "V9": 7},
    **{"V10": 29, "V11": 14, "V12": 9, "V13": 13, "V14": 9, "V15": 13, "V16": 16, "V17": 7},
}
# Of level 3 those that pay for themselves here.
OF_LEVEL_3 = {
    *("V1.2.10", "V1.5.3", "V2.3.5", "V3.4.7", "V3.4.8", "V4.1.4", "V6.3.5", "V6.3.7", "V6.3.8"),
    *("V7.5.3", "V8.3.2", "V8.4.2", "V11.1.4", "V11.3.4", "V11.7.2", "V13.1.2", "V13.2.6"),
    *("V13.3.4", "V13.4.6", "V14.2.6", "V14.2.7", "V15.2.4", "V15.4.1", "V15.4.2", "V16.5.4"),
}
SHORTEST_REASON_CHARACTERS = 7
MET_AT_LEAST = 0.95


def rows() -> list[dict[str, str]]:
    with (ROOT / "docs" / "asvs.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@cache
def names_in(path: str) -> frozenset[str]:
    file = ROOT / path
    if not file.is_file():
        return frozenset()
    tree = ast.parse(file.read_text())
    if "pytestmark = pytest.mark.long" in ast.unparse(tree):
        return frozenset()
    return frozenset(
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        and "pytest.mark.long" not in map(ast.unparse, node.decorator_list)
    )


@cache
def headings_in(path: str) -> frozenset[str]:
    file = ROOT / path
    if not file.is_file():
        return frozenset()
    lines = file.read_text().splitlines()
    return frozenset(line.lstrip("#").strip() for line in lines if line.startswith("#"))


def what_is_missing(row: dict[str, str]) -> str:
    """Return what a row names that is not there, or nothing."""
    if row["status"] != "met":
        return "" if len(row["evidence"]) >= SHORTEST_REASON_CHARACTERS else "no reason"
    for evidence in row["evidence"].split(" + "):
        kind, _, place = evidence.partition(":")
        if kind == "test":
            path, _, name = place.partition("::")
            if name not in names_in(path):
                return f"there is no test {place} that CI runs"
        elif kind == "doc":
            path, _, heading = place.partition("#")
            if heading not in headings_in(path):
                return f"there is no section {place}"
        else:
            return f"{evidence!r} is neither test: nor doc:"
    return ""


def test_every_requirement_has_one_row() -> None:
    found = rows()
    ids = [row["id"] for row in found]

    assert list(found[0]) == FIELDS
    assert len(ids) == len(set(ids))
    below = [row["id"] for row in found if row["level"] != "3"]
    assert Counter(one.split(".")[0] for one in below) == PER_CHAPTER
    assert Counter(row["level"] for row in found) == {"1": 70, "2": 183, "3": len(OF_LEVEL_3)}
    assert set(ids) - set(below) == OF_LEVEL_3
    assert {row["status"] for row in found} <= STATUSES


def test_nearly_all_that_applies_is_met() -> None:
    statuses = Counter(row["status"] for row in rows())

    assert statuses["met"] / (statuses["met"] + statuses["unmet"]) >= MET_AT_LEAST


def test_what_a_row_names_is_there() -> None:
    missing = {row["id"]: said for row in rows() if (said := what_is_missing(row))}

    assert missing == {}


@pytest.mark.parametrize(
    ("status", "evidence"),
    [
        ("met", "test:tests/meta/test_asvs.py::test_that_nobody_wrote"),
        ("met", "test:tests/meta/test_nowhere.py::test_x"),
        ("met", "doc:docs/security.md#No such section"),
        ("met", "we are careful"),
        ("unmet", ""),
    ],
)
def test_the_check_sees_what_is_not_there(status: str, evidence: str) -> None:
    assert what_is_missing({"status": status, "evidence": evidence})
