"""Who is told, and when: deputies, quiet hours over nights that change, tries, safe addresses."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from glassbox.rules.alert_delivery import (
    BACK_OFF_MINUTES,
    Receiver,
    check_webhook_machines,
    check_webhook_url,
    deliver_at,
    digests_due,
    next_try_at,
    stand_in,
    told_at_once,
)
from glassbox.rules.exception_policy import CaseSeverity
from glassbox.rules.verdicts import InvalidInput
from tests.unit.rules.story import NOON

LOS_ANGELES = ZoneInfo("America/Los_Angeles")
TODAY = date(2026, 11, 6)
FAY = Receiver(user_id=6, email="fay@x", is_mail_on=True, digest_hour=7)
DEE = Receiver(user_id=4, email="dee@x", is_mail_on=False)
AWAY = replace(FAY, deputy_id=4, away_from=TODAY, away_until=TODAY + timedelta(days=2))


def people(*some: Receiver) -> dict[int, Receiver]:
    return {one.user_id: one for one in some}


@pytest.mark.parametrize(
    ("days", "who"), [(-1, 6), (0, 4), (2, 4), (3, 6)], ids=["before", "first", "last", "after"]
)
def test_a_deputy_is_told_on_each_day_of_an_absence(days: int, who: int) -> None:
    assert stand_in(6, people(AWAY, DEE), TODAY + timedelta(days=days)) == who


def test_a_deputy_who_left_or_is_away_in_a_circle_leaves_it_to_the_absent() -> None:
    circle = replace(DEE, deputy_id=6, away_from=TODAY, away_until=TODAY)

    assert stand_in(6, people(AWAY), TODAY) == 6
    assert stand_in(6, people(AWAY, circle), TODAY) == 6


def test_a_chain_of_deputies_is_followed() -> None:
    away_too = replace(DEE, deputy_id=1, away_from=TODAY, away_until=TODAY)
    ana = Receiver(user_id=1, email="ana@x", is_mail_on=False)

    assert stand_in(6, people(AWAY, away_too, ana), TODAY) == 1


def told(severity: CaseSeverity, *some: Receiver, owner_id: int | None = None) -> tuple[int, ...]:
    return told_at_once(severity=severity, owner_id=owner_id, people=people(*some), today=TODAY)


def test_grave_alerts_go_to_whoever_wants_mail_and_lesser_ones_to_their_owner() -> None:
    assert told(CaseSeverity.HIGH, FAY, DEE) == (6,)
    assert told(CaseSeverity.MEDIUM, FAY, DEE) == ()
    assert told(CaseSeverity.MEDIUM, FAY, DEE, owner_id=6) == (6,)
    assert told(CaseSeverity.MEDIUM, FAY, DEE, owner_id=4) == ()


def test_a_deputy_receives_what_the_absent_person_would_though_they_want_no_mail() -> None:
    assert told(CaseSeverity.HIGH, AWAY, DEE) == (4,)
    assert told(CaseSeverity.HIGH, AWAY, replace(DEE, is_mail_on=True)) == (4,)


NIGHT = replace(FAY, quiet_from=time(22), quiet_until=time(6))


def local(hour: int, minute: int = 0, day: int = 6) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=LOS_ANGELES)


def at(
    now: datetime,
    severity: CaseSeverity = CaseSeverity.HIGH,
    due_at: datetime | None = None,
    receiver: Receiver = NIGHT,
) -> datetime:
    return deliver_at(
        severity=severity, due_at=due_at, receiver=receiver, zone=LOS_ANGELES, now=now
    )


@pytest.mark.parametrize(
    ("now", "then"),
    [
        (local(21, 59), local(21, 59)),
        (local(22), local(6, day=7)),
        (local(23), local(6, day=7)),
        (local(0, day=7), local(6, day=7)),
        (local(5, 59, day=7), local(6, day=7)),
        (local(6, day=7), local(6, day=7)),
    ],
)
def test_quiet_hours_hold_mail_back_until_they_end(now: datetime, then: datetime) -> None:
    assert at(now) == then


def test_quiet_hours_by_day_end_the_same_day() -> None:
    siesta = replace(FAY, quiet_from=time(13), quiet_until=time(15))

    assert at(local(14), receiver=siesta) == local(15)
    assert at(local(15), receiver=siesta) == local(15)
    assert at(local(12), receiver=siesta) == local(12)


def test_quiet_hours_never_silence_what_is_critical_or_due_before_they_end() -> None:
    now = local(23)

    assert at(now, CaseSeverity.CRITICAL) == now
    assert at(now, due_at=local(6, day=7)) == now
    assert at(now, due_at=local(5, day=7)) == now
    assert at(now, due_at=local(6, 1, day=7)) == local(6, day=7)


def test_quiet_hours_end_by_the_wall_clock_in_the_night_that_has_25_hours() -> None:
    # From 23:00 on 31 October to 06:00 on 1 November 2026 there are eight hours.
    now = datetime(2026, 10, 31, 23, tzinfo=LOS_ANGELES).astimezone(ZoneInfo("UTC"))

    assert at(now) - now == timedelta(hours=8)


def test_no_quiet_hours_hold_nothing_back() -> None:
    assert at(local(23), receiver=FAY) == local(23)
    assert at(local(23), receiver=replace(FAY, quiet_from=time(6), quiet_until=time(6))) == local(
        23
    )


def test_a_digest_is_due_from_its_hour_of_the_licences_day_and_goes_to_the_deputy() -> None:
    for now, who in ((local(6, 59), ()), (local(7), (6,)), (local(23), (6,))):
        assert digests_due(people(FAY, DEE), zone=LOS_ANGELES, now=now) == who
    assert digests_due(people(AWAY, DEE), zone=LOS_ANGELES, now=local(8)) == (4,)


def test_a_delivery_is_tried_six_times_further_and_further_apart() -> None:
    waits = [next_try_at(attempts=count, now=NOON) for count in range(1, 7)]

    assert waits[:-1] == [NOON + timedelta(minutes=minutes) for minutes in BACK_OFF_MINUTES]
    assert waits[-1] is None


@pytest.mark.parametrize(
    "url",
    ["http://example.com/", "ftp://example.com/", "https://", "example.com", "https://a:b@c.com/"]
    + ["https://[::1", "https://a.com:99999/", "https://a.com:0/", "https://a.com/\n"],
)
def test_an_unsafe_address_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput):
        check_webhook_url(url, allows_local=False)


def test_a_password_in_an_address_is_not_repeated() -> None:
    with pytest.raises(InvalidInput) as refused:
        check_webhook_url("https://me:hunter2@example.com/", allows_local=False)

    assert "hunter2" not in refused.value.message


@pytest.mark.parametrize(
    "machine",
    [
        "127.0.0.1",
        "10.0.0.5",
        "192.168.1.1",
        "169.254.169.254",
        "::1",
        "fd00::1",
        "::ffff:10.0.0.1",
        "0.0.0.0",
        "224.0.0.1",
    ],
)
def test_a_machine_that_is_not_on_the_public_internet_is_refused(machine: str) -> None:
    with pytest.raises(InvalidInput):
        check_webhook_machines("hook.example", ("93.184.216.34", machine), allows_local=False)
    check_webhook_machines("hook.example", (machine,), allows_local=True)


def test_a_host_nobody_knows_is_refused() -> None:
    with pytest.raises(InvalidInput):
        check_webhook_machines("hook.example", (), allows_local=True)


def test_public_machines_are_taken() -> None:
    assert check_webhook_url("https://hook.example/a", allows_local=False) == "hook.example"
    check_webhook_machines("hook.example", ("93.184.216.34",), allows_local=False)
