"""Package list, one package, its lineage, its snapshots and the exchanges behind it."""

from __future__ import annotations

import csv
import json

from django.http import HttpResponse

from glassbox.queries.gate_facts import package_gates
from glassbox.queries.packages.lineage import lineage_graph
from glassbox.queries.packages.page import package_exchanges, package_page, snapshot_difference
from glassbox.queries.packages.rows import (
    PackageFilter,
    PackageRow,
    PackageView,
    package_list,
    package_rows_for_export,
    pasted_labels,
    read_pasted_labels,
)
from glassbox.rules.verdicts import InvalidInput
from glassbox.web.pages import page
from glassbox.web.request import PageRequest

# Column key, heading, whether it is shown unless the address says otherwise.
COLUMNS = (
    ("label", "UID", True),
    ("item_name", "Item", True),
    ("our_quantity", "Ours", True),
    ("metrc_quantity", "METRC", True),
    ("metrc_state", "METRC state", True),
    ("local_state", "Our state", True),
    ("lab_state", "Tests", True),
    ("hold", "Hold", True),
    ("location_name", "Location", True),
    ("production_batch_number", "Batch", True),
    ("packaged_date", "Packaged", False),
    ("metrc_as_of", "METRC as of", True),
    ("license_number", "Licence", False),
)

DRAFT_FORMS = (
    ("adjust", "Adjust"),
    ("move", "Move"),
    ("split", "Split"),
    ("finish", "Finish"),
)

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def _filter(request: PageRequest) -> PackageFilter:
    wanted = request.GET.get("view", PackageView.ACTIVE)
    if wanted not in set(PackageView):
        raise InvalidInput(
            field="view", value=wanted, way_out=f"Choose one of {', '.join(PackageView)}."
        )
    number = request.GET.get("page", "1")
    return PackageFilter(
        view=PackageView(wanted),
        text=request.GET.get("text", "").strip()[:80],
        labels=read_pasted_labels(request.GET.get("labels", "")),
        page=int(number) if number.isdecimal() else 1,
    )


def _columns(request: PageRequest) -> tuple[tuple[str, str], ...]:
    chosen = set(request.GET.getlist("column"))
    return tuple(
        (key, heading)
        for key, heading, by_default in COLUMNS
        if (key in chosen if chosen else by_default)
    )


def grid(request: PageRequest) -> HttpResponse:
    """Show one page of the grid in the view that the address names."""
    chosen = _filter(request)
    license_ids = request.scope.license_ids
    actor = request.actor
    query = request.GET.copy()
    query.pop("page", None)
    shown = _columns(request)
    return page(
        request,
        "packages/grid.html",
        {
            "grid": package_list(actor=actor, license_ids=license_ids, filter=chosen),
            "pasted": pasted_labels(actor=actor, license_ids=license_ids, words=chosen.labels)
            if chosen.labels
            else None,
            "views": [(view, view.value.replace("-", " ").capitalize()) for view in PackageView],
            "columns": shown,
            "shown_keys": {key for key, _ in shown},
            "all_columns": COLUMNS,
            "query": query.urlencode(),
            "nav": "packages",
        },
        fragment="packages/_grid.html",
    )


def _cell(row: PackageRow, key: str) -> str:
    if key == "hold":
        held = [
            word
            for word, is_held in (("State", row.is_held_by_state), ("ours", row.is_held_by_us))
            if is_held
        ]
        return " and ".join(held)
    value = getattr(row, key)
    text = "" if value is None else str(value)
    if key in {"our_quantity", "metrc_quantity"}:
        return f"{value.normalize():f}" if value is not None else ""
    # A spreadsheet would run a cell that starts like a formula.
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def csv_export(request: PageRequest) -> HttpResponse:
    """Answer the rows of a view as CSV: exactly the columns that the grid shows, and the unit."""
    rows = package_rows_for_export(
        actor=request.actor,
        license_ids=request.scope.license_ids,
        filter=_filter(request),
    )
    columns = _columns(request)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    slug = request.scope.slug.replace("/", "-")
    response["Content-Disposition"] = f'attachment; filename="packages-{slug}.csv"'
    writer = csv.writer(response)
    writer.writerow([heading for _, heading in columns] + ["Unit"])
    for row in rows:
        writer.writerow([_cell(row, key) for key, _ in columns] + [row.unit])
    return response


def package(request: PageRequest, label: str) -> HttpResponse:
    """Show one package: both truths, its timeline, its actions."""
    found = package_page(
        actor=request.actor,
        license_ids=request.scope.license_ids,
        label=label,
    )
    return page(
        request,
        "packages/package.html",
        {
            "package": found,
            "label": label,
            "tab": "overview",
            "draft_forms": DRAFT_FORMS,
            "nav": "packages",
        },
    )


def lineage(request: PageRequest, label: str) -> HttpResponse:
    """Show what a package was made of and what was made of it, as a graph and as a table."""
    graph = lineage_graph(
        actor=request.actor,
        license_ids=request.scope.license_ids,
        label=label,
    )
    elements = {
        "nodes": [
            {
                "id": node.label,
                "tail": node.label[-8:],
                "item": node.item_name,
                "quantity": f"{node.quantity.normalize():,f} {node.unit}"
                if node.quantity is not None
                else "",
                "ours": node.is_ours,
                "centre": node.is_centre,
            }
            for node in graph.nodes
        ],
        "arrows": [
            {"source": arrow.parent, "target": arrow.child, "seen": arrow.is_seen_in_metrc}
            for arrow in graph.arrows
        ],
    }
    return page(
        request,
        "packages/lineage.html",
        {
            "graph": graph,
            "elements": json.dumps(elements),
            "label": label,
            "tab": "lineage",
            "nav": "packages",
        },
    )


def snapshots(request: PageRequest, label: str) -> HttpResponse:
    """Show every moment at which METRC's word changed, and what changed between two of them."""
    actor = request.actor
    license_ids = request.scope.license_ids
    found = package_page(actor=actor, license_ids=license_ids, label=label)
    before, after = request.GET.get("before", ""), request.GET.get("after", "")
    difference = None
    if before.isdecimal() and after.isdecimal():
        difference = snapshot_difference(
            actor=actor,
            license_ids=license_ids,
            label=label,
            before_id=int(before),
            after_id=int(after),
        )
    return page(
        request,
        "packages/snapshots.html",
        {
            "package": found,
            "difference": difference,
            "label": label,
            "tab": "snapshots",
            "nav": "packages",
        },
    )


def exchanges(request: PageRequest, label: str) -> HttpResponse:
    """Show every METRC exchange behind a package."""
    rows = package_exchanges(
        actor=request.actor,
        license_ids=request.scope.license_ids,
        label=label,
    )
    return page(
        request,
        "packages/exchanges.html",
        {"rows": rows, "label": label, "tab": "exchanges", "nav": "packages"},
    )


def gates(request: PageRequest, label: str) -> HttpResponse:
    """Show why a package can not move now: every reason at once, each with its way out."""
    findings = package_gates(
        actor=request.actor,
        license_ids=request.scope.license_ids,
        label=label,
        now=request.now,
    )
    return page(
        request,
        "packages/gates.html",
        {"findings": findings, "label": label, "tab": "gates", "nav": "packages"},
    )
