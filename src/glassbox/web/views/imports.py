"""Imports: the list with its templates, one sheet, and its buttons."""

from __future__ import annotations

import csv
import io

from django.http import HttpResponse
from django.views.decorators.http import require_GET, require_POST

from glassbox.operations.imports.imports import discard_import, take_import
from glassbox.queries.imports import import_kinds, import_list, import_page, wrong_rows
from glassbox.rules.imports import harmless, kind_named
from glassbox.rules.verdicts import InvalidInput, NotFound
from glassbox.web.downloads import called
from glassbox.web.pages import change_here, page
from glassbox.web.request import PageRequest


@require_GET
def imports(request: PageRequest) -> HttpResponse:
    """List the imports, and what can be imported."""
    found = import_list(actor=request.actor, license_ids=request.scope.license_ids)
    return page(
        request,
        "imports/list.html",
        {"imports": found, "kinds": import_kinds(), "nav": "takeover"},
    )


@require_GET
def sheet(request: PageRequest, import_id: int) -> HttpResponse:
    """Show one import row by row."""
    found = import_page(
        actor=request.actor, license_ids=request.scope.license_ids, import_id=import_id
    )
    return page(request, "imports/import.html", {"sheet": found, "nav": "takeover"})


@require_GET
def template(request: PageRequest, kind_name: str) -> HttpResponse:
    """Send the template of a kind: its headings and one example row, as CSV."""
    try:
        kind = kind_named(kind_name)
    except InvalidInput as problem:
        raise NotFound("There is no such kind of sheet.") from problem
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([column.heading for column in kind.columns])
    writer.writerow([harmless(column.example) for column in kind.columns])
    return _csv(text.getvalue(), f"{kind.name}-template.csv")


@require_GET
def problems(request: PageRequest, import_id: int) -> HttpResponse:
    """Send the wrong rows of an import with what is wrong, to be mended and handed in again."""
    kind, rows = wrong_rows(
        actor=request.actor, license_ids=request.scope.license_ids, import_id=import_id
    )
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([*(column.heading for column in kind.columns), "Row", "What is wrong"])
    for row in rows:
        wrong = "; ".join(f"{column}: {way_out}" for column, _, way_out in row.problems)
        writer.writerow([harmless(cell) for cell in (*row.cells, str(row.number), wrong)])
    return _csv(text.getvalue(), f"import-{import_id}-problems.csv")


@require_POST
def take(request: PageRequest, import_id: int) -> HttpResponse:
    """Take over the rows that are ready, or of them those that are ticked."""
    texts = request.POST.getlist("row")
    chosen = tuple(int(text) for text in texts if text.isdecimal() and len(text) < 7)
    if request.POST.get("what") == "chosen" and not chosen:
        raise InvalidInput(field="rows", value="none", way_out="Tick at least one row.")
    return change_here(
        request,
        f"imports/{import_id}",
        lambda license_id: take_import(
            actor=request.actor,
            license_id=license_id,
            import_id=import_id,
            rows=chosen if request.POST.get("what") == "chosen" else (),
            now=request.now,
        ),
        "Taken over. It can be undone while nothing depends on it.",
    )


@require_POST
def discard(request: PageRequest, import_id: int) -> HttpResponse:
    """Put a preview away."""
    return change_here(
        request,
        "imports",
        lambda license_id: discard_import(
            actor=request.actor, license_id=license_id, import_id=import_id, now=request.now
        ),
        "Put away. Nothing was taken over.",
    )


def _csv(text: str, file_name: str) -> HttpResponse:
    return called(HttpResponse(text, content_type="text/csv; charset=utf-8"), file_name)
