"""Ancestors, descendants and traces over the edges of package lineage."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from glassbox.rules.quantities import Quantity


@dataclass(frozen=True, kw_only=True)
class Edge:
    """Hold that `child` was made out of `parent`; the quantity is unknown where METRC is silent."""

    parent: str
    child: str
    quantity: Quantity | None = None


@dataclass(frozen=True, kw_only=True)
class Kin:
    """Hold one relative and how many steps away it is at the least."""

    label: str
    steps: int


@dataclass(frozen=True, kw_only=True)
class Whereabouts:
    """Hold who holds a package and how much of it; `is_in_transit` means still on the road."""

    label: str
    holder_license_number: str
    quantity: Quantity
    is_in_transit: bool = False
    is_testing_sample: bool = False


@dataclass(frozen=True, kw_only=True)
class Trace:
    """Hold a trace forward: every package made from the start, by where it is now.

    `unreadable` are descendants whose whereabouts we cannot know; beyond the receipt manifest
    of another licensee that is an answer, not a gap (corrections 8).
    """

    start: str
    descendants: tuple[Kin, ...]
    here: tuple[Whereabouts, ...]
    elsewhere: tuple[Whereabouts, ...]
    unreadable: tuple[str, ...]

    @property
    def holders(self) -> tuple[str, ...]:
        """Return the other licences that hold something, in order."""
        return tuple(sorted({place.holder_license_number for place in self.elsewhere}))


def ancestors(label: str, edges: Iterable[Edge]) -> tuple[Kin, ...]:
    """Return every package this one was made from, nearest first, each once."""
    parents: dict[str, set[str]] = defaultdict(set)
    for edge in edges:
        parents[edge.child].add(edge.parent)
    return _walk(label, parents)


def descendants(label: str, edges: Iterable[Edge]) -> tuple[Kin, ...]:
    """Return every package made from this one, nearest first, each once."""
    children: dict[str, set[str]] = defaultdict(set)
    for edge in edges:
        children[edge.parent].add(edge.child)
    return _walk(label, children)


def held_ancestors(label: str, edges: Iterable[Edge], held: frozenset[str]) -> tuple[str, ...]:
    """Return the ancestors METRC flags with a hold, nearest first (QA-11)."""
    return tuple(kin.label for kin in ancestors(label, edges) if kin.label in held)


def trace_forward(
    start: str,
    edges: Iterable[Edge],
    *,
    places: Mapping[str, Whereabouts],
    our_license_numbers: frozenset[str],
) -> Trace:
    """Return where the package and all that was made of it is now (CA-RE-04).

    The start itself is listed while something is left of it; empty packages are not.
    """
    found = descendants(start, edges)
    labels = [start, *(kin.label for kin in found)]
    known = [places[label] for label in labels if label in places]
    filled = [place for place in known if not place.quantity.is_zero]
    return Trace(
        start=start,
        descendants=found,
        here=tuple(p for p in filled if p.holder_license_number in our_license_numbers),
        elsewhere=tuple(p for p in filled if p.holder_license_number not in our_license_numbers),
        unreadable=tuple(label for label in labels if label not in places),
    )


def _walk(start: str, neighbours: Mapping[str, set[str]]) -> tuple[Kin, ...]:
    """Walk breadth first; a circle, which only a corrupt record can make, ends by itself."""
    seen = {start}
    queue = deque([(start, 0)])
    found = []
    while queue:
        label, steps = queue.popleft()
        for neighbour in sorted(neighbours.get(label, ())):
            if neighbour not in seen:
                seen.add(neighbour)
                found.append(Kin(label=neighbour, steps=steps + 1))
                queue.append((neighbour, steps + 1))
    return tuple(found)
