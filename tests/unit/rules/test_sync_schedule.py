"""When a whole walk is due by the licence's own night, and what is said of the time left."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassbox.rules.feed_schedule import (
    REQUESTS_AN_HOUR,
    REQUESTS_AN_HOUR_OF_A_BACKFILL,
    REQUESTS_AN_HOUR_OF_THE_WALK,
    SCHEDULES,
    WHOLE_WALK,
)
from glassbox.rules.sync_schedule import time_left, whole_walk_is_due

PACIFIC = ZoneInfo("America/Los_Angeles")
# Reads a licence may make in an hour at a fifth of METRC's limit of 50 a second.
AN_HOUR_OF_READS = 36_000


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PACIFIC).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "hours_ago", "is_due"),
    [
        ("2026-11-27T00:59", 24, False),
        ("2026-11-27T01:00", 24, True),
        ("2026-11-27T04:59", 24, True),
        ("2026-11-27T05:00", 24, False),
        ("2026-11-27T03:00", 9.9, False),
        ("2026-11-27T03:00", 10, True),
        ("2026-11-27T14:00", 29.9, False),
        ("2026-11-27T14:00", 30, True),
    ],
)
def test_a_walk_begins_at_night_and_by_day_rather_than_not(
    now: str, hours_ago: float, is_due: bool
) -> None:
    moment = at(now)
    last = moment - timedelta(hours=hours_ago)

    assert whole_walk_is_due(now=moment, last_at=last, zone=PACIFIC) is is_due


def test_a_licence_that_was_never_walked_does_not_wait_for_the_night() -> None:
    assert whole_walk_is_due(now=at("2026-11-27T14:00"), last_at=None, zone=PACIFIC)


def test_the_night_is_the_licences_own() -> None:
    now = at("2026-11-27T02:00")
    last = now - timedelta(hours=20)

    assert whole_walk_is_due(now=now, last_at=last, zone=PACIFIC)
    assert not whole_walk_is_due(now=now, last_at=last, zone=ZoneInfo("UTC"))


@pytest.mark.parametrize("day", ["2026-03-08", "2026-11-01"])
def test_nights_in_which_the_clock_is_changed_have_one_walk(day: str) -> None:
    begin = at(f"{day}T00:00")
    last, walks = begin - timedelta(hours=21), 0
    for minutes in range(0, 24 * 60, 10):
        now = begin + timedelta(minutes=minutes)
        if whole_walk_is_due(now=now, last_at=last, zone=PACIFIC):
            last, walks = now, walks + 1

    assert walks == 1


def test_no_walk_is_ever_older_than_its_bound() -> None:
    last = begin = at("2026-01-01T00:00")
    worst = timedelta(0)
    for hours in range(1, 24 * 400):
        now = begin + timedelta(hours=hours)
        worst = max(worst, now - last)
        if whole_walk_is_due(now=now, last_at=last, zone=PACIFIC):
            last = now

    assert worst <= timedelta(hours=30)


@pytest.mark.parametrize(("done", "planned"), [(0, 100), (2, 100), (11, 10)])
def test_no_time_is_told_before_the_pace_is_known(done: int, planned: int) -> None:
    assert time_left(elapsed=timedelta(seconds=9), steps_done=done, steps_planned=planned) is None


def test_the_time_left_is_that_of_the_steps_left() -> None:
    left = time_left(elapsed=timedelta(minutes=3), steps_done=3, steps_planned=9)

    assert left == timedelta(minutes=6)
    assert time_left(elapsed=timedelta(minutes=3), steps_done=9, steps_planned=9) == timedelta(0)


@given(st.integers(3, 10_000), st.integers(0, 10_000), st.integers(1, 100_000))
def test_the_time_left_shrinks_with_each_step(done: int, more: int, seconds: int) -> None:
    elapsed, planned = timedelta(seconds=seconds), done + more + 1
    now = time_left(elapsed=elapsed, steps_done=done, steps_planned=planned)
    then = time_left(elapsed=elapsed, steps_done=done + 1, steps_planned=planned)

    assert now is not None and then is not None and now > then >= timedelta(0)


def test_no_feed_can_starve_the_others() -> None:
    budgets = {name: schedule.requests_an_hour for name, schedule in SCHEDULES.items()}

    assert budgets.pop(WHOLE_WALK) == REQUESTS_AN_HOUR_OF_THE_WALK <= AN_HOUR_OF_READS / 5
    assert set(budgets.values()) == {REQUESTS_AN_HOUR}
    assert AN_HOUR_OF_READS / 10 >= REQUESTS_AN_HOUR
    at_first = {schedule.allowance(was_read=False) for schedule in SCHEDULES.values()}
    assert at_first == {REQUESTS_AN_HOUR_OF_A_BACKFILL} and max(at_first) <= AN_HOUR_OF_READS / 2
