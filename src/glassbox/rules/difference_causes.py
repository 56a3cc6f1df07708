"""What may lie behind a difference of quantity: causes with their effect, and the one that fits."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import combinations

# Every subset of more causes than this is not tried: a person looks.
CAUSES_AT_MOST = 12


class DifferenceClass(StrEnum):
    """Name what kind of difference it is; TIMING alone explains itself and opens no case."""

    TIMING = "TIMING"  # the two words are not of the same moment
    AUTHORITY = "AUTHORITY"  # METRC's word could not be read: a key, a permission
    TRANSFER = "TRANSFER"  # on its way between two licences, or not yet counted by us
    UNIT = "UNIT"
    CHANGED_OUTSIDE = "CHANGED_OUTSIDE"  # somebody worked in METRC's own pages
    LINEAGE = "LINEAGE"  # the two books name different sources
    DUPLICATE = "DUPLICATE"  # one fact was entered twice, on either side
    MAPPING = "MAPPING"  # another item, or the same goods under another tag
    COUNT = "COUNT"  # a person counted, and one side or both are wrong
    STATUS = "STATUS"
    UNEXPLAINED = "UNEXPLAINED"


class Confidence(StrEnum):
    """Name how sure a class is: METRC's own record says so, it fits exactly, or it is a guess."""

    CERTAIN = "CERTAIN"
    LIKELY = "LIKELY"
    POSSIBLE = "POSSIBLE"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Hold the class of a difference, how sure it is, why in words, and the records behind it."""

    difference_class: DifferenceClass
    confidence: Confidence
    words: str
    evidence: tuple[str, ...] = ()
    keeps_the_goods: bool = False

    @classmethod
    def certain(cls, difference_class: DifferenceClass, words: str) -> Verdict:
        """Return a verdict that a record itself gives."""
        return cls(difference_class=difference_class, confidence=Confidence.CERTAIN, words=words)

    @classmethod
    def likely(cls, difference_class: DifferenceClass, words: str) -> Verdict:
        """Return a verdict that fits exactly, though no record says it."""
        return cls(difference_class=difference_class, confidence=Confidence.LIKELY, words=words)

    @classmethod
    def possible(cls, difference_class: DifferenceClass, words: str) -> Verdict:
        """Return a verdict that nothing contradicts."""
        return cls(difference_class=difference_class, confidence=Confidence.POSSIBLE, words=words)


@dataclass(frozen=True, kw_only=True)
class Cause:
    """Hold one recorded fact that only one book has.

    `effect` is what it makes of METRC's quantity less ours, in the package's unit; None if the
    record does not say how much, and then only that METRC's became less. `keeps_the_goods` says
    that nothing was lost by it: what left this package stands in another.
    """

    difference_class: DifferenceClass
    effect: Decimal | None
    words: str
    evidence: str
    unit: str = ""
    keeps_the_goods: bool = False


def explain_quantity(
    difference: Decimal, causes: tuple[Cause, ...], *, unit: str = ""
) -> Verdict | None:
    """Return the cause or causes whose effects make up exactly METRC's quantity less ours.

    A cause in another unit than `unit` does not say how much of this package it took. One cause is preferred to several, all causes of a class to some of them. A cause that does
    not say how much is taken last, if METRC has less than we.
    """
    exact = [cause for cause in causes if _says_how_much(cause, unit)][:CAUSES_AT_MOST]
    for cause in exact:
        if cause.effect == difference:
            return _verdict((cause,), Confidence.CERTAIN)
    for difference_class in dict.fromkeys(cause.difference_class for cause in exact):
        of_class = tuple(one for one in exact if one.difference_class is difference_class)
        if len(of_class) > 1 and _sum(of_class) == difference:
            return _verdict(of_class, Confidence.CERTAIN)
    for number in range(2, len(exact) + 1):
        for some in combinations(exact, number):
            if _sum(some) == difference:
                return _verdict(some, Confidence.LIKELY)
    vague = tuple(cause for cause in causes if not _says_how_much(cause, unit))
    if vague and difference < 0:
        return _verdict(vague, Confidence.LIKELY)
    return None


def _says_how_much(cause: Cause, unit: str) -> bool:
    return cause.effect is not None and cause.unit in {"", unit}


def _sum(causes: tuple[Cause, ...]) -> Decimal:
    return sum((cause.effect or Decimal(0) for cause in causes), Decimal(0))


def _verdict(causes: tuple[Cause, ...], confidence: Confidence) -> Verdict:
    words = "; ".join(cause.words for cause in causes[:3])
    if len(causes) > 3:
        words += f"; and {len(causes) - 3} more"
    return Verdict(
        difference_class=causes[0].difference_class,
        confidence=confidence,
        words=words,
        evidence=tuple(cause.evidence for cause in causes),
        keeps_the_goods=all(cause.keeps_the_goods for cause in causes),
    )
