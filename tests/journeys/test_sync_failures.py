"""What fails in METRC or in us is said in one sentence, loses nothing, and is picked up."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connections

from glassbox.audit.models import ComplianceEvent
from glassbox.cli.demo_brand import MAKER, Brand
from glassbox.models.credentials import MetrcCredential
from glassbox.models.exception_cases import ExceptionCase
from glassbox.models.packages import Package
from glassbox.models.sync import ApiRequest, StoredBody, SyncRun
from glassbox.operations.sync.run import SyncFailed, SyncIsRunning
from glassbox.operations.transaction import short_transaction
from glassbox.runtime.postgres import ClusterUrls
from tests.desk import Desk
from tests.journeys.story import now, receive_oil
from tests.journeys.sync_story import (
    cursor,
    fault,
    labels,
    newest,
    open_cases,
    runs,
    snapshot_count,
    sync,
)
from tests.journeys.twisted_metrc import each_row, twisted

ACTIVE = "/packages/v2/active"


def key_of(desk: Desk, name: str) -> str:
    return str(next(one["userKey"] for one in desk.keys()["users"] if one["name"] == name))


def ship_and_receive(desk: Desk, count: int) -> set[str]:
    """Goods arrive that the next sync has yet to see."""
    shipped = desk.do(
        "ship-in",
        fromLicense="CDPH-19990077",
        toLicense=MAKER,
        packages=[{"item": "Crude Oil", "quantity": 10, "unitOfMeasure": "Grams"}] * count,
    )
    desk.do(
        "receive",
        licenseNumber=MAKER,
        deliveryId=shipped["deliveryId"],
        packages=[{"label": label, "receivedQuantity": 10} for label in shipped["labels"]],
    )
    return set(shipped["labels"])


def test_a_fault_on_the_second_page_stores_nothing_of_the_window(brand: Brand, desk: Desk) -> None:
    sync(brand)
    before = cursor(brand, "packages_active").read_until
    goods = ship_and_receive(desk, 25)
    desk.do(
        "faults",
        rules=[
            {"path": ACTIVE, "kind": "latency", "times": 1},
            {"path": ACTIVE, "kind": "html", "times": 1},
        ],
    )

    with pytest.raises(SyncFailed, match="active"):
        sync(brand)

    assert labels(brand) == set()
    assert cursor(brand, "packages_active").read_until == before
    assert "active" in cursor(brand, "packages_active").last_error
    desk.do("faults", rules=[])
    sync(brand)
    assert labels(brand) == goods
    assert cursor(brand, "packages_active").last_error == ""
    assert "SYNC_FAILED" not in open_cases(brand)


def test_a_dead_key_is_told_from_a_list_that_is_closed_to_it(brand: Brand, desk: Desk) -> None:
    fault(desk, "/tags/v2/package/available", "401")
    sync(brand)
    assert "401" in cursor(brand, "tags").last_error
    assert runs(brand)[-1] == ("DONE", "")
    assert open_cases(brand) == {}

    desk.do("faults", rules=[])
    desk.do("keys", userKey=key_of(desk, "Sync MFG"), action="revoke")
    with pytest.raises(SyncFailed, match="METRC refuses the key of Sync MFG"):
        sync(brand)
    with pytest.raises(SyncFailed):
        sync(brand)

    assert set(open_cases(brand)) == {"KEY_REFUSED"}
    with short_transaction(brand.licenses[MAKER]):
        key = MetrcCredential.objects.get(is_for_sync=True)
        assert key.last_refused_at is not None and key.last_worked_at is not None
        assert key.last_refused_at > key.last_worked_at
        assert ComplianceEvent.objects.filter(type="credential.refused").count() == 1

    desk.do("keys", userKey=key_of(desk, "Sync MFG"), action="restore")
    sync(brand)
    assert open_cases(brand) == {}


def test_a_licence_that_metrc_does_not_show_to_the_key_is_named(brand: Brand, desk: Desk) -> None:
    desk.do("license", number=MAKER, status="Revoked")

    with pytest.raises(SyncFailed, match=f"does not show it the facility {MAKER}"):
        sync(brand)

    assert "KEY_REFUSED" in open_cases(brand)


def test_a_key_that_dies_half_way_stops_the_run(brand: Brand, desk: Desk) -> None:
    sync(brand)
    desk.do(
        "faults",
        rules=[
            {"path": "/facilities/v2", "kind": "latency", "times": 2},
            {"path": "/facilities/v2", "kind": "401"},
            {"path": ACTIVE, "kind": "401"},
        ],
    )

    with pytest.raises(SyncFailed, match="refuses the key"):
        sync(brand)

    assert "KEY_REFUSED" in open_cases(brand)


def test_an_unreachable_metrc_is_one_sentence_and_a_case(brand: Brand, desk: Desk) -> None:
    address, settings.GLASSBOX_METRC_URL = settings.GLASSBOX_METRC_URL, "http://127.0.0.1:9"
    with pytest.raises(SyncFailed) as failure:
        sync(brand)
    settings.GLASSBOX_METRC_URL = address

    assert "METRC at http://127.0.0.1:9 did not answer" in failure.value.message
    assert "\n" not in failure.value.message
    assert runs(brand) == [("FAILED", failure.value.message)]
    assert set(open_cases(brand)) == {"SYNC_FAILED"}


def test_a_page_of_html_is_shown_by_its_beginning_and_kept(brand: Brand, desk: Desk) -> None:
    fault(desk, "*", "html")

    with pytest.raises(SyncFailed, match="not JSON: '<") as failure:
        sync(brand)

    assert "GET /facilities/v2/" in failure.value.message
    with short_transaction(brand.licenses[MAKER]):
        exchange = ApiRequest.objects.select_related("hashes").get()
        stored = StoredBody.objects.get(sha256=exchange.hashes.response_sha256)
    assert bytes(stored.body).lstrip().startswith(b"<")


def test_one_list_of_html_does_not_stop_the_others(brand: Brand, desk: Desk) -> None:
    goods = ship_and_receive(desk, 1)
    fault(desk, "/items/v2/active", "html")

    sync(brand)

    assert labels(brand) == goods
    assert "not JSON" in cursor(brand, "items").last_error
    assert cursor(brand, "items").last_whole_at is None


def spoil(row: dict[str, Any], good: str) -> Any:
    """Every row but the good one lacks something, has something too much, or the wrong kind."""
    kinds: list[dict[str, Any]] = [
        {"Quantity": None},
        {"Quantity": "twelve"},
        {"UnitOfMeasureName": None},
        {"UnitOfMeasureName": "Handfuls"},
        {"IsOnHold": "maybe"},
        {"LocationName": "x" * 5000},
        {"LocationName": ["a", "list"]},
        {"Quantity": 10**30},
        {"Id": {"an": "object"}},
        {"LastModified": "yesterday"},
        {"Note": "half of a pair \ud800 and \x00 nothing"},
    ]
    if row["Label"] == good:
        return {**row, "SomethingNew": {"deep": [1, None]}, "LocationName": None, "Note": None}
    return {**row, **kinds[int(row["Label"][-2:]) % len(kinds)]}


def test_bad_records_become_cases_that_name_them_and_the_licence_goes_on(
    brand: Brand, desk: Desk
) -> None:
    goods = sorted(ship_and_receive(desk, 12))
    good = goods[5]

    def twist(path: str, status: int, body: bytes) -> tuple[int, bytes]:
        if path.startswith(ACTIVE):
            return status, each_row(body, lambda row: spoil(row, good))
        return status, body

    address = settings.GLASSBOX_METRC_URL
    with twisted(address, twist) as settings.GLASSBOX_METRC_URL:
        sync(brand)
        sync(brand)
    settings.GLASSBOX_METRC_URL = address

    assert labels(brand) == {good}
    with short_transaction(brand.licenses[MAKER]):
        cases = bad_records()
        assert {fact_key[-24:] for fact_key in cases} == set(goods) - {good}
        assert all(fact_key[-24:] in said for fact_key, said in cases.items())
    assert runs(brand)[-1] == ("DONE", "")

    sync(brand)
    assert labels(brand) == set(goods)
    with short_transaction(brand.licenses[MAKER]):
        assert bad_records() == {}


def bad_records() -> dict[str, str]:
    found = ExceptionCase.objects.filter(case_class="BAD_RECORD", state="OPEN")
    return dict(found.values_list("fact_key", "what_happened"))


def test_a_list_that_moves_while_it_is_read_loses_no_row(brand: Brand, desk: Desk) -> None:
    goods = sorted(ship_and_receive(desk, 25))
    moved = threading.Event()

    def twist(path: str, status: int, body: bytes) -> tuple[int, bytes]:
        # A row of the first page leaves the window, and the 21st moves up into its place.
        if path.startswith(ACTIVE) and not moved.is_set():
            page = json.loads(body)
            if page["CurrentPage"] == 2:
                moved.set()
                page["Data"] = page["Data"][1:]
                for name in ("Total", "TotalRecords", "RecordsOnPage"):
                    page[name] -= 1
                body = json.dumps(page).encode()
        return status, body

    address = settings.GLASSBOX_METRC_URL
    with twisted(address, twist) as settings.GLASSBOX_METRC_URL:
        sync(brand)
    settings.GLASSBOX_METRC_URL = address

    assert moved.is_set()
    assert labels(brand) == set(goods)


SYNC_ALONE = """
import sys, django
django.setup()
from datetime import UTC, datetime
from glassbox.operations.sync.run import run_sync
from glassbox.rules.actor import system_actor
run_sync(actor=system_actor("sync"), license_id=int(sys.argv[1]), trigger="test",
         now=datetime.now(UTC))
