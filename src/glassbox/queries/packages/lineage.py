"""The lineage of a package as a graph: what it was made of, and what was made of it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q

from glassbox import access
from glassbox.models.packages import Package, PackageLineage
from glassbox.queries.packages.page import find_package
from glassbox.queries.packages.rows import metrc_state_words, with_metrc
from glassbox.rules.actor import Actor

STEPS_AT_MOST = 12
NODES_AT_MOST = 400


@dataclass(frozen=True, kw_only=True)
class LineageNode:
    """One package of the graph. Beyond the receipt manifest METRC lets us see the tag alone."""

    label: str
    item_name: str
    quantity: Decimal | None
    unit: str
    metrc_state: str
    license_letter_number: str
    is_ours: bool
    is_centre: bool


@dataclass(frozen=True, kw_only=True)
class LineageArrow:
    """One arrow from source to child; dotted where only we claim it."""

    parent: str
    child: str
    quantity: Decimal | None
    unit: str
    is_seen_in_metrc: bool


@dataclass(frozen=True, kw_only=True)
class LineageGraph:
    """The packages and arrows around one package."""

    nodes: tuple[LineageNode, ...]
    arrows: tuple[LineageArrow, ...]
    is_cut: bool


def lineage_graph(*, actor: Actor, license_ids: tuple[int, ...], label: str) -> LineageGraph:
    """Return ancestors and descendants of a package, at most 12 steps and 400 packages away.

    :raises NotFound: if none of these licences has held it
    """
    with access.reading(actor):
        find_package(license_ids, label)
        arrows: dict[tuple[str, str], PackageLineage] = {}
        is_cut = _walk(license_ids, label, arrows, upward=True)
        is_cut |= _walk(license_ids, label, arrows, upward=False)
        labels = {label} | {end for arrow in arrows for end in arrow}
        known = {
            package.label: package
            for package in with_metrc(
                Package.objects.filter(license_id__in=license_ids, label__in=labels)
            )
            .select_related("license")
            .order_by("opened_at")
        }
    return LineageGraph(
        nodes=tuple(_node(name, known.get(name), label) for name in sorted(labels)),
        arrows=tuple(
            LineageArrow(
                parent=arrow.parent_label,
                child=arrow.child_label,
                quantity=arrow.quantity,
                unit=arrow.unit,
                is_seen_in_metrc=arrow.seen_in_metrc_at is not None,
            )
            for arrow in arrows.values()
        ),
        is_cut=is_cut,
    )


def _walk(
    license_ids: tuple[int, ...],
    label: str,
    arrows: dict[tuple[str, str], PackageLineage],
    *,
    upward: bool,
) -> bool:
    near, far = ("child_label", "parent_label") if upward else ("parent_label", "child_label")
    edge, seen = {label}, {label}
    for _ in range(STEPS_AT_MOST):
        if not edge:
            return False
        if len(seen) > NODES_AT_MOST:
            return True
        found = PackageLineage.objects.filter(
            Q(license_id__in=license_ids), Q(**{f"{near}__in": edge})
        )
        edge = set()
        for arrow in found:
            arrows.setdefault((arrow.parent_label, arrow.child_label), arrow)
            edge.add(getattr(arrow, far))
        edge -= seen
        seen |= edge
    return bool(edge)


def _node(label: str, package: Package | None, centre: str) -> LineageNode:
    row = package.__dict__ if package else {}
    return LineageNode(
        label=label,
        item_name=package.item_name if package else "Another licensee's package",
        quantity=row.get("metrc_quantity"),
        unit=package.unit if package else "",
        metrc_state=metrc_state_words(row.get("metrc_list"), row.get("is_held_by_state")),
        license_letter_number=package.license.number if package else "",
        is_ours=package is not None,
        is_centre=label == centre,
    )
