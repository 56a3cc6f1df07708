"""Each clock at its edges: hours, days, a night in which the clocks change, METRC's own time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from glassbox.rules.alert_facts import (
    AlertFacts,
    DueCase,
    Expiry,
    OpenCorrection,
    OpenEntry,
    OpenTransfer,
    TagArrival,
    WatchedKind,
)
from glassbox.rules.alerts import DueAlert, due_alerts, stage_words
from glassbox.rules.exception_policy import CaseSeverity
from glassbox.rules.rule_lines import RuleMissing
from tests.unit.rules.story import NOON, rules

LOS_ANGELES = ZoneInfo("America/Los_Angeles")


def facts(**changes: Any) -> AlertFacts:
    calm = AlertFacts(now=NOON, zone=LOS_ANGELES, rules=rules(), reconciled_at=NOON)
    return replace(calm, **changes)


def only(**changes: Any) -> DueAlert | None:
    found = due_alerts(facts(**changes))
    assert len(found) <= 1
    return found[0] if found else None


def stage_of_entry(hours: float, offset: timedelta | None = None) -> str:
    entry = OpenEntry(action_id=7, what="a split", occurred_at=NOON - timedelta(hours=hours))
    return "|".join(
        one.stage
        for one in due_alerts(facts(entries=(entry,), metrc_offset=offset))
        if one.fact_key == "entry:7"
    )


def test_nothing_is_told_where_nothing_stands_open() -> None:
    assert due_alerts(facts()) == ()


SECOND = 1 / 3600


@pytest.mark.parametrize(
    ("hours", "stage"),
    [
        (12 - SECOND, ""),
        (12, "12H"),
        (20 - SECOND, "12H"),
        (20, "20H"),
        (23 - SECOND, "20H"),
        (23, "23H"),
        # Exactly 24 hours is in time (CA-TT-03).
        (24, "23H"),
        (24 + SECOND, "OVERDUE"),
    ],
)
def test_an_entry_climbs_at_12_20_and_23_hours_and_is_overdue_after_24(
    hours: float, stage: str
) -> None:
    assert stage_of_entry(hours) == stage


def test_an_entry_runs_by_metrcs_clock_not_by_ours() -> None:
    seven = timedelta(minutes=7)

    assert stage_of_entry(23.95) == "23H"
    assert stage_of_entry(23.95, seven) == "OVERDUE"
    assert stage_of_entry(24.05) == "OVERDUE"
    assert stage_of_entry(24.05, -seven) == "23H"


def test_24_hours_are_24_hours_in_the_night_that_has_25() -> None:
    # Clocks go back on 1 November 2026 at two: noon to noon is 25 hours.
    noon = datetime(2026, 10, 31, 12, tzinfo=LOS_ANGELES)
    entry = OpenEntry(action_id=7, what="a split", occurred_at=noon)
    next_noon = datetime(2026, 11, 1, 12, tzinfo=LOS_ANGELES)
    alert = only(entries=(entry,), now=next_noon, reconciled_at=noon)

    assert alert is not None
    assert alert.stage == "OVERDUE"
    assert alert.due_at == datetime(2026, 11, 1, 11, tzinfo=LOS_ANGELES)


def test_24_hours_are_24_hours_in_the_night_that_has_23() -> None:
    # Clocks go forward on 14 March 2027 at two: noon to noon is 23 hours.
    noon = datetime(2027, 3, 13, 12, tzinfo=LOS_ANGELES)
    entry = OpenEntry(action_id=7, what="a split", occurred_at=noon)
    alert = only(
        entries=(entry,),
        now=datetime(2027, 3, 14, 12, 30, tzinfo=LOS_ANGELES),
        reconciled_at=noon,
    )

    assert alert is not None
    assert alert.stage == "23H"


def due_case(severity: CaseSeverity, left: timedelta) -> DueCase:
    return DueCase(
        case_id=3,
        title="One is missing",
        what_to_do="Count",
        rule_id="CA-TT-09",
        severity=severity,
        opened_at=NOON - timedelta(days=1),
        due_at=NOON + left,
        owner_id=4,
    )


@pytest.mark.parametrize(
    ("left", "stage"),
    [
        (timedelta(hours=24, seconds=1), None),
        (timedelta(hours=24), "24H_LEFT"),
        (timedelta(hours=4), "4H_LEFT"),
        (timedelta(hours=1), "1H_LEFT"),
        (timedelta(0), "1H_LEFT"),
        (timedelta(seconds=-1), "OVERDUE"),
    ],
)
def test_a_case_is_told_as_its_due_time_comes_near(left: timedelta, stage: str | None) -> None:
    alert = only(cases=(due_case(CaseSeverity.MEDIUM, left),))

    assert (alert.stage if alert else None) == stage
    assert alert is None or alert.owner_id == 4


def test_a_grave_case_is_told_at_once() -> None:
    alert = only(cases=(due_case(CaseSeverity.CRITICAL, timedelta(days=20)),))

    assert alert is not None
    assert (alert.stage, alert.severity) == ("OPENED", CaseSeverity.CRITICAL)


def test_a_case_that_was_opened_again_is_a_new_fact() -> None:
    once = due_case(CaseSeverity.HIGH, timedelta(hours=1))
    again = replace(once, opened_at=once.opened_at + timedelta(hours=2))

    keys = {one.fact_key for one in due_alerts(facts(cases=(once, again)))}

    assert len(keys) == 2


@pytest.mark.parametrize(
    ("age", "stage"),
    [
        (timedelta(days=2) - timedelta(seconds=1), None),
        (timedelta(days=2), "24H_LEFT"),
        (timedelta(days=3), "1H_LEFT"),
        (timedelta(days=3, seconds=1), "OVERDUE"),
    ],
)
def test_a_correction_is_due_three_days_on(age: timedelta, stage: str | None) -> None:
    waiting = OpenCorrection(correction_id=1, label="1A4", proposed_at=NOON - age)
    alert = only(corrections=(waiting,))

    assert (alert.stage if alert else None) == stage


@pytest.mark.parametrize(
    ("now", "stage"),
    [
        (datetime(2026, 11, 6, 9, tzinfo=LOS_ANGELES), "OPENED"),
        (datetime(2026, 11, 9, 12, tzinfo=LOS_ANGELES), "24H_LEFT"),
        (datetime(2026, 11, 9, 23, 59, tzinfo=LOS_ANGELES), "4H_LEFT"),
        (datetime(2026, 11, 10, 0, 1, tzinfo=LOS_ANGELES), "OVERDUE"),
    ],
)
def test_tags_are_received_within_three_calendar_days_of_the_licences_zone(
    now: datetime, stage: str
) -> None:
    came = TagArrival(key="1", what="30 tags", arrived_on=date(2026, 11, 6))
    alert = only(tags=(came,), now=now, reconciled_at=now)

    assert alert is not None
    assert alert.stage == stage
    assert alert.rule_id == "CA-TT-14"


@pytest.mark.parametrize(
    ("today", "stage", "severity"),
    [
        (date(2026, 10, 31), None, None),
        (date(2026, 11, 1), "30D_LEFT", CaseSeverity.LOW),
        (date(2026, 11, 23), "30D_LEFT", CaseSeverity.LOW),
        (date(2026, 11, 24), "7D_LEFT", CaseSeverity.MEDIUM),
        (date(2026, 11, 30), "1D_LEFT", CaseSeverity.HIGH),
        (date(2026, 12, 1), "OVERDUE", CaseSeverity.CRITICAL),
    ],
)
def test_a_licence_runs_out_in_four_steps(
    today: date, stage: str | None, severity: CaseSeverity | None
) -> None:
    expiry = Expiry(
        kind=WatchedKind.LICENSE,
        key="1",
        what="Licence C11",
        ends_on=date(2026, 12, 1),
        address="company/",
    )
    # 23:30 in Los Angeles is the next day in UTC already; the licence's own day counts.
    late = datetime(today.year, today.month, today.day, 23, 30, tzinfo=LOS_ANGELES)
    alert = only(expiries=(expiry,), now=late, reconciled_at=late)

    assert (alert.stage if alert else None) == stage
    assert (alert.severity if alert else None) == severity


def test_every_kind_that_runs_out_has_its_rule() -> None:
    kinds = set(WatchedKind) - {WatchedKind.TAGS_ARRIVED}
    expiries = tuple(
        Expiry(kind=kind, key="1", what=kind, ends_on=NOON.date(), address="")
        for kind in sorted(kinds)
    )

    assert len(due_alerts(facts(expiries=expiries))) == len(kinds)


@pytest.mark.parametrize(
    ("hours", "stage"), [(1.9, None), (2, "2H"), (12, "12H"), (24, "24H"), (400, "24H")]
)
def test_a_delivery_past_its_arrival_is_asked_for(hours: float, stage: str | None) -> None:
    under_way = OpenTransfer(transfer_id=9, partner="Harbor", at=NOON - timedelta(hours=hours))
    alert = only(arrivals=(under_way,))

    assert (alert.stage if alert else None) == stage


@pytest.mark.parametrize(
    ("hours", "stage"), [(12.1, None), (12, "12H_LEFT"), (1, "1H_LEFT"), (-0.1, "OVERDUE")]
)
def test_a_departure_without_a_manifest_is_told(hours: float, stage: str | None) -> None:
    planned = OpenTransfer(transfer_id=9, partner="Harbor", at=NOON + timedelta(hours=hours))
    alert = only(departures=(planned,))

    assert (alert.stage if alert else None) == stage


@pytest.mark.parametrize(
    ("days", "stage"), [(24.9, None), (25, "120H_LEFT"), (29, "24H_LEFT"), (30.1, "OVERDUE")]
)
def test_the_reconciliation_is_due_after_thirty_days(days: float, stage: str | None) -> None:
    alert = only(reconciled_at=NOON - timedelta(days=days))

    assert (alert.stage if alert else None) == stage


@pytest.mark.parametrize(
    ("seconds", "stage"), [(59, None), (60, "WARNS"), (-60, "WARNS"), (300, "BLOCKS")]
)
def test_clocks_that_differ_are_told(seconds: int, stage: str | None) -> None:
    alert = only(metrc_offset=timedelta(seconds=seconds))

    assert (alert.stage if alert else None) == stage


def test_clocks_that_differ_are_told_again_the_next_day_only() -> None:
    apart = timedelta(seconds=90)
    today, later, tomorrow = (
        only(metrc_offset=apart, now=NOON + timedelta(hours=hours)) for hours in (0, 3, 24)
    )

    assert today is not None and later is not None and tomorrow is not None
    assert today.fact_key == later.fact_key != tomorrow.fact_key


def test_an_api_that_is_away_starts_no_clock_of_law() -> None:
    for hours in (0.5, 1, 30, 100):
        alert = only(api_away_since=NOON - timedelta(hours=hours))
        if hours < 1:
            assert alert is None
            continue
        assert alert is not None
        assert alert.rule_id == "G3"
        assert alert.due_at is None


@pytest.mark.parametrize(
    ("hours", "stage"), [(0, "OPENED"), (24, "24H"), (71, "71H"), (72, "71H"), (72.1, "OVERDUE")]
)
def test_a_declared_loss_of_access_runs_to_72_hours(hours: float, stage: str) -> None:
    alert = only(access_lost_at=NOON - timedelta(hours=hours))

    assert alert is not None
    assert alert.stage == stage
    assert alert.rule_id == "CA-TT-10"


def test_a_pack_without_marks_is_a_refusal_not_silence() -> None:
    expiry = Expiry(
        kind=WatchedKind.COA, key="1", what="COA 1", ends_on=NOON.date(), address="lab/1/"
    )
    with pytest.raises(RuleMissing):
        due_alerts(facts(rules={}, expiries=(expiry,)))


@pytest.mark.parametrize(
    ("stage", "words"),
    [
        ("20H", "20 hours gone"),
        ("1H_LEFT", "1 hour left"),
        ("24H_LEFT", "24 hours left"),
        ("1D_LEFT", "1 day left"),
        ("30D_LEFT", "30 days left"),
        ("OVERDUE", "overdue"),
        ("OPENED", "opened"),
        ("BLOCKS", "blocks"),
    ],
)
def test_a_stage_is_said_in_words(stage: str, words: str) -> None:
    assert stage_words(stage) == words


def test_moments_are_told_in_utc() -> None:
    alert = only(access_lost_at=NOON.astimezone(LOS_ANGELES))

    assert alert is not None and alert.due_at is not None
    assert alert.due_at.tzinfo is UTC


@pytest.mark.parametrize(("days", "is_told"), [(35 - SECOND / 24, False), (35, True)])
def test_a_restore_drill_is_missed_after_thirty_five_days(days: float, is_told: bool) -> None:
    alert = only(drilled_at=NOON - timedelta(days=days))
    assert (alert is not None) is is_told
    if alert is not None:
        assert (alert.rule_id, alert.stage) == ("ALERT-DRILL", "OVERDUE")
