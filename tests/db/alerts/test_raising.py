"""Alerts are raised once for each stage of each fact, whoever looks, and end with their fact."""

from __future__ import annotations

import threading
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connections

from glassbox.access import NotPermitted
from glassbox.audit.event_types import EventType
from glassbox.cli.demo_brand import Brand
from glassbox.models.companies import License
from glassbox.models.exception_cases import CaseState, ExceptionCase
from glassbox.models.sync import ApiRequest
from glassbox.models.transfers import Transfer, TransferState
from glassbox.operations.alerts.dates import settle_date, watch_date
from glassbox.operations.alerts.inbox import acknowledge_alert
from glassbox.operations.transaction import short_transaction
from glassbox.queries.alert_facts import alert_facts, metrc_clock_offset
from glassbox.queries.alerts import alert_inbox
from glassbox.rules.verdicts import InvalidInput, NotFound
from tests.builders import put_incoming
from tests.cast import DIST, MFG, person, tag
from tests.db.actions import story as actions
from tests.db.alerts.story import (
    alerts,
    choose,
    deliveries,
    events,
    look,
    mails,
    put_case,
)


def test_a_stage_is_raised_once_however_often_one_looks(cast: Brand, frozen_now: datetime) -> None:
    put_case(cast, frozen_now)

    assert [look(cast, frozen_now) for _ in range(3)] == [1, 0, 0]
    assert [alert.stage for alert in alerts(cast)] == ["OPENED"]
    assert events(cast, EventType.ALERT_RAISED) == 1


def test_two_who_look_in_the_same_moment_alert_once(cast: Brand, frozen_now: datetime) -> None:
    # The first look of all makes the row that the others take turns on.
    look(cast, frozen_now)
    for number in range(20):
        put_case(cast, frozen_now, key=f"count:{number}")
    gate = threading.Barrier(4)
    raised: list[int] = []

    def look_at_once() -> None:
        try:
            gate.wait(10)
            raised.append(look(cast, frozen_now))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=look_at_once) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert sorted(raised) == [0, 0, 0, 20]
    assert events(cast, EventType.ALERT_RAISED) == 20
    assert len(mails(cast)) == 20


def test_an_entry_of_ours_climbs_its_stages_and_only_the_last_is_shown(
    cast: Brand, frozen_now: datetime
) -> None:
    actions.put_oil(cast, frozen_now)
    actions.draft(cast, frozen_now)
    for hours in (11, 12, 20, 23, 25):
        look(cast, frozen_now + timedelta(hours=hours))

    shown = [(alert.stage, alert.ended_at is None) for alert in alerts(cast)]

    assert shown == [("12H", False), ("20H", False), ("23H", False), ("OVERDUE", True)]


def test_an_alert_ends_with_its_fact_and_what_comes_back_is_told_nobody_again(
    cast: Brand, frozen_now: datetime
) -> None:
    case_id = put_case(cast, frozen_now)
    look(cast, frozen_now)
    for state in (CaseState.CLOSED, CaseState.OPEN):
        with short_transaction(cast.licenses[MFG]):
            ExceptionCase.objects.filter(id=case_id).update(state=state)
        assert look(cast, frozen_now + timedelta(minutes=5)) == 0
        is_open = state == CaseState.OPEN
        assert [alert.ended_at is None for alert in alerts(cast)] == [is_open]

    assert len(mails(cast)) == 1


def test_the_compliance_manager_is_told_without_having_chosen_and_others_are_not(
    cast: Brand, frozen_now: datetime
) -> None:
    put_case(cast, frozen_now)
    look(cast, frozen_now)

    assert [mail.user_id for mail in mails(cast)] == [cast.users["Fay"]]


def test_a_deputy_gets_what_the_absent_person_would(cast: Brand, frozen_now: datetime) -> None:
    choose(
        cast,
        "Fay",
        frozen_now,
        deputy_id=cast.users["Dee"],
        away_from=frozen_now.date() - timedelta(days=1),
        away_until=frozen_now.date() + timedelta(days=1),
    )
    put_case(cast, frozen_now)
    look(cast, frozen_now)

    assert [mail.user_id for mail in mails(cast)] == [cast.users["Dee"]]
    assert events(cast, EventType.ALERT_SETTINGS_CHANGED) == 1


