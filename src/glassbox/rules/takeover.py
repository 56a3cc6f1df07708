"""Go-live of a licence: its steps and lights, what a key is tested for, whose name is whose."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import pairwise

# Below this likeness of two names no person is suggested.
LIKE_ENOUGH = 0.72
TAG = re.compile(r"[A-Z0-9]{15}[0-9]{9}")


class Step(StrEnum):
    """Name the steps of a go-live, in the order in which they are done."""

    KEY = "KEY"
    BACKFILL = "BACKFILL"
    BOOK = "BOOK"
    TAGS = "TAGS"
    NAMES = "NAMES"
    HALF_DONE = "HALF_DONE"
    COUNT = "COUNT"
    SWITCH = "SWITCH"


class Light(StrEnum):
    """Name how a step stands. WORKING: the machine is at it; PERSON: somebody is needed."""

    DONE = "DONE"
    WORKING = "WORKING"
    PERSON = "PERSON"
    NOT_YET = "NOT_YET"


# Without these nobody may switch writing on, whatever they accept by name.
MUST_BE_DONE = frozenset({Step.KEY, Step.BACKFILL, Step.BOOK})


@dataclass(frozen=True, kw_only=True)
class OpenPoint:
    """Hold one thing that needs a person.

    `key` names the fact, `address` lies below the licence's own, `labels` are the packages
    concerned. One that `can_be_accepted` may stay open at the switch, taken on by name.
    """

    step: Step
    key: str
    sentence: str
    way_out: str
    address: str
    labels: tuple[str, ...] = ()
    can_be_accepted: bool = True


@dataclass(frozen=True, kw_only=True)
class KeyCheck:
    """Hold one harmless read by which a key is tested, and what it is for.

    Without an essential one nothing works at all.
    """

    endpoint: str
    what_for: str
    is_essential: bool = False


KEY_CHECKS: tuple[KeyCheck, ...] = (
    KeyCheck(
        endpoint="GET /facilities/v2/",
        what_for="to know which licences the key sees",
        is_essential=True,
    ),
    KeyCheck(
        endpoint="GET /packages/v2/active",
        what_for="to read packages",
        is_essential=True,
    ),
    KeyCheck(
        endpoint="GET /transfers/v2/incoming",
        what_for="to read deliveries, in and out",
        is_essential=True,
    ),
    KeyCheck(
        endpoint="GET /transfers/v2/templates/outgoing",
        what_for="to follow the manifests we prepare",
    ),
    KeyCheck(endpoint="GET /items/v2/active", what_for="to know items by name"),
    KeyCheck(
        endpoint="GET /locations/v2/active",
        what_for="to know rooms by name",
    ),
    KeyCheck(
        endpoint="GET /employees/v2/",
        what_for="to match people to METRC's list",
    ),
    KeyCheck(
        endpoint="GET /transporters/v2/drivers",
        what_for="to choose drivers for a manifest",
    ),
    KeyCheck(
        endpoint="GET /transporters/v2/vehicles",
        what_for="to choose vehicles for a manifest",
    ),
    KeyCheck(
        endpoint="GET /tags/v2/package/available",
        what_for="to see which tags METRC holds as unused (a premium list in some states)",
    ),
)


class KeyOutcome(StrEnum):
    """Name what a test of one read showed."""

    MAY = "MAY"
    MAY_NOT = "MAY_NOT"
    NOT_HERE = "NOT_HERE"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """Hold whom METRC's list may mean by a person of ours; `likeness` is 1 for the same name."""

    employee_id: int
    full_name: str
    likeness: float


def suggest_employees(name: str, employees: Iterable[tuple[int, str]]) -> tuple[Suggestion, ...]:
    """Return who of METRC's list may be this person, the likeliest first; a person confirms."""
    found = [
        Suggestion(
            employee_id=employee_id, full_name=full_name, likeness=_likeness(name, full_name)
        )
        for employee_id, full_name in employees
    ]
    likely = [one for one in found if one.likeness >= LIKE_ENOUGH]
    return tuple(sorted(likely, key=lambda one: (-one.likeness, one.full_name)))


def _likeness(one: str, other: str) -> float:
    mine, theirs = _words(one), _words(other)
    if not mine or not theirs:
        return 0.0
    if mine == theirs:
        return 1.0
    if set(mine) <= set(theirs) or set(theirs) <= set(mine):
        return 0.9
    return SequenceMatcher(None, " ".join(mine), " ".join(theirs)).ratio()


def _words(name: str) -> list[str]:
    return sorted(re.findall(r"\w+", name.casefold()))


@dataclass(frozen=True, kw_only=True)
class TagRange:
    """Hold consecutive tags of one status, as they came on a roll."""

    first: str
    last: str
    count: int


def ranges_of(labels: Iterable[str]) -> tuple[TagRange, ...]:
    """Return the unbroken runs of tags, by number; what is no tag stands alone."""
    ordered = sorted(set(labels))
    found: list[list[str]] = [[label] for label in ordered[:1]]
    for before, label in pairwise(ordered):
        if _follows(before, label):
            found[-1].append(label)
        else:
            found.append([label])
    return tuple(TagRange(first=run[0], last=run[-1], count=len(run)) for run in found)


def _follows(before: str, label: str) -> bool:
    if not (TAG.fullmatch(before) and TAG.fullmatch(label)) or before[:15] != label[:15]:
        return False
    return int(label[15:]) == int(before[15:]) + 1


def time_left(*, spent: timedelta, done: float) -> timedelta | None:
    """Return about how long a read still takes; None while too little of it (under 1 %) is done.

    `done` is a share from 0 to 1. Lists of the far past are short, those of last year long, so
    it is an estimate and the page says so.
    """
    if done < 0.01 or not spent:
        return None
    return spent * (1 - min(done, 1.0)) / done
