"""Two words on one package and what is known of both -> differences, each with class and evidence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from glassbox.rules.difference_causes import (
    Cause,
    Confidence,
    DifferenceClass,
    Verdict,
    explain_quantity,
)
from glassbox.rules.package_state import (
    LocalState,
    PackageList,
    PackageState,
    demanded_by,
    is_stricter,
)
from glassbox.rules.quantities import Quantity


class Aspect(StrEnum):
    """Name what the two books disagree about; one case per package and aspect."""

    QUANTITY = "QUANTITY"
    PRESENCE = "PRESENCE"
    STATUS = "STATUS"
    LINEAGE = "LINEAGE"
    ITEM = "ITEM"
    COUNTED = "COUNTED"


@dataclass(frozen=True, kw_only=True)
class OurPackage:
    """Hold a package as our own book knows it; `moved_at` is our last movement on it.

    `units` are the units our movements were booked in: one, if the book is sound.
    """

    label: str
    quantity: Quantity
    local_state: LocalState
    moved_at: datetime | None = None
    units: tuple[str, ...] = ()
    unresolved_action_ids: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Counted:
    """Hold what a person found: how much, who, when; `tolerance` is that of the scale."""

    quantity: Quantity
    counted_by: str
    counted_at: datetime
    tolerance: Decimal = Decimal(0)

    def agrees_with(self, other: Quantity) -> bool:
        """Return whether an amount lies within the tolerance of the scale."""
        if other.unit.name != self.quantity.unit.name:
            return False
        return abs(other.value - self.quantity.value) <= self.tolerance


@dataclass(frozen=True, kw_only=True)
class Lineage:
    """Hold what two books say of one child: sources we claim, and sources METRC shows."""

    child_label: str
    claimed: tuple[str, ...]
    seen: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Known:
    """Hold every fact that may explain a difference of one package.

    `authority` says why METRC's word could not be read, `transfer` what journey it is on,
    `other_tag` the same goods under another tag, `recorded_item` what our batch record names.
    """

    causes: tuple[Cause, ...] = ()
    unresolved_action_ids: tuple[int, ...] = ()
    authority: str = ""
    transfer: str = ""
    transfer_is_overdue: bool = False
    other_tag: str = ""
    twin: str = ""
    made_outside: str = ""
    recorded_item: str = ""
    counted: Counted | None = None
    lineage: Lineage | None = None


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Hold both words on one label. Not both are None."""

    label: str
    ours: OurPackage | None
    metrc: PackageState | None
    known: Known = Known()


@dataclass(frozen=True, kw_only=True)
class Reading:
    """Hold how METRC was read: whole or in part, and how long it may take to show a change."""

    is_whole: bool
    settle: timedelta
    read_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Difference:
    """Hold one thing on which both sides do not say the same."""

    label: str
    aspect: Aspect
    difference_class: DifferenceClass
    confidence: Confidence
    our_quantity: Quantity | None
    metrc_quantity: Quantity | None
    counted: Counted | None
    sentence: str
    evidence: tuple[str, ...] = ()
    is_overdue: bool = False
    keeps_the_goods: bool = False

    @property
    def fact_key(self) -> str:
        """Return what names the fact, however its explanation changes."""
        return f"difference:{self.label}:{self.aspect}"

    @property
    def percent(self) -> Decimal | None:
        """Return how far we are from METRC, in percent of METRC's, unrounded; None if unknown.

        Where both books agree and a person counted something else, it is the count that is far.
        """
        ours, metrc = self.our_quantity, self.metrc_quantity
        if self.aspect is Aspect.COUNTED and self.counted is not None:
            ours = self.counted.quantity
        if ours is None or metrc is None or ours.unit.name != metrc.unit.name:
            return None
        if metrc.is_zero:
            return Decimal(0) if ours.is_zero else Decimal(100)
        return abs(ours.value - metrc.value) * 100 / metrc.value


# States in which METRC no longer shows, or does not yet show, the package under our licence.
NOT_WITH_US = frozenset(
    {LocalState.EXPECTED, LocalState.DELIVERED, LocalState.CLOSED, LocalState.DESTROYED}
)
ENDED = frozenset({LocalState.CLOSED, LocalState.DESTROYED})
OPEN_LISTS = frozenset({PackageList.ACTIVE, PackageList.ON_HOLD})


def differences_of(pair: Pair, reading: Reading) -> tuple[Difference, ...]:
    """Return every difference of one package, the gravest aspect first; none if the books agree.

    Absence in METRC counts as missing only if every list was walked whole (ME-12).
    """
    return tuple(_found(pair, reading))


