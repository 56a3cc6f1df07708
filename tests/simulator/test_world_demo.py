"""World `demo`: six weeks of history that METRC's laws allow, with goods in every state."""

from __future__ import annotations

import base64
import json
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest

from metrc_simulator.engine import Engine
from metrc_simulator.http_reading import Request
from metrc_simulator.records import Query, Record
from metrc_simulator.running import open_engine
from metrc_simulator.simulator import Simulator
from metrc_simulator.wire import microseconds_of
from metrc_simulator.worlds.demo.diary import FARM, SHOP
from tests.simulator.conftest import DIST, LAB, MFG, NEIGHBOR, SUP


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    opened = open_engine("ca", "demo")
    yield opened
    opened.store.close()


def rows(engine: Engine, kind: str, license_number: str | None = None) -> list[Record]:
    return engine.store.select(Query(kind, license_number))


def test_it_starts_in_under_three_seconds_with_a_few_hundred_packages() -> None:
    # Seconds of this process: a busy machine must not make the world look slow.
    began = time.process_time()
    opened = open_engine("ca", "demo")
    took = time.process_time() - began
    count = len(rows(opened, "packages"))
    opened.store.close()
    assert took < 3
    assert 150 <= count <= 500


def test_no_package_has_less_than_nothing(engine: Engine) -> None:
    assert [row.label for row in rows(engine, "packages") if row.body["Quantity"] < 0] == []


def test_every_package_has_its_own_used_tag(engine: Engine) -> None:
    labels = [row.label for row in rows(engine, "packages")]
    assert len(labels) == len(set(labels))
    assert set(labels) == used_tags(engine, "package")


def used_tags(engine: Engine, kind: str) -> set[str]:
    tags = rows(engine, "tags")
    return {row.label for row in tags if (row.list_name, row.mark) == ("used", kind)}


def test_every_plant_and_plant_batch_has_its_own_used_tag(engine: Engine) -> None:
    labels = [row.label for kind in ("plants", "plant_batches") for row in rows(engine, kind)]
    assert len(labels) == len(set(labels)) > 10
    assert {label.lower() for label in labels} == used_tags(engine, "plant")


def test_every_gram_harvested_is_packed_wasted_dried_away_or_left(engine: Engine) -> None:
    harvests = rows(engine, "harvests", FARM)
    assert len(harvests) == 4
    for row in harvests:
        body = row.body
        gone = body["TotalWasteWeight"] + body["TotalPackagedWeight"]
        moisture = row.facts.get("moisture", 0)
        assert body["TotalWetWeight"] == gone + moisture + body["CurrentWeight"], body["Name"]


def test_every_gram_sold_by_the_shop_left_a_jar_and_what_came_back_returned(engine: Engine) -> None:
    jars = rows(engine, "packages", SHOP)
    sold = [
        line["QuantitySold"]
        for kind in ("receipts", "sales_deliveries")
        for sale in rows(engine, kind, SHOP)
        if sale.body.get("ArchivedDate") is None
        for line in sale.body["Transactions"]
    ]
    rounds = rows(engine, "retailer_deliveries", SHOP)
    sold += [
        line["QuantitySold"]
        for one in rounds
        for stop in one.body["Destinations"]
        for line in stop["Transactions"]
    ]
    aboard = [line["Quantity"] for one in rounds for line in one.body["Packages"]]
    assert sum(aboard) == 140 - 28
    assert sum(row.body["Quantity"] for row in jars) == 4000 - sum(sold) - sum(aboard)


def test_nothing_was_changed_before_it_was_made_or_after_now(engine: Engine) -> None:
    now = engine.clock.now()
    first = microseconds_of(now - timedelta(days=45))
    for kind in ("tags", "packages", "items", "locations", "transfers", "adjustments"):
        moments = [row.last_modified for row in rows(engine, kind)]
        assert first < min(moments) <= max(moments) <= microseconds_of(now), kind


def test_goods_were_made_after_the_goods_they_came_from(engine: Engine) -> None:
    packages = {row.body["Label"]: row for row in rows(engine, "packages")}
    children = [row for row in packages.values() if row.facts.get("ingredients")]
    assert len(children) > 100
    for child in children:
        for source in child.facts["ingredients"]:
            parent = packages[source["label"]]
            assert parent.id < child.id
            assert parent.body["PackagedDate"] <= child.body["PackagedDate"]


def test_adjustments_are_in_the_order_they_were_written(engine: Engine) -> None:
    moments = [row.last_modified for row in rows(engine, "adjustments")]
    assert moments == sorted(moments)


def test_every_gram_of_crude_oil_became_distillate_waste_or_loss(engine: Engine) -> None:
    made = sum(
        row.body["OriginalPackageQuantity"]
        for row in rows(engine, "packages", MFG)
        if (row.body["ProductionBatchNumber"] or "").startswith("PB-D-")
    )
    gone = -sum(
        row.body["AdjustmentQuantity"]
        for row in rows(engine, "adjustments", MFG)
        if row.body["ItemName"] == "Crude Oil"
    )
    assert (made, gone) == (6 * 8400, 6 * 3600)


