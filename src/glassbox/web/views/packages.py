"""One package, its lineage, its snapshots and the exchanges behind it."""

from __future__ import annotations

import json

from django.http import HttpResponse

from glassbox.queries.gate_facts import package_gates
from glassbox.queries.packages.lineage import lineage_graph
from glassbox.queries.packages.page import package_exchanges, package_page, snapshot_difference
from glassbox.web.pages import page
from glassbox.web.request import PageRequest

DRAFT_FORMS = (
    ("adjust", "Adjust"),
    ("move", "Move"),
    ("split", "Split"),
    ("finish", "Finish"),
)


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
        fragment="packages/_pane.html",
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
