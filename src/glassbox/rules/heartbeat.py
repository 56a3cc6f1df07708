"""The four lights of the compliance heartbeat: from counts to a colour and a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from glassbox.rules.clocks import RECONCILIATION_DAYS, elapsed_text, reconciliation_due_at

WARN_BEFORE_DAYS = 5


class Colour(StrEnum):
    """Name how a light burns; grey says that it cannot be known."""

    GREEN = "GREEN"
    AMBER = "AMBER"
    RED = "RED"
    GREY = "GREY"


@dataclass(frozen=True, kw_only=True)
class HeartbeatFacts:
    """Hold the counts of one licence at one moment.

    `untagged_count` are our goods METRC does not show under a tag; `tagged_count` all it shows.
    `open_entry_count` are events not yet seen in METRC, `oldest_open_entry_at` the oldest of
    them, `late_entry_count` those past their 24 hours. `unmanifested_count` are goods that left
    or are about to leave within a day without a registered manifest, `departed_without_count`
    those that have left. `read_at` is the newest whole sync, None if there was none.
    """

    now: datetime
    read_at: datetime | None
    tagged_count: int
    untagged_count: int
    open_entry_count: int
    late_entry_count: int
    oldest_open_entry_at: datetime | None
    unmanifested_count: int
    departed_without_count: int
    reconciled_at: datetime | None
    opened_at: datetime


@dataclass(frozen=True, kw_only=True)
class Light:
    """Hold one light: its number, which has a list behind it, and its sentence."""

    key: str
    title: str
    colour: Colour
    count: int
    sentence: str


def lights(facts: HeartbeatFacts) -> tuple[Light, ...]:
    """Return the four lights in their fixed order (corrections, the mission page's rule)."""
    return (_tagged(facts), _entries(facts), _manifests(facts), _reconciliation(facts))


def _tagged(facts: HeartbeatFacts) -> Light:
    if facts.read_at is None:
        colour, sentence = Colour.GREY, "METRC has not been read whole yet."
    elif facts.untagged_count:
        colour = Colour.RED
        sentence = f"{_count(facts.untagged_count, 'package')} of ours METRC does not show."
    else:
        colour = Colour.GREEN
        sentence = f"All {_count(facts.tagged_count, 'package')} are tagged and in METRC."
    return Light(
        key="tagged_inventory",
        title="Tagged inventory",
        colour=colour,
        count=facts.untagged_count,
        sentence=sentence,
    )


def _entries(facts: HeartbeatFacts) -> Light:
    if facts.late_entry_count:
        colour = Colour.RED
        sentence = f"{_count(facts.late_entry_count, 'event')} not in METRC after 24 hours."
    elif facts.open_entry_count and facts.oldest_open_entry_at is not None:
        left = facts.oldest_open_entry_at + timedelta(hours=24) - facts.now
        soon = left <= timedelta(hours=12)
        colour = Colour.AMBER if soon else Colour.GREEN
        sentence = (
            f"{_count(facts.open_entry_count, 'event')} to enter; the first is due in "
            f"{elapsed_text(left)}."
        )
    else:
        colour, sentence = Colour.GREEN, "Every event is in METRC."
    return Light(
        key="entry_24_hours",
        title="24-hour entry",
        colour=colour,
        count=facts.open_entry_count,
        sentence=sentence,
    )


def _manifests(facts: HeartbeatFacts) -> Light:
    if facts.departed_without_count:
        colour = Colour.RED
        sentence = f"{_count(facts.departed_without_count, 'package')} left without a manifest."
    elif facts.unmanifested_count:
        colour = Colour.AMBER
        sentence = f"{_count(facts.unmanifested_count, 'package')} to leave within a day "
        sentence += "without a registered manifest."
    else:
        colour, sentence = Colour.GREEN, "Nothing moves without a manifest."
    return Light(
        key="manifest_before_movement",
        title="Manifest before movement",
        colour=colour,
        count=facts.unmanifested_count + facts.departed_without_count,
        sentence=sentence,
    )


def _reconciliation(facts: HeartbeatFacts) -> Light:
    # Before the first one, the thirty days run from the opening of the licence here.
    due_at = reconciliation_due_at(facts.reconciled_at or facts.opened_at)
    days_left = (due_at - facts.now).days
    if facts.now > due_at:
        colour = Colour.RED
        sentence = f"The {RECONCILIATION_DAYS}-day reconciliation was due on {due_at.date()}."
    else:
        colour = Colour.AMBER if days_left < WARN_BEFORE_DAYS else Colour.GREEN
        done = "none was completed yet" if facts.reconciled_at is None else "on time"
        sentence = f"The next reconciliation is due in {_count(days_left, 'day')}; {done}."
    return Light(
        key="reconciliation_30_days",
        title="30-day reconciliation",
        colour=colour,
        count=max(days_left, 0),
        sentence=sentence,
    )


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
