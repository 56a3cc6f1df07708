"""The flow map: the steps as a picture with live counts, and what is stuck and where."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from glassbox import access
from glassbox.queries.flow_map.counts import steps
from glassbox.queries.flow_map.places import PLACES, StepFilter, StepPlace
from glassbox.queries.frame import Scope
from glassbox.rules.actor import Actor

# A truck, a sample or an order that has not moved for a day is what a manager asks about first.
STUCK_AFTER = timedelta(hours=24)


@dataclass(frozen=True, kw_only=True)
class StepNode:
    """One step with its live counts."""

    place: StepPlace
    count: int
    stuck: int
    is_dimmed: bool
    x: int
    y: int


@dataclass(frozen=True, kw_only=True)
class FlowMap:
    """The picture: the steps, and the arrows between them as SVG paths."""

    nodes: tuple[StepNode, ...]
    arrows: tuple[str, ...]
    width: int
    height: int
    chosen: StepFilter | None


# Cells of the picture, in SVG units.
CELL_WIDTH, CELL_HEIGHT = 178, 118
NODE_WIDTH, NODE_HEIGHT = 146, 82
LEFT, TOP = 34, 16
LANES = ("M", "D", "S")

ARROWS = (
    ("1", "2"),
    ("2", "3"),
    ("3", "4"),
    ("4", "5"),
    ("5", "6"),
    ("6", "7"),
    ("7", "8"),
    ("8", "9"),
    ("9", "10"),
    ("10", "11"),
    ("11", "12"),
    ("12", "13"),
    ("13", "14"),
    ("7", "7F"),
)


def flow_map(*, actor: Actor, scope: Scope, chosen: StepFilter | None, now: datetime) -> FlowMap:
    """Return the picture with the counts of this moment. Runs a fixed number of statements."""
    with access.reading(actor):
        counts = {
            key: (rows.count(), stuck.count())
            for key, (rows, stuck) in steps(scope, now - STUCK_AFTER).items()
        }
    nodes = tuple(_node(place, counts.get(place.key, (0, 0)), chosen) for place in PLACES)
    by_key = {node.place.key: node for node in nodes}
    return FlowMap(
        nodes=nodes,
        arrows=tuple(_arrow(by_key[start], by_key[end]) for start, end in ARROWS),
        width=LEFT + 7 * CELL_WIDTH,
        height=TOP + len(LANES) * CELL_HEIGHT,
        chosen=chosen,
    )


def _node(place: StepPlace, counted: tuple[int, int], chosen: StepFilter | None) -> StepNode:
    return StepNode(
        place=place,
        count=counted[0],
        stuck=counted[1],
        is_dimmed=chosen is not None and chosen not in place.filters,
        x=LEFT + place.column * CELL_WIDTH,
        y=TOP + LANES.index(place.lane) * CELL_HEIGHT,
    )


def _arrow(start: StepNode, end: StepNode) -> str:
    """Return the SVG path from one node to another: straight on, straight down, or around."""
    if start.y == end.y and start.x < end.x:
        y = start.y + NODE_HEIGHT // 2
        return f"M{start.x + NODE_WIDTH} {y} H{end.x - 3}"
    if start.y == end.y:
        y = start.y + NODE_HEIGHT // 2
        return f"M{start.x} {y} H{end.x + NODE_WIDTH + 3}"
    middle = start.y + NODE_HEIGHT + (CELL_HEIGHT - NODE_HEIGHT) // 2
    return (
        f"M{start.x + NODE_WIDTH // 2} {start.y + NODE_HEIGHT} V{middle} "
        f"H{end.x + NODE_WIDTH // 2} V{end.y - 3}"
    )
