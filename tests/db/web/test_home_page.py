"""The home page: every number is the length of the list that it opens, and the bridge adds up."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.template.base import Template
from django.test import Client
from django.test.utils import instrumented_test_render

from glassbox.cli.demo_brand import Brand
from glassbox.models.alerts import Alert
from glassbox.models.exception_cases import ExceptionCase
from glassbox.models.lab import LabSample
from glassbox.models.people import User
from glassbox.models.production import Batch
from glassbox.models.transfers import TransferState
from glassbox.operations.drills import end_drill
from glassbox.operations.transaction import short_transaction
from glassbox.queries.dashboard import Dashboard
from glassbox.queries.dashboard_rows.tile import Tile
from glassbox.rules.actor import system_actor
from tests.builders import put_incoming, put_outgoing, put_package, see_package, see_transfer
from tests.cast import DIST, MFG, tag
from tests.db.actions.story import draft, put_oil, review

NOT_LISTS = ("Unused tags", "Days ")


@pytest.fixture(autouse=True)
def shown_contexts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let answers tell what their templates were given, as Django's own test runner does."""
    monkeypatch.setattr(Template, "_render", instrumented_test_render)


def put_everything(brand: Brand, now: datetime) -> None:
    """One or two of everything that the home page counts at the maker, beside what it does not."""
    maker = brand.licenses[MFG]
    put_oil(brand, now - timedelta(hours=21))
    review(brand, now, draft(brand, now - timedelta(hours=21)))
    for number in (1, 2):
        put_package(maker, tag(200 + number), 500, now=now - timedelta(days=2))
    see_package(maker, tag(201), now=now, is_on_hold=True)
    late = put_incoming(maker, {tag(300): 10}, now=now, manifest="0000000041")
    see_transfer(maker, late, TransferState.DEPARTED, arrives_at=now - timedelta(hours=1))
    put_incoming(maker, {tag(301): 10}, now=now)
    put_outgoing(maker, {tag(202): "120", tag(203): "30"}, DIST, now=now)
    with short_transaction(maker) as license:
        tenant: dict[str, Any] = {"company_id": license.company_id, "license": license}
        for days in (1, 8):
            Batch.objects.create(
                **tenant,
                number=f"PB-{days}",
                product="Vape",
                process="filling",
                protocol_version="SOP-V-7",
                planned_quantity=500,
                unit="Each",
                state="OPEN",
                opened_at=now - timedelta(days=days),
            )
        for number, state in ((401, "AT_LAB"), (402, "PASSED")):
            LabSample.objects.create(
                **tenant,
                label=tag(number),
                source_labels=[tag(201)],
                quantity=5,
                unit="Each",
                laboratory_license_number="C8-9990001-LIC",
                sampled_by="Lee",
                state=state,
                taken_at=now,
            )
        for number, wakes in ((1, None), (2, None), (3, now + timedelta(hours=1))):
            ExceptionCase.objects.create(
                **tenant,
                case_class="COUNT_DIFFERS",
                severity="HIGH",
                fact_key=f"difference:{number}",
                title=f"Counts differ, {number}",
                what_happened="",
                why_it_matters="",
                what_to_do="",
                state="OPEN",
                opened_at=now,
                snoozed_until=wakes,
            )
        for about in ("coa", "metrc_key"):
            Alert.objects.create(
                **tenant,
                fact_key=f"expiry:{about}:7:2026-12-01",
                stage="7D_LEFT",
                severity="MEDIUM",
                title="It runs out",
                what_to_do="Renew it.",
                address="company/",
                raised_at=now,
                due_at=now + timedelta(days=7),
            )