def test_transfers_stand_in_every_state(engine: Engine) -> None:
    found = Counter(_state_of(engine, row) for row in rows(engine, "transfers"))
    assert set(found) == {
        "registered",
        "on the road",
        "received",
        "rejected, return pending",
        "rejected, taken back",
        "voided",
    }


def _state_of(engine: Engine, transfer: Record) -> str:
    body = transfer.body
    lines = engine.store.select(Query("delivery_packages", parent=body["DeliveryId"]))
    states = {line.list_name for line in lines}
    if body["IsVoided"]:
        return "voided"
    if "Rejected" in states:
        return "rejected, return pending"
    if "Returned" in states:
        return "rejected, taken back"
    if body["ReceivedDateTime"]:
        return "received"
    return "on the road" if body["ActualDepartureDateTime"] else "registered"


def test_each_licence_has_something_on_its_way_in(engine: Engine) -> None:
    for license_number, shipper in ((MFG, SUP), (DIST, MFG)):
        waiting = [
            row.body["ShipperFacilityLicenseNumber"]
            for row in rows(engine, "incoming", license_number)
            if not row.body["ReceivedDateTime"]
        ]
        assert set(waiting) == {shipper}


def test_one_batch_failed_and_is_with_no_retailer(engine: Engine) -> None:
    failed = [
        row for row in rows(engine, "packages") if row.body["LabTestingState"] == "TestFailed"
    ]
    assert {row.license_number for row in failed} == {DIST, LAB}


def test_lab_states_of_every_stage_are_there(engine: Engine) -> None:
    found = {row.body["LabTestingState"] for row in rows(engine, "packages")}
    assert found >= {
        "NotSubmitted",
        "SubmittedForTesting",
        "TestingInProgress",
        "TestPassed",
        "TestFailed",
    }


def test_one_package_is_on_a_state_hold_and_some_are_finished(engine: Engine) -> None:
    held = [row for row in rows(engine, "packages") if row.mark == "hold"]
    finished = [row for row in rows(engine, "packages", MFG) if row.list_name == "inactive"]
    assert [row.license_number for row in held] == [DIST]
    assert len(finished) > 20
    assert all(row.body["Quantity"] == 0 and row.body["IsFinished"] for row in finished)


def test_there_are_drivers_vehicles_and_a_template_nobody_registered(engine: Engine) -> None:
    for kind in ("drivers", "vehicles"):
        assert len(rows(engine, kind, DIST)) == 2, kind
    assert len(rows(engine, "templates", DIST)) == 1


def test_users_may_do_different_things(engine: Engine) -> None:
    assert len({user.permissions for user in engine.people.everyone()}) >= 8


def test_the_neighbor_has_goods_that_share_nothing_with_ours(engine: Engine) -> None:
    theirs = rows(engine, "packages", NEIGHBOR)
    ours = {
        source["label"]
        for row in rows(engine, "packages")
        if row.license_number != NEIGHBOR
        for source in row.facts.get("ingredients", [])
    }
    assert len(theirs) == 3
    assert ours.isdisjoint(row.body["Label"] for row in theirs)


def test_the_shape_is_the_same_each_time_and_the_keys_are_not(engine: Engine) -> None:
    other = open_engine("ca", "demo")
    try:
        shapes = [
            [
                (row.body["Label"], row.body["Quantity"], row.list_name)
                for row in rows(one, "packages")
            ]
            for one in (engine, other)
        ]
        assert shapes[0] == shapes[1]
        assert engine.people.vendor_key != other.people.vendor_key
    finally:
        other.store.close()


@pytest.mark.parametrize(
    ("kind", "list_name"),
    [
        ("sublocations", "active"),
        ("sublocations", "inactive"),
        ("brands", "active"),
        ("items", "inactive"),
        ("locations", "inactive"),
        ("item_files", "photo"),
        ("item_files", "file"),
        ("job_types", "active"),
        ("job_types", "inactive"),
        ("processing_jobs", "active"),
        ("processing_jobs", "inactive"),
        ("tags", "staged"),
        ("hub_transfers", "active"),
        ("retail_issuances", "active"),
    ],
)
def test_every_list_of_the_workshop_has_a_row(engine: Engine, kind: str, list_name: str) -> None:
    assert engine.store.select(Query(kind, list_name=list_name), limit=1)


def test_a_staged_tag_is_shown_in_the_longer_form_of_its_list(engine: Engine) -> None:
    user = next(one for one in engine.people.everyone() if one.name == "Fay")
    pair = f"{engine.people.vendor_key}:{user.user_key}".encode()
    headers = {"authorization": f"Basic {base64.b64encode(pair).decode()}"}
    query = f"licenseNumber={MFG}"
    request = Request("GET", "/tags/v2/staged", query, headers, b"", lambda seconds: False)
    shown = json.loads(Simulator(engine).answer(request).body)
    assert len(shown) == 2
    assert all((row["IsStaged"], row["IsUsed"]) == (True, False) for row in shown)
    assert all(row["LastModified"].endswith("+00:00") and row["Label"] for row in shown)
