"""What may not be read at once goes on where it stopped, and says nothing of absence before its end."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from glassbox.cli.demo_brand import MAKER, Brand
from glassbox.models.companies import License
from glassbox.operations.sync.run import TIMETABLE
from glassbox.operations.transaction import short_transaction
from glassbox.rules.feed_schedule import SCHEDULES, WHOLE_WALK
from tests.desk import Desk
from tests.journeys.story import now, receive_oil
from tests.journeys.sync_story import cursor, newest, runs, sync
from tests.journeys.test_sync_alone import A_DAY, ACTIVE, through
from tests.journeys.twisted_metrc import each_row

# Longer ago than the timetable lets a licence go without a whole walk, whatever the hour.
OVERDUE = timedelta(hours=50)


def test_a_whole_walk_stops_at_the_end_of_its_slice_and_goes_on_there(
    brand: Brand, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    (oil,) = receive_oil(brand, desk, 100)
    desk.do("clock", offsetSeconds=OVERDUE.total_seconds())
    # One window is three requests, one for each open list; two days are at least two windows.
    monkeypatch.setattr("glassbox.operations.sync.whole_walk.REQUESTS_OF_A_SLICE", 3)
    night = now() + OVERDUE

    sync(brand, at=night, trigger=TIMETABLE)
    stopped = cursor(brand, WHOLE_WALK)
    assert stopped.walk_began_at == night and stopped.last_whole_at != night
    assert stopped.read_until is not None and stopped.read_until < night
    assert runs(brand)[-1] == ("DONE", ""), "a pause is no failure"

    until = stopped.read_until
    for turn in range(1, 4):
        sync(brand, at=night + timedelta(minutes=2 * turn), trigger=TIMETABLE)
        ended = cursor(brand, WHOLE_WALK)
        if ended.walk_began_at is None:
            break
        assert ended.read_until is not None and ended.read_until > until
        until = ended.read_until
    assert ended.walk_began_at is None and ended.last_error == ""
    assert newest(brand, oil) is not None


def test_packages_that_a_walk_did_not_show_are_looked_up_slice_by_slice(
    brand: Brand, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    oils = set(receive_oil(brand, desk, 100, 200, 300))
    desk.do("clock", offsetSeconds=A_DAY.total_seconds())
    monkeypatch.setattr("glassbox.operations.sync.whole_walk.LOOK_UPS_OF_A_SLICE", 1)
    looked_up: list[str] = []

    def twist(path: str, status: int, body: bytes) -> tuple[int, bytes]:
        plain = urlsplit(path).path
        looked_up.extend(label for label in oils if plain.endswith(label))
        if plain == ACTIVE:
            body = each_row(body, lambda row: None)
        return status, body

    with through(twist):
        for turn in range(3):
            sync(brand, at=now() + A_DAY + timedelta(minutes=2 * turn))
            assert len(looked_up) == turn + 1
            assert all(newest(brand, label) is not None for label in oils), "missing too early"
            assert (cursor(brand, WHOLE_WALK).walk_began_at is None) == (turn == 2)

    assert set(looked_up) == oils, "none twice, none forgotten"


def test_a_list_that_has_made_its_requests_of_the_hour_waits_and_the_others_go_on(
    brand: Brand, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    receive_oil(brand, desk, 100)
    (before,) = (cursor(brand, "packages_active").read_until,)
    later = now() + OVERDUE
    desk.do("clock", offsetSeconds=OVERDUE.total_seconds())
    asked: list[str] = []
    active = SCHEDULES["packages_active"]
    monkeypatch.setitem(SCHEDULES, "packages_active", replace(active, requests_an_hour=1))

    def twist(path: str, status: int, body: bytes) -> tuple[int, bytes]:
        parts = urlsplit(path)
        if parts.path == ACTIVE:
            asked.append(parse_qs(parts.query)["lastModifiedStart"][0])
        return status, body

    with through(twist):
        sync(brand, at=later, trigger=TIMETABLE)
    assert runs(brand)[-1] == ("DONE", "")
    stopped = cursor(brand, "packages_active").read_until
    assert before is not None and stopped is not None and before < stopped < later
    assert cursor(brand, "packages_in_transit").read_until >= later - timedelta(minutes=10)

    monkeypatch.setitem(SCHEDULES, "packages_active", active)
    sync(brand, at=later + timedelta(hours=1, minutes=1), trigger=TIMETABLE)
    ended = cursor(brand, "packages_active").read_until
    assert ended is not None and ended >= later - timedelta(minutes=10)


def test_a_list_that_was_never_read_to_its_end_may_ask_more(
    brand: Brand, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    active = SCHEDULES["packages_active"]
    long_ago = now() - timedelta(days=5)
    with short_transaction(brand.licenses[MAKER]) as license:
        License.objects.filter(id=license.pk).update(sync_from=long_ago)
    monkeypatch.setitem(
        SCHEDULES,
        "packages_active",
        replace(active, requests_an_hour=1, requests_an_hour_at_first=3),
    )

    sync(brand, trigger=TIMETABLE)
    stopped = cursor(brand, "packages_active")

    assert stopped.last_whole_at is None and stopped.read_until is not None
    assert timedelta(days=2) < stopped.read_until - long_ago <= timedelta(days=3), "three windows"