def length_of_list(client: Client, slug: str, tile: Tile) -> int:
    answer = client.get(f"/{slug}/{tile.address}")
    assert answer.status_code == 200, tile.address
    shown: dict[str, Any] = {
        key: value for one in answer.context for part in one for key, value in part.items()
    }
    room = tile.address.split("/")[0]
    if room == "transfers":
        return len(shown["rows"])
    if room == "batches":
        return len(shown["batches"])
    if room == "lab":
        return len(shown["samples"])
    total: int = shown[
        {"actions": "actions", "cases": "cases", "packages": "grid", "alerts": "inbox"}[room]
    ].total
    return total


def board_of(client: Client, slug: str) -> Dashboard:
    board: Dashboard = client.get(f"/{slug}/").context["board"]
    return board


@pytest.mark.parametrize("slug", [f"l/{MFG}", "both"])
def test_every_number_is_the_length_of_the_list_it_opens(
    cast: Brand, frozen_now: datetime, slug: str
) -> None:
    put_everything(cast, frozen_now)
    client = Client()
    client.force_login(User.objects.get(id=cast.users["Fay"]))

    board = board_of(client, slug)

    tiles = [
        tile
        for tile in (*board.needs, *board.stuck, *board.due)
        if not tile.name.startswith(NOT_LISTS)
    ]
    counted = {tile.name: tile.count for tile in tiles}
    assert counted == {tile.name: length_of_list(client, slug, tile) for tile in tiles}
    assert counted["To review"] == counted["24 hours nearly gone"] == 1
    assert (counted["High cases"], counted["Low cases"]) == (2, 0)
    assert (counted["Incoming past arrival"], counted["Incoming not accepted"]) == (1, 2)
    assert counted["Packages on hold"] == counted["Samples without result"] == 1
    assert counted["Batches open over 7 days"] == counted["COAs that run out"] == 1


def test_the_bridge_adds_up_what_is_between_our_licences(cast: Brand, frozen_now: datetime) -> None:
    put_everything(cast, frozen_now)
    client = Client()
    client.force_login(User.objects.get(id=cast.users["Fay"]))

    for slug in (f"l/{MFG}", f"l/{DIST}", "both"):
        found = board_of(client, slug).bridge
        assert [row.manifest_number for row in found.rows] == ["0000000077"]
        assert (found.package_count, found.amounts) == (2, ((Decimal(150), "Each"),))


def test_who_administers_sees_the_last_restore_drill_and_when_it_is_too_old(
    cast: Brand, frozen_now: datetime
) -> None:
    def tile(name: str) -> Tile | None:
        client = Client()
        client.force_login(User.objects.get(id=cast.users[name]))
        due = board_of(client, f"l/{MFG}").due
        return next((one for one in due if one.name.endswith("restore drill")), None)

    def ended(days_ago: float, failed_at: str = "") -> None:
        end_drill(
            actor=system_actor("drill"),
            reason="Restored, looked at, and thrown away",
            body={"failed_at": failed_at, "seconds": {"backup": "20.5", "restore": "8.3"}},
            now=frozen_now - timedelta(days=days_ago),
        )

    never = tile("Fay")
    assert never is not None and never.note.startswith("none")
    ended(40)
    old = tile("Fay")
    assert old is not None and (old.count, old.is_warning) == (40, True)
    ended(0.1)
    green = tile("Owen")
    assert green is not None and (green.count, green.is_warning) == (0, False)
    assert green.note == "all came back in 28.8 s" and green.day is not None
    ended(0, failed_at="restore")
    red = tile("Owen")
    assert red is not None and red.is_warning and "failed at restore" in red.note
    assert tile("Ana") is None


def test_the_home_page_ends_with_the_last_events_and_who_did_them(
    cast: Brand, frozen_now: datetime
) -> None:
    put_everything(cast, frozen_now)
    client = Client()
    client.force_login(User.objects.get(id=cast.users["Fay"]))

    events = board_of(client, f"l/{MFG}").events

    assert 0 < len(events) <= 10
    assert "Ana" in {event.actor_name for event in events}
    assert [event.occurred_at for event in events] == sorted(
        (event.occurred_at for event in events), reverse=True
    )
