"""Our book and METRC's newest word -> differences, each with a class and a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from glassbox.rules.package_state import (
    LocalState,
    PackageList,
    PackageState,
    demanded_by,
    is_stricter,
)
from glassbox.rules.quantities import Quantity


class DifferenceClass(StrEnum):
    """Name what kind of difference it is; only the first two explain themselves."""

    IN_FLIGHT = "IN_FLIGHT"  # an action of ours on it is not settled yet
    TIMING = "TIMING"  # one side is newer than the other's last read
    COUNT = "COUNT"
    UNIT = "UNIT"
    STATUS = "STATUS"
    MISSING = "MISSING"  # ours, but METRC's whole walk does not show it
    UNKNOWN_TO_US = "UNKNOWN_TO_US"  # METRC's, but our book has never heard of it


@dataclass(frozen=True, kw_only=True)
class OurPackage:
    """Hold a package as our own book knows it; `moved_at` is our last movement on it."""

    label: str
    quantity: Quantity
    local_state: LocalState
    moved_at: datetime | None = None
    unresolved_action_ids: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Difference:
    """Hold one package on which both sides do not say the same."""

    label: str
    difference_class: DifferenceClass
    our_quantity: Quantity | None
    metrc_quantity: Quantity | None
    sentence: str

    @property
    def percent(self) -> Decimal | None:
        """Return how far we are from METRC, in percent of METRC's, unrounded; None if unknown."""
        ours, metrc = self.our_quantity, self.metrc_quantity
        if ours is None or metrc is None or ours.unit.name != metrc.unit.name:
            return None
        if metrc.is_zero:
            return Decimal(0) if ours.is_zero else Decimal(100)
        return abs(ours.value - metrc.value) * 100 / metrc.value


# States in which METRC no longer shows, or does not yet show, the package under our licence.
NOT_WITH_US = frozenset(
    {LocalState.EXPECTED, LocalState.DELIVERED, LocalState.CLOSED, LocalState.DESTROYED}
)
_ENDED = frozenset({LocalState.CLOSED, LocalState.DESTROYED})


def compare(
    *,
    ours: Iterable[OurPackage],
    metrc: Mapping[str, PackageState],
    walk_was_whole: bool,
    settle_seconds: int,
) -> tuple[Difference, ...]:
    """Return every difference, by label.

    `metrc` maps labels to what was last read under the licence. Absence counts only if every
    list was walked whole (ME-12). A movement of ours younger than METRC's read, or within
    `settle_seconds` before it, is TIMING: METRC may not have shown it yet.
    """
    book = {package.label: package for package in ours}
    found: list[Difference] = []
    for label in sorted(book):
        seen = metrc.get(label)
        if seen is not None:
            found.extend(_both(book[label], seen, timedelta(seconds=settle_seconds)))
        elif walk_was_whole:
            found.extend(_only_ours(book[label]))
    for label in sorted(metrc.keys() - book.keys()):
        found.extend(_only_metrc(metrc[label]))
    return tuple(sorted(found, key=lambda difference: difference.label))


def _both(ours: OurPackage, seen: PackageState, settle: timedelta) -> Iterator[Difference]:
    if ours.quantity != seen.quantity:
        yield _quantity_difference(ours, seen, settle)
    status = _status_problem(ours, seen)
    if status:
        yield Difference(
            label=ours.label,
            difference_class=DifferenceClass.STATUS,
            our_quantity=ours.quantity,
            metrc_quantity=seen.quantity,
            sentence=f"{ours.label}: {status}.",
        )


def _quantity_difference(ours: OurPackage, seen: PackageState, settle: timedelta) -> Difference:
    words = f"our book says {ours.quantity.text()}, METRC says {seen.quantity.text()}"
    if ours.unresolved_action_ids:
        difference_class = DifferenceClass.IN_FLIGHT
        words += f"; action {ours.unresolved_action_ids[0]} is not settled yet"
    elif ours.quantity.unit.name != seen.quantity.unit.name:
        difference_class = DifferenceClass.UNIT
    elif ours.moved_at is not None and ours.moved_at > seen.seen_at - settle:
        difference_class = DifferenceClass.TIMING
        words += "; our last movement is newer than METRC's word"
    else:
        difference_class = DifferenceClass.COUNT
    return Difference(
        label=ours.label,
        difference_class=difference_class,
        our_quantity=ours.quantity,
        metrc_quantity=seen.quantity,
        sentence=f"{ours.label}: {words}.",
    )


def _status_problem(ours: OurPackage, seen: PackageState) -> str | None:
    state = ours.local_state.replace("_", " ").lower()
    demanded = demanded_by(seen)
    if demanded is not None and is_stricter(demanded, ours.local_state):
        return f"we have it as {state}, METRC demands {demanded.replace('_', ' ').lower()}"
    if ours.local_state in _ENDED and seen.seen_in is PackageList.ACTIVE and not seen.is_finished:
        return f"we have it as {state}, METRC shows it active"
    if ours.local_state is LocalState.DELIVERED and seen.seen_in is PackageList.ACTIVE:
        return "we have it as delivered, METRC shows it active with us"
    return None


def _only_ours(ours: OurPackage) -> Iterator[Difference]:
    if ours.local_state in NOT_WITH_US:
        return
    in_flight = bool(ours.unresolved_action_ids)
    yield Difference(
        label=ours.label,
        difference_class=DifferenceClass.IN_FLIGHT if in_flight else DifferenceClass.MISSING,
        our_quantity=ours.quantity,
        metrc_quantity=None,
        sentence=f"{ours.label}: our book says {ours.quantity.text()}, METRC does not show it"
        + (f"; action {ours.unresolved_action_ids[0]} is not settled yet." if in_flight else "."),
    )


def _only_metrc(seen: PackageState) -> Iterator[Difference]:
    if seen.seen_in not in {PackageList.ACTIVE, PackageList.ON_HOLD} or seen.is_finished:
        return
    yield Difference(
        label=seen.label,
        difference_class=DifferenceClass.UNKNOWN_TO_US,
        our_quantity=None,
        metrc_quantity=seen.quantity,
        sentence=f"{seen.label}: METRC shows {seen.quantity.text()} of {seen.item_name}, "
        "our book has never heard of it.",
    )
