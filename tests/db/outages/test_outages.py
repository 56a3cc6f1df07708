"""An API that is away and access that is declared lost: each with its own consequences, never mixed."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.conf import settings
from django.test import override_settings

from glassbox.access import NotPermitted
from glassbox.audit.event_types import EventType
from glassbox.cli.demo_brand import Brand
from glassbox.models.companies import License
from glassbox.models.sync import ApiRequest, SyncRun, SyncRunState
from glassbox.models.transfers import TransferState
from glassbox.operations.credentials import add_credential
from glassbox.operations.outages import (
    AccessStands,
    declare_access_lost,
    declare_access_regained,
    print_contingency,
)
from glassbox.operations.sync.run import SyncFailed, run_sync
from glassbox.operations.transaction import short_transaction
from glassbox.operations.transfers.release import TransferBlocked
from glassbox.queries.documents import filed_document
from glassbox.queries.outages import OutageOf, api_away_by_license, contingency_facts, outage_page
from glassbox.rules.actor import system_actor
from glassbox.rules.verdicts import InvalidInput, NotFound
from tests.builders import put_package
from tests.cast import DIST, MFG, person, tag
from tests.db.alerts.story import alerts, events, look
from tests.db.lab.story import CARTS
from tests.db.transfers.test_outgoing import SPLIT, Outgoing, see_transfer
from tests.signed_in_client import client_of


def outage(brand: Brand, name: str = "Fay") -> OutageOf:
    return outage_page(actor=person(brand, name), license_ids=(brand.licenses[MFG],)).licenses[0]


def lose(brand: Brand, now: datetime, name: str = "Fay", number: str = MFG) -> int:
    return declare_access_lost(
        actor=person(brand, name),
        license_id=brand.licenses[number],
        lost_at=now - timedelta(hours=1),
        reason="Nobody can sign in to METRC",
        now=now,
    )


def read_in_vain(brand: Brand, now: datetime, number: str = MFG) -> None:
    """Read METRC where nobody listens."""
    add_credential(
        actor=system_actor("set-up"),
        license_id=brand.licenses[number],
        user_id=None,
        owner_name="Fay",
        user_key="not-a-real-key-0001",
        is_for_sync=True,
        now=now,
    )
    with (
        override_settings(GLASSBOX_METRC_URL="http://127.0.0.1:9", METRC_TIMEOUT_SECONDS=1.0),
        pytest.raises(SyncFailed),
    ):
        run_sync(
            actor=system_actor("sync"),
            license_id=brand.licenses[number],
            trigger="timetable",
            now=now,
        )


def answer(brand: Brand, now: datetime, status: int) -> None:
    with short_transaction(brand.licenses[MFG]) as license:
        ApiRequest.objects.create(
            company_id=license.company_id,
            license=license,
            purpose="action 1",
            method="GET",
            path="/",
            sent_at=now,
            duration_seconds=1,
            status=status,
        )


def test_an_api_that_is_away_is_seen_with_its_beginning_and_declares_nothing(
    cast: Brand, frozen_now: datetime
) -> None:
    read_in_vain(cast, frozen_now)

    seen = outage(cast)

    assert seen.api_away is not None
    assert abs(seen.api_away.since - frozen_now) < timedelta(minutes=2)
    assert seen.open_loss is None
    with short_transaction(cast.licenses[MFG]):
        assert License.objects.get(id=cast.licenses[MFG]).access_lost_at is None
    look(cast, frozen_now + timedelta(hours=80))
    assert [one.rule_id for one in alerts(cast) if "CA-TT-10" in one.rule_id] == []
    assert any(one.fact_key.startswith("api-unreachable:") for one in alerts(cast))
    page = client_of(cast, "Ana").get(f"/l/{MFG}/packages/").content.decode()
    assert "has not answered since" in page
    assert "declared lost" not in page


@pytest.mark.parametrize(
    ("status", "is_away"), [(200, False), (401, False), (429, False), (503, True)]
)
def test_any_answer_ends_it_but_a_server_error_is_none(
    cast: Brand, frozen_now: datetime, status: int, is_away: bool
) -> None:
    read_in_vain(cast, frozen_now)
    answer(cast, frozen_now + timedelta(hours=1), status)

    with short_transaction(cast.licenses[MFG]):
        away = api_away_by_license((cast.licenses[MFG],))

    assert bool(away) is is_away


@pytest.mark.parametrize("answers_before", [0, 1])
def test_a_list_that_alone_fails_is_no_api_that_is_away(
    cast: Brand, frozen_now: datetime, answers_before: int
) -> None:
    with short_transaction(cast.licenses[MFG]) as license:
        tenant = {"company_id": license.company_id, "license": license}
        run = SyncRun.objects.create(
            **tenant,
            state=SyncRunState.FAILED,
            trigger="timetable",
            started_at=frozen_now,
            heartbeat_at=frozen_now,
            error="METRC did not answer at /tags/v2/package/available.",
        )
        for second, status in enumerate([200] * answers_before + [None] * 4):
            ApiRequest.objects.create(
                **tenant,
                sync_run=run,
                purpose="sync",
                method="GET",
                path="/",
                sent_at=frozen_now + timedelta(seconds=second),
                duration_seconds=1,
                status=status,
            )

        assert bool(api_away_by_license((license.pk,))) is not bool(answers_before)


def test_access_that_is_declared_lost_says_nothing_of_the_api(
    cast: Brand, frozen_now: datetime
) -> None:
    answer(cast, frozen_now, 200)
    lose(cast, frozen_now)

    seen = outage(cast)

    assert seen.api_away is None
    assert seen.open_loss is not None
    assert seen.open_loss.notice_due_at == frozen_now + timedelta(hours=71)
    look(cast, frozen_now)
    assert [(one.rule_id, one.stage) for one in alerts(cast)] == [("CA-TT-10", "OPENED")]
    assert events(cast, EventType.ACCESS_DECLARED_LOST) == 1
    page = client_of(cast, "Ana").get(f"/l/{MFG}/").content.decode()
    assert "declared lost" in page
    assert "has not answered since" not in page


def test_access_is_declared_back_once_and_the_clock_ends(cast: Brand, frozen_now: datetime) -> None:
    lose(cast, frozen_now)
    look(cast, frozen_now)
    with pytest.raises(AccessStands):
        lose(cast, frozen_now)
    back = {
        "actor": person(cast, "Fay"),
        "license_id": cast.licenses[MFG],
        "now": frozen_now + timedelta(hours=2),
    }
    with pytest.raises(InvalidInput):
        declare_access_regained(**back, reason=" ")
    declare_access_regained(**back, reason="I signed in")
    with pytest.raises(AccessStands):
        declare_access_regained(**back, reason="Again")
    look(cast, frozen_now + timedelta(hours=3))

    assert outage(cast).open_loss is None
    assert alerts(cast)[0].ended_at is not None
    assert events(cast, EventType.ACCESS_DECLARED_REGAINED) == 1
    lose(cast, frozen_now + timedelta(hours=5))


def test_only_a_compliance_manager_declares_and_only_here(
    cast: Brand, frozen_now: datetime
) -> None:
    for name in ("Ana", "Owen", "Ivy"):
        with pytest.raises(NotPermitted):
            lose(cast, frozen_now, name)
    with pytest.raises(NotFound):
        lose(cast, frozen_now, "Nell")
    lose(cast, frozen_now)

    with short_transaction(cast.licenses[DIST]):
        assert License.objects.get(id=cast.licenses[DIST]).access_lost_at is None


def test_a_loss_to_come_or_without_a_reason_is_refused(cast: Brand, frozen_now: datetime) -> None:
    for lost_at, reason in ((frozen_now + timedelta(minutes=1), "Why"), (frozen_now, " ")):
        with pytest.raises(InvalidInput):
            declare_access_lost(
                actor=person(cast, "Fay"),
                license_id=cast.licenses[MFG],
                lost_at=lost_at,
                reason=reason,
                now=frozen_now,
            )


@pytest.mark.parametrize("is_prefilled", [True, False])
def test_a_sheet_is_printed_from_the_last_snapshots_while_metrc_is_down(
    cast: Brand, frozen_now: datetime, is_prefilled: bool
) -> None:
    assert settings.GLASSBOX_METRC_URL  # whoever listens there is never asked
    for number in (301, 302):
        put_package(cast.licenses[MFG], tag(number), 120, now=frozen_now, unit="Each")
    put_package(cast.licenses[MFG], tag(303), 1, now=frozen_now, list_name="INACTIVE")
    read_in_vain(cast, frozen_now)
    facts = contingency_facts(actor=person(cast, "Dee"), license_id=cast.licenses[MFG])
    assert [row.label for row in facts.rows] == [tag(301), tag(302)]
    assert (facts.rows[0].metrc_quantity, facts.rows[0].unit) == ("120", "Each")

    paper = print_contingency(
        actor=person(cast, "Dee"),
        license_id=cast.licenses[MFG],
        is_prefilled=is_prefilled,
        now=frozen_now,
    )

    filed = filed_document(
        actor=person(cast, "Dee"), license_id=cast.licenses[MFG], document_id=paper
    )
    assert filed.content.startswith(b"%PDF")
    assert "Contingency sheet" in filed.row.name


def test_the_page_of_outages_shows_both_and_offers_what_one_may(
    cast: Brand, frozen_now: datetime
) -> None:
    fay, ana = (client_of(cast, name) for name in ("Fay", "Ana"))

    assert "Declare it lost" in fay.get(f"/l/{MFG}/outage/").content.decode()
    assert "Declare it lost" not in ana.get(f"/l/{MFG}/outage/").content.decode()
    assert "Declare it lost" not in fay.get("/both/outage/").content.decode()

    lose(cast, frozen_now)
    page = fay.get(f"/l/{MFG}/outage/").content.decode()
    assert "Declare it back" in page and "72 hours" in page


def test_nothing_leaves_while_access_is_lost_though_it_may_while_the_api_is_away(
    cast: Brand, frozen_now: datetime
) -> None:
    outgoing = Outgoing(cast, frozen_now)
    first, second = outgoing.plan(), outgoing.plan(packages=[{"label": CARTS}])
    read_in_vain(cast, frozen_now, DIST)
    outgoing.release(first)
    see_transfer(outgoing.license_id, first, TransferState.REGISTERED)
    lose(cast, frozen_now, number=DIST)

    with pytest.raises(TransferBlocked) as at_release:
        outgoing.release(second)
    with pytest.raises(TransferBlocked) as at_dock:
        outgoing.load(first, SPLIT)

    assert "transfer.access-lost" in {one.code for one in at_release.value.findings}
    assert [one.code for one in at_dock.value.findings] == ["transfer.access-lost"]
    declare_access_regained(
        actor=person(cast, "Fay"),
        license_id=cast.licenses[DIST],
        reason="I signed in",
        now=frozen_now,
    )
    outgoing.load(first, SPLIT)
    assert events(cast, EventType.TRANSFER_DISPATCHED, DIST) == 1