def _found(pair: Pair, reading: Reading) -> Iterator[Difference]:
    if pair.ours is None:
        yield from _only_metrc(pair)
    elif pair.metrc is None:
        yield from _only_ours(pair, pair.ours, reading)
    else:
        yield from _quantity(pair, pair.ours, pair.metrc, reading)
        status = status_problem(pair.ours.local_state, pair.metrc)
        if status:
            yield _difference(
                pair, Aspect.STATUS, Verdict.certain(DifferenceClass.STATUS, status), status
            )
        yield from _item(pair, pair.metrc)
        yield from _lineage(pair, pair.ours, pair.metrc, reading)


def _quantity(
    pair: Pair, ours: OurPackage, seen: PackageState, reading: Reading
) -> Iterator[Difference]:
    units = set(ours.units) or {ours.quantity.unit.name}
    if ours.quantity == seen.quantity and units == {seen.quantity.unit.name}:
        yield from _counted(pair, ours)
        return
    words = f"our book says {ours.quantity.text()}, METRC says {seen.quantity.text()}"
    verdict = (
        _in_time(pair, ours, seen, reading)
        or _unit(ours, seen)
        or explain_quantity(
            seen.quantity.value - ours.quantity.value,
            pair.known.causes,
            unit=seen.quantity.unit.name,
        )
        or _by_count(pair, ours, seen)
        or Verdict.possible(DifferenceClass.UNEXPLAINED, "nothing on record explains it")
    )
    yield _difference(pair, Aspect.QUANTITY, verdict, f"{words}; {verdict.words}")


def _in_time(pair: Pair, ours: OurPackage, seen: PackageState, reading: Reading) -> Verdict | None:
    """Return why the two words are not of the same moment, if they are not."""
    if ours.unresolved_action_ids:
        return Verdict.certain(
            DifferenceClass.TIMING, f"action {ours.unresolved_action_ids[0]} is not settled yet"
        )
    is_newer = ours.moved_at is not None and ours.moved_at > seen.seen_at - reading.settle
    if is_newer and pair.known.authority:
        return Verdict.certain(DifferenceClass.AUTHORITY, pair.known.authority)
    if is_newer:
        return Verdict.certain(
            DifferenceClass.TIMING, "our last movement is newer than METRC's word"
        )
    if pair.known.transfer:
        return Verdict.certain(DifferenceClass.TRANSFER, pair.known.transfer)
    return None


def _unit(ours: OurPackage, seen: PackageState) -> Verdict | None:
    units = set(ours.units) | {ours.quantity.unit.name}
    if units != {seen.quantity.unit.name}:
        words = f"our book counts in {', '.join(sorted(units))}, METRC in {seen.quantity.unit.name}"
        return Verdict.certain(DifferenceClass.UNIT, words)
    for name, factor in FACTORS.items():
        for larger, smaller in ((ours, seen), (seen, ours)):
            if smaller.quantity.value and (
                larger.quantity.value == smaller.quantity.value * factor
            ):
                words = f"one is exactly {factor:f} times the other, as {name} are"
                return Verdict.likely(DifferenceClass.UNIT, words)
    return None


# What one larger unit is in a smaller one, where people mix the two up.
FACTORS: dict[str, Decimal] = {
    "kilograms and grams": Decimal(1000),
    "ounces and grams": Decimal("28.3495"),
    "pounds and grams": Decimal("453.592"),
    "pounds and ounces": Decimal(16),
}


def _by_count(pair: Pair, ours: OurPackage, seen: PackageState) -> Verdict | None:
    counted = pair.known.counted
    if counted is None or (ours.moved_at is not None and counted.counted_at < ours.moved_at):
        return None
    words = f"{counted.counted_by} counted {counted.quantity.text()}"
    if counted.agrees_with(ours.quantity):
        return Verdict.certain(DifferenceClass.COUNT, f"{words}, as our book says")
    if counted.agrees_with(seen.quantity):
        return Verdict.certain(DifferenceClass.COUNT, f"{words}, as METRC says")
    return Verdict.likely(DifferenceClass.COUNT, f"{words}, which neither side says")


def _counted(pair: Pair, ours: OurPackage) -> Iterator[Difference]:
    counted = pair.known.counted
    if counted is None or counted.agrees_with(ours.quantity):
        return
    if ours.moved_at is not None and counted.counted_at < ours.moved_at:
        return
    words = (
        f"both books say {ours.quantity.text()}, {counted.counted_by} counted "
        f"{counted.quantity.text()}"
    )
    yield _difference(pair, Aspect.COUNTED, Verdict.certain(DifferenceClass.COUNT, words), words)


def status_problem(state: LocalState, seen: PackageState) -> str | None:
    """Return how our state contradicts METRC's, or None."""
    ours = state.replace("_", " ").lower()
    demanded = demanded_by(seen)
    if demanded is not None and is_stricter(demanded, state):
        return f"we have it as {ours}, METRC demands {demanded.replace('_', ' ').lower()}"
    if state in ENDED and seen.seen_in in OPEN_LISTS and not seen.is_finished:
        return f"we have it as {ours}, METRC shows it active"
    if state is LocalState.DELIVERED and seen.seen_in in OPEN_LISTS:
        return "we have it as delivered, METRC shows it active with us"
    return None


