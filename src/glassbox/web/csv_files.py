"""CSV files that leave Glassbox for good: the rows, then what a reader must know of them."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence

from django.http import HttpResponse

from glassbox.queries.audit_trail.stamp import stamps
from glassbox.rules.imports import harmless
from glassbox.rules.terms import RESPONSIBILITY
from glassbox.web.downloads import called
from glassbox.web.request import PageRequest


def csv_file(
    request: PageRequest,
    file_name: str,
    headings: Sequence[str],
    rows: Iterable[Sequence[object]],
) -> HttpResponse:
    """Return a CSV to keep. Sheets that come back filled in have no foot and are not made here.

    The foot stands below an empty row, where a spreadsheet's table ends, and each line of it begins
    with the # by which readers of CSV know a remark. No cell is run by a spreadsheet.
    """
    response = called(HttpResponse(content_type="text/csv; charset=utf-8"), file_name)
    writer = csv.writer(response)
    writer.writerow(headings)
    writer.writerows(map(harmless_row, rows))
    writer.writerow([])
    writer.writerows([f"# {line}"] for line in foot(request))
    return response


def harmless_row(cells: Iterable[object]) -> list[str]:
    """Return the cells of a row as texts that a spreadsheet shows and never runs."""
    return ["" if cell is None else harmless(str(cell)) for cell in cells]


def foot(request: PageRequest) -> tuple[str, ...]:
    """Return the lines below the rows of every export: who answers, and the heads of the ledger."""
    heads = stamps(actor=request.actor, license_ids=request.scope.license_ids)
    return (RESPONSIBILITY, *heads)