def test_a_case_is_told_its_owner_though_it_is_not_grave(cast: Brand, frozen_now: datetime) -> None:
    choose(cast, "Ana", frozen_now)
    put_case(cast, frozen_now, severity="LOW", due_in=timedelta(hours=3), owner="Ana")
    look(cast, frozen_now)

    assert [mail.user_id for mail in mails(cast)] == [cast.users["Ana"]]


def test_quiet_hours_hold_mail_back_but_not_what_is_critical(
    cast: Brand, frozen_now: datetime
) -> None:
    local = frozen_now.astimezone(ZoneInfo("America/Los_Angeles"))
    begin, end = (local + timedelta(hours=hours) for hours in (-1, 1))
    choose(
        cast,
        "Fay",
        frozen_now,
        quiet_from=begin.time().replace(second=0),
        quiet_until=end.time().replace(second=0),
    )
    put_case(cast, frozen_now, due_in=timedelta(days=9), key="grave")
    put_case(cast, frozen_now, due_in=timedelta(days=9), severity="CRITICAL", key="critical")
    look(cast, frozen_now)

    begins = {mail.alert.severity: mail.not_before_at for mail in mails(cast) if mail.alert}

    assert begins["CRITICAL"] == frozen_now
    assert begins["HIGH"] == end.replace(second=0)


def test_a_digest_is_queued_once_a_day_and_person(cast: Brand, frozen_now: datetime) -> None:
    choose(cast, "Fay", frozen_now, digest_hour=0)
    look(cast, frozen_now)
    assert deliveries(cast, digest_of__isnull=False) == []
    put_case(cast, frozen_now)
    for _ in range(2):
        look(cast, frozen_now)
    look(cast, frozen_now + timedelta(days=1))

    digests = deliveries(cast, digest_of__isnull=False)

    assert len(digests) == len({one.digest_of for one in digests}) == 2


def test_somebody_acknowledges_and_the_next_stage_is_told_all_the_same(
    cast: Brand, frozen_now: datetime
) -> None:
    put_case(cast, frozen_now)
    look(cast, frozen_now)
    acknowledge_alert(
        actor=person(cast, "Fay"),
        license_id=cast.licenses[MFG],
        alert_id=alerts(cast)[0].pk,
        now=frozen_now,
    )
    assert events(cast, EventType.ALERT_ACKNOWLEDGED) == 1
    inbox = alert_inbox(
        actor=person(cast, "Fay"), license_ids=(cast.licenses[MFG],), now=frozen_now
    )
    assert (inbox.total, inbox.unseen) == (1, 0)

    assert look(cast, frozen_now + timedelta(days=1, hours=1)) == 1
    assert [one.acknowledged_at is None for one in alerts(cast)] == [False, True]


def test_an_auditor_acknowledges_nothing_and_a_neighbour_finds_nothing(
    cast: Brand, frozen_now: datetime
) -> None:
    put_case(cast, frozen_now)
    look(cast, frozen_now)
    alert_id = alerts(cast)[0].pk

    with pytest.raises(NotPermitted):
        acknowledge_alert(
            actor=person(cast, "Ivy"),
            license_id=cast.licenses[MFG],
            alert_id=alert_id,
            now=frozen_now,
        )
    with pytest.raises(NotFound):
        acknowledge_alert(
            actor=person(cast, "Nell"),
            license_id=cast.licenses[MFG],
            alert_id=alert_id,
            now=frozen_now,
        )
    # With a licence of her own in hand she still cannot reach into ours.
    with pytest.raises(NotFound):
        acknowledge_alert(
            actor=person(cast, "Nell"),
            license_id=cast.licenses["CDPH-19990500"],
            alert_id=alert_id,
            now=frozen_now,
        )
    nothing = alert_inbox(
        actor=person(cast, "Nell"), license_ids=(cast.licenses[MFG],), now=frozen_now
    )
    assert nothing.total == 0
    assert alerts(cast)[0].acknowledged_at is None