"""


def test_a_sync_killed_on_the_spot_is_picked_up_where_its_cursor_was(
    brand: Brand, desk: Desk, database: ClusterUrls
) -> None:
    goods = ship_and_receive(desk, 25)
    fault(desk, "/packages/v2/inactive", "latency", delayMs=20_000)
    connections["default"].close()
    process = subprocess.Popen(
        [sys.executable, "-c", SYNC_ALONE, str(brand.licenses[MAKER])],
        env={
            **os.environ,
            "GLASSBOX_DATABASE_URL": database.application,
            "GLASSBOX_METRC_URL": settings.GLASSBOX_METRC_URL,
            "GLASSBOX_METRC_VENDOR_KEY": settings.GLASSBOX_METRC_VENDOR_KEY,
        },
    )
    for _ in range(600):
        if process.poll() is not None or labels(brand) == goods:
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGKILL)
    assert process.wait(20) == -signal.SIGKILL
    desk.do("faults", rules=[])
    before = snapshot_count(brand)
    assert before == 25

    with pytest.raises(SyncIsRunning):
        sync(brand)
    sync(brand, at=now() + timedelta(minutes=6))

    assert [state for state, _ in runs(brand)] == ["FAILED", "DONE"]
    assert runs(brand)[0][1].startswith("The run died")
    assert labels(brand) == goods
    assert snapshot_count(brand) == before
    with short_transaction(brand.licenses[MAKER]):
        ours = {package.label: package.movements.count() for package in Package.objects.all()}
    assert set(ours.values()) == {1}


def test_a_run_that_was_taken_over_stops_writing(brand: Brand, desk: Desk) -> None:
    goods = ship_and_receive(desk, 3)

    def twist(path: str, status: int, body: bytes) -> tuple[int, bytes]:
        if path.startswith(ACTIVE):
            with short_transaction(brand.licenses[MAKER]):
                SyncRun.objects.filter(state="RUNNING").update(state="FAILED")
            connections["default"].close()
        return status, body

    address = settings.GLASSBOX_METRC_URL
    with (
        twisted(address, twist) as settings.GLASSBOX_METRC_URL,
        pytest.raises(SyncFailed, match="taken over"),
    ):
        sync(brand)
    settings.GLASSBOX_METRC_URL = address

    assert labels(brand) == set()
    assert cursor(brand, "packages_active").read_until is None
    sync(brand)
    assert labels(brand) == goods


def test_a_long_absence_is_read_in_windows_of_a_day_oldest_first(brand: Brand, desk: Desk) -> None:
    sync(brand)
    (oil,) = receive_oil(brand, desk, 100)
    desk.do("clock", offsetSeconds=3 * 86_400 + 0.5)
    known = len(desk.journal())
    desk.do("adjust", licenseNumber=MAKER, label=oil, quantity=-1, reason="Waste")

    sync(brand, at=now() + timedelta(days=3, microseconds=500_000))

    asked = [
        (entry["query"]["lastModifiedStart"], entry["query"]["lastModifiedEnd"])
        for entry in desk.journal()[known:]
        if entry["path"] == "/packages/v2/inactive"
    ]
    assert len(asked) == 4
    assert asked == sorted(asked)
    assert [start for start, _ in asked][1:] == [end for _, end in asked][:-1]
    seen = newest(brand, oil)
    assert seen is not None and seen.quantity == 99