def _item(pair: Pair, seen: PackageState) -> Iterator[Difference]:
    recorded = pair.known.recorded_item
    if not recorded or recorded == seen.item_name:
        return
    words = f"our batch record names the item {recorded}, METRC shows {seen.item_name}"
    yield _difference(pair, Aspect.ITEM, Verdict.certain(DifferenceClass.MAPPING, words), words)


def _lineage(
    pair: Pair, ours: OurPackage, seen: PackageState, reading: Reading
) -> Iterator[Difference]:
    lineage = pair.known.lineage
    if lineage is None or ours.unresolved_action_ids:
        return
    if ours.moved_at is not None and ours.moved_at > seen.seen_at - reading.settle:
        return
    words = (
        f"we made it from {_labels(lineage.claimed)}, METRC shows {_labels(lineage.seen)} "
        "as its source"
    )
    yield _difference(pair, Aspect.LINEAGE, Verdict.certain(DifferenceClass.LINEAGE, words), words)


def _labels(labels: tuple[str, ...]) -> str:
    return ", ".join(labels) or "none"


def _only_ours(pair: Pair, ours: OurPackage, reading: Reading) -> Iterator[Difference]:
    if ours.local_state in NOT_WITH_US:
        return
    verdict = _why_unseen(pair, ours, reading)
    words = f"our book says {ours.quantity.text()}, METRC does not show it"
    yield _difference(pair, Aspect.PRESENCE, verdict, f"{words}; {verdict.words}")


def _why_unseen(pair: Pair, ours: OurPackage, reading: Reading) -> Verdict:
    known = pair.known
    if ours.unresolved_action_ids:
        return Verdict.certain(
            DifferenceClass.TIMING, f"action {ours.unresolved_action_ids[0]} is not settled yet"
        )
    if known.authority:
        return Verdict.certain(DifferenceClass.AUTHORITY, known.authority)
    if not reading.is_whole:
        return Verdict.certain(
            DifferenceClass.TIMING, "METRC's lists were not walked to their end since"
        )
    if known.transfer:
        return Verdict.certain(DifferenceClass.TRANSFER, known.transfer)
    is_newer = (
        ours.moved_at is not None
        and reading.read_at is not None
        and (ours.moved_at > reading.read_at - reading.settle)
    )
    if is_newer:
        return Verdict.certain(
            DifferenceClass.TIMING, "our last movement is newer than METRC's lists"
        )
    if known.other_tag:
        return Verdict.likely(DifferenceClass.MAPPING, known.other_tag)
    return Verdict.certain(DifferenceClass.UNEXPLAINED, "every list of METRC was walked whole")


def _only_metrc(pair: Pair) -> Iterator[Difference]:
    seen, known = pair.metrc, pair.known
    if seen is None or seen.seen_in not in OPEN_LISTS or seen.is_finished:
        return
    if known.unresolved_action_ids:
        words = f"action {known.unresolved_action_ids[0]} is not settled yet"
        verdict = Verdict.certain(DifferenceClass.TIMING, words)
    elif known.transfer:
        verdict = Verdict.certain(DifferenceClass.TRANSFER, known.transfer)
    elif known.other_tag:
        verdict = Verdict.likely(DifferenceClass.MAPPING, known.other_tag)
    elif known.twin:
        verdict = Verdict.likely(DifferenceClass.DUPLICATE, known.twin)
    elif known.made_outside:
        verdict = Verdict.certain(DifferenceClass.CHANGED_OUTSIDE, known.made_outside)
    else:
        verdict = Verdict.certain(DifferenceClass.UNEXPLAINED, "nothing says where it came from")
    words = (
        f"METRC shows {seen.quantity.text()} of {seen.item_name}, our book has never heard of it"
    )
    yield _difference(pair, Aspect.PRESENCE, verdict, f"{words}; {verdict.words}")


def _difference(pair: Pair, aspect: Aspect, verdict: Verdict, words: str) -> Difference:
    return Difference(
        label=pair.label,
        aspect=aspect,
        difference_class=verdict.difference_class,
        confidence=verdict.confidence,
        our_quantity=pair.ours.quantity if pair.ours else None,
        metrc_quantity=pair.metrc.quantity if pair.metrc else None,
        counted=pair.known.counted,
        sentence=f"{pair.label}: {words}.",
        evidence=verdict.evidence,
        is_overdue=verdict.difference_class is DifferenceClass.TRANSFER
        and pair.known.transfer_is_overdue,
        keeps_the_goods=verdict.keeps_the_goods,
    )