def test_a_licence_is_not_told_of_the_other(cast: Brand, frozen_now: datetime) -> None:
    put_case(cast, frozen_now)

    assert look(cast, frozen_now, DIST) == 0
    assert look(cast, frozen_now, MFG) == 1


def test_a_deputy_works_here_and_is_somebody_else(cast: Brand, frozen_now: datetime) -> None:
    with pytest.raises(NotFound):
        choose(cast, "Fay", frozen_now, deputy_id=cast.users["Nell"])
    with pytest.raises(InvalidInput):
        choose(cast, "Fay", frozen_now, deputy_id=cast.users["Fay"])
    with pytest.raises(InvalidInput):
        choose(cast, "Fay", frozen_now, quiet_from=time(22))
    with pytest.raises(InvalidInput):
        choose(cast, "Fay", frozen_now, away_from=frozen_now.date())


def test_a_date_is_watched_until_it_is_settled(cast: Brand, frozen_now: datetime) -> None:
    who = {
        "actor": person(cast, "Dee"),
        "license_id": cast.licenses[MFG],
        "now": frozen_now,
    }
    date_id = watch_date(
        **who,
        kind="DRIVER",
        what="Gus",
        day=frozen_now.date() + timedelta(days=5),
    )
    tags_id = watch_date(**who, kind="TAGS_ARRIVED", what="30 tags", day=frozen_now.date())
    look(cast, frozen_now)
    assert sorted(one.stage for one in alerts(cast)) == ["7D_LEFT", "OPENED"]

    for one in (date_id, tags_id):
        settle_date(**who, date_id=one, reason="Renewed")
    look(cast, frozen_now)

    assert all(one.ended_at is not None for one in alerts(cast))
    assert events(cast, EventType.DATE_WATCHED) == events(cast, EventType.DATE_SETTLED) == 2
    with pytest.raises(InvalidInput):
        watch_date(**who, kind="LICENSE", what="ours", day=frozen_now.date())


def test_a_delivery_that_does_not_arrive_is_asked_for(cast: Brand, frozen_now: datetime) -> None:
    transfer_id = put_incoming(cast.licenses[MFG], {tag(77): 5}, now=frozen_now)
    look(cast, frozen_now + timedelta(hours=2))
    assert alerts(cast) == []
    look(cast, frozen_now + timedelta(hours=4))
    assert [one.stage for one in alerts(cast)] == ["2H"]

    with short_transaction(cast.licenses[MFG]):
        Transfer.objects.filter(id=transfer_id).update(state=TransferState.RECEIVED)
    look(cast, frozen_now + timedelta(hours=5))

    assert alerts(cast)[0].ended_at is not None


def test_the_licence_itself_runs_out(cast: Brand, frozen_now: datetime) -> None:
    with short_transaction(cast.licenses[MFG]):
        License.objects.filter(id=cast.licenses[MFG]).update(
            valid_until=frozen_now.date() + timedelta(days=20)
        )
    look(cast, frozen_now)

    assert [(one.stage, one.address) for one in alerts(cast)] == [("30D_LEFT", "company/")]


def test_metrcs_offset_is_held_against_the_end_of_an_exchange(
    cast: Brand, frozen_now: datetime
) -> None:
    license_id = cast.licenses[MFG]
    with short_transaction(license_id) as license:
        assert metrc_clock_offset(license_id) is None
        # A slow answer of 30 seconds tells the time of its end; one that is wild tells nothing.
        for seconds_ahead in (420, 420, 420, 9000):
            ApiRequest.objects.create(
                company_id=license.company_id,
                license=license,
                purpose="sync",
                method="GET",
                path="/",
                sent_at=frozen_now,
                duration_seconds=30,
                status=200,
                metrc_clock_at=frozen_now + timedelta(seconds=30 + seconds_ahead),
            )
        facts = alert_facts(license, frozen_now)

    assert facts.metrc_offset == timedelta(minutes=7)
    assert facts.metrc_now == frozen_now + timedelta(minutes=7)
