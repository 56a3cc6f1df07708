"""Every switch of a state, both ways, over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from metrc_simulator.profiles.profile import Profile
from metrc_simulator.running import running
from tests.simulator.conftest import (
    CART,
    DIST,
    LAB,
    MFG,
    NEIGHBOR,
    R1,
    R2,
    TODAY,
    Metrc,
    adjustment,
    split,
)
from tests.simulator.farm import FARM
from tests.simulator.test_lab_laws import at_the_lab, body_of, carts, each, state
from tests.simulator.test_transfer_laws import TEMPLATES, template, wholesale

ACTIVE = "/packages/v2/active"
Opener = Callable[..., Metrc]
# Tested where its law is, in test_plant_batches.py: named by a tag, and by any name.
_ELSEWHERE = {"plant_batch_named_by_tag"}


@pytest.fixture
def opened(small_world: str) -> Iterator[Opener]:
    """Open a California with switches set otherwise."""
    running_ones: list[Any] = []

    def open_with(**switches: str) -> Metrc:
        server = running(small_world, switches=switches)
        address = server.__enter__().address
        client = httpx.Client(base_url=address, timeout=20)
        running_ones.append((client, server))
        return Metrc(client)

    yield open_with
    for client, server in running_ones:
        client.close()
        server.__exit__(None, None, None)


def both(switch: str, *values: Any) -> Any:
    """Run a test once for each value of a switch and what it leads to."""
    cases = [({switch: value}, led_to) for value, led_to in values]
    return pytest.mark.parametrize(("setting", "expected"), cases, ids=[one for one, _ in values])


@both("window_hours_at_most", ("24", 400), ("none", 200), ("72", 200))
def test_how_wide_a_window_may_be(opened: Opener, setting: dict[str, str], expected: int) -> None:
    now = datetime.now(UTC)
    start_at = (now - timedelta(hours=48)).isoformat(timespec="seconds")
    end_at = now.isoformat(timespec="seconds")
    answer = opened(**setting).get(
        ACTIVE, "Ana", MFG, lastModifiedStart=start_at, lastModifiedEnd=end_at
    )
    assert answer.status_code == expected


@both("no_window_hours", ("24", 0), ("none", 1), ("72", 1))
def test_what_a_list_shows_without_a_window(
    opened: Opener, setting: dict[str, str], expected: int
) -> None:
    metrc = opened(**setting)
    metrc.stock(MFG, 10)
    metrc.desk("clock", offsetSeconds=48 * 3600)
    assert metrc.get(ACTIVE, "Ana", MFG).json()["Total"] == expected


@both("envelope_without_page_size", ("true", dict), ("false", list))
def test_the_shape_of_a_list_without_paging(
    opened: Opener, setting: dict[str, str], expected: type
) -> None:
    metrc = opened(**setting)
    assert isinstance(metrc.get(ACTIVE, "Ana", MFG).json(), expected)
    paged = metrc.get(ACTIVE, "Ana", MFG, pageNumber=1, pageSize=20)
    assert isinstance(paged.json(), dict)


@both("page_size_at_most", ("20", 400), ("50", 200))
def test_how_large_a_page_may_be(opened: Opener, setting: dict[str, str], expected: int) -> None:
    answer = opened(**setting).get(ACTIVE, "Ana", MFG, pageNumber=1, pageSize=50)
    assert answer.status_code == expected


@both("objects_per_write_at_most", ("10", 413), ("20", 400))
def test_how_many_objects_a_write_may_bring(
    opened: Opener, setting: dict[str, str], expected: int
) -> None:
    answer = opened(**setting).post("/packages/v2/adjust", "Ana", MFG, *[{}] * 11)
    assert answer.status_code == expected


@both("unknown_id_status", ("401", 401), ("404", 404))
def test_what_a_number_that_nobody_has_answers(
    opened: Opener, setting: dict[str, str], expected: int
) -> None:
    metrc = opened(**setting)
    for path in ("/packages/v2/99999999", "/packages/v2/1A4060300000001000000999", "/items/v2/1"):
        assert metrc.get(path, "Fay", MFG).status_code == expected, path
    strange = metrc.package(metrc.stock(NEIGHBOR, 5), "Nell", NEIGHBOR)["Id"]
    assert metrc.get(f"/packages/v2/{strange}", "Fay", MFG).status_code == 401


@both("read_lag_seconds", ("0", 1), ("30", 0))
def test_how_far_reads_lag_behind_writes(
    opened: Opener, setting: dict[str, str], expected: int
) -> None:
    metrc = opened(**setting)
    metrc.stock(MFG, 10)
    assert metrc.get(ACTIVE, "Ana", MFG).json()["Total"] == expected


@both("employee_permissions_deployed", ("false", 404), ("true", 200))
def test_whether_permissions_can_be_read(
    opened: Opener, setting: dict[str, str], expected: int
) -> None:
    metrc = opened(**setting)
    rows = metrc.get("/employees/v2/", "Fay", MFG).json()["Data"]
    answer = metrc.get(
        "/employees/v2/permissions",
        "Fay",
        MFG,
        employeeLicenseNumber=rows[0]["License"]["EmployeeLicenseNumber"],
    )
    assert answer.status_code == expected


@both("held_packages_in_active", ("true", 1), ("false", 0))
def test_whether_a_held_package_stays_among_the_active(
    opened: Opener, setting: dict[str, str], expected: int
) -> None:
    metrc = opened(**setting)
    metrc.desk("hold", label=metrc.stock(MFG, 10), kind="hold", on=True)
    assert metrc.get(ACTIVE, "Ana", MFG).json()["Total"] == expected
    assert metrc.get("/packages/v2/onhold", "Ana", MFG).json()["Total"] == 1


@both("negative_balance_allowed", ("true", 200), ("false", 400))
def test_whether_an_adjustment_may_go_below_zero(
    opened: Opener, setting: dict[str, str], expected: int
) -> None:
    metrc = opened(**setting)
    body = adjustment(metrc.stock(MFG, 10), -11)
    assert metrc.post("/packages/v2/adjust", "Ana", MFG, body).status_code == expected


@both("opening_balance_allowed", ("false", 400), ("true", 200))
def test_whether_a_package_may_come_from_nothing(
    opened: Opener, setting: dict[str, str], expected: int
) -> None:
    metrc = opened(**setting)
    row = split(metrc.tags()[0], "", 5, UseSameItem=False, Item="Crude Oil", Ingredients=[])
    assert metrc.post("/packages/v2/", "Fay", MFG, row).status_code == expected


@both("processing_jobs_allowed", ("true", 200), ("false", 401))
def test_whether_there_are_processing_jobs(
    opened: Opener, setting: dict[str, str], expected: int
) -> None:
    metrc = opened(**setting)
    body = {
        "JobName": "Monday",
        "JobType": "Extraction",
        "WeightUnitOfMeasure": "Grams",
        "StartDate": TODAY,
        "Packages": [{"Label": metrc.stock(MFG, 9), "Quantity": 4, "UnitOfMeasure": "Grams"}],
    }
    assert metrc.post("/processing/v2/start", "Fay", MFG, body).status_code == expected


@both("external_incoming_allowed", ("false", False), ("true", True))
def test_whether_shipments_come_from_outside_metrc(
    opened: Opener, setting: dict[str, str], expected: bool
) -> None:
    metrc = opened(**setting)
    rows = metrc.get("/facilities/v2/", "Fay").json()
    flags = {row["License"]["Number"]: row["FacilityType"] for row in rows}
    assert flags[MFG]["CanTransferFromExternalFacilities"] is expected
    answer = metrc.post("/transfers/v2/external/incoming", "Fay", MFG, {})
    assert answer.status_code == (400 if expected else 401)


@both("retailer_deliveries_deployed", ("true", 400), ("false", 404))
def test_whether_there_are_retailer_deliveries(
    opened: Opener, setting: dict[str, str], expected: int
) -> None:
    answer = opened(**setting).post("/sales/v2/deliveries/retailer", "Seller", R1, {})
    assert answer.status_code == expected


@both("retail_id_deployed", ("true", 200), ("false", 404))
def test_whether_there_is_retail_id(opened: Opener, setting: dict[str, str], expected: int) -> None:
    assert opened(**setting).get("/retailid/v2/allotment", "Fay", MFG).status_code == expected


@both("retail_id_allotment", ("50000", 50_000), ("7", 7))
def test_how_many_codes_retail_id_allots(
    opened: Opener, setting: dict[str, str], expected: int
) -> None:
    told = opened(**setting).get("/retailid/v2/allotment", "Fay", MFG).json()
    assert told["Allotment"] == expected


@both("plant_adjust_deployed", ("false", 404), ("true", 400))
def test_whether_counts_of_plants_are_adjusted(
    opened: Opener, setting: dict[str, str], expected: int
) -> None:
    assert opened(**setting).put("/plants/v2/adjust", "Gil", FARM, {}).status_code == expected


@both("retail_id_merge_enabled", ("true", 200), ("false", 401))
def test_whether_retail_id_merges(opened: Opener, setting: dict[str, str], expected: int) -> None:
    metrc = opened(**setting)
    body = {"packageLabels": [metrc.stock(MFG, 5), metrc.stock(MFG, 6)]}
    answer = metrc.call("POST", "/retailid/v2/merge", "Fay", MFG, json=body)
    assert answer.status_code == expected


@both("sandbox_helpers", ("true", 200), ("false", 403))
def test_whether_the_sandboxs_helpers_are_there(
    opened: Opener, setting: dict[str, str], expected: int
) -> None:
    assert opened(**setting).get("/sandbox/v2/tagtypes", "Fay", MFG).status_code == expected


@both("lab_state_gate_enforced", ("true", 400), ("false", 200))
def test_whether_untested_goods_go_to_a_retailer(
    opened: Opener, setting: dict[str, str], expected: int
) -> None:
    metrc = opened(**setting)
    label = metrc.stock(DIST, 10, item=CART, unit="Each")
    made = metrc.post(TEMPLATES, "Hal", DIST, template(R1, [label])).json()["Ids"][0]
    answer = metrc.http.post(
        "/desk/api/register-transfer", json={"licenseNumber": DIST, "templateId": made}
    )
    assert answer.status_code == expected


@both("destinations_per_manifest_at_most", ("1", 400), ("2", 200))
def test_how_many_destinations_a_manifest_has(
    opened: Opener, setting: dict[str, str], expected: int
) -> None:
    metrc = opened(**setting)
    first, second = (metrc.stock(DIST, 5) for _ in range(2))
    body = template(R1, [first])
    body["Destinations"] += template(R2, [second])["Destinations"]
    assert metrc.post(TEMPLATES, "Hal", DIST, body).status_code == expected


@both("transporters_per_manifest_at_most", ("1", 400), ("2", 200))
def test_how_many_transporters_a_manifest_has(
    opened: Opener, setting: dict[str, str], expected: int
) -> None:
    metrc = opened(**setting)
    body = template(R1, [metrc.stock(DIST, 5)])
    body["Destinations"][0]["Transporters"] *= 2
    assert metrc.post(TEMPLATES, "Hal", DIST, body).status_code == expected


@both("wholesale_price_per", ("package", 11.5), ("unit", 2760))
def test_what_a_wholesale_price_is_for(
    opened: Opener, setting: dict[str, str], expected: float
) -> None:
    metrc = opened(**setting)
    label = metrc.stock(DIST, 240, item=CART, unit="Each", labTestingState="TestPassed")
    made = metrc.post(TEMPLATES, "Hal", DIST, wholesale([label], 11.5)).json()["Ids"][0]
    sent = metrc.desk("register-transfer", licenseNumber=DIST, templateId=made)
    path = f"/transfers/v2/deliveries/{sent['deliveryIds'][0]}/packages/wholesale"
    (row,) = metrc.get(path, "Hal").json()["Data"]
    assert row["ShipperWholesalePrice"] == expected


@both("release_step", ("true", "TestingInProgress"), ("false", "TestPassed"))
def test_whether_complete_results_wait_for_a_release(
    opened: Opener, setting: dict[str, str], expected: str
) -> None:
    metrc = opened(**setting)
    source = carts(metrc)
    sample = at_the_lab(metrc, source)
    metrc.desk("record-results", licenseNumber=LAB, label=sample, passed=True, release=False)
    assert state(metrc, source) == expected


@both("children_before_release_inherit", ("false", "NotSubmitted"), ("true", "TestPassed"))
def test_whether_a_child_made_before_the_release_is_passed_too(
    opened: Opener, setting: dict[str, str], expected: str
) -> None:
    metrc = opened(**setting)
    source = carts(metrc)
    child = metrc.tags("Fay", DIST)[5]
    metrc.post("/packages/v2/", "Hal", DIST, each(child, source, 100))
    sample = at_the_lab(metrc, source)
    metrc.desk("record-results", licenseNumber=LAB, label=sample, passed=True, release=True)
    assert state(metrc, source) == "TestPassed"
    assert state(metrc, child) == expected


@both("document_required", ("true", 400), ("false", 200))
def test_whether_results_need_a_certificate(
    opened: Opener, setting: dict[str, str], expected: int
) -> None:
    metrc = opened(**setting)
    body = body_of(at_the_lab(metrc, carts(metrc)), DocumentFileBase64=None)
    assert metrc.post("/labtests/v2/record", "Lou", LAB, body).status_code == expected


@both("one_result_per_type", ("true", 400), ("false", 200))
def test_whether_a_type_may_have_a_second_result(
    opened: Opener, setting: dict[str, str], expected: int
) -> None:
    metrc = opened(**setting)
    body = body_of(at_the_lab(metrc, carts(metrc)))
    assert metrc.post("/labtests/v2/record", "Lou", LAB, body).status_code == 200
    assert metrc.post("/labtests/v2/record", "Lou", LAB, body).status_code == expected


@both(
    "state_after_revocation",
    ("NotSubmitted", "NotSubmitted"),
    ("SubmittedForTesting", "SubmittedForTesting"),
)
def test_the_state_after_results_are_revoked(
    opened: Opener, setting: dict[str, str], expected: str
) -> None:
    metrc = opened(**setting)
    source = carts(metrc)
    sample = at_the_lab(metrc, source)
    metrc.desk("record-results", licenseNumber=LAB, label=sample, passed=True, release=True)
    metrc.desk("revoke-results", label=sample)
    assert state(metrc, source) == expected


@both("result_expiration_days", ("365", 365), ("30", 30))
def test_how_long_results_hold(opened: Opener, setting: dict[str, str], expected: int) -> None:
    metrc = opened(**setting)
    source = carts(metrc)
    sample = at_the_lab(metrc, source)
    metrc.desk("record-results", licenseNumber=LAB, label=sample, passed=True, release=True)
    ends = metrc.package(source, "Fay", DIST)["LabTestResultExpirationDateTime"]
    days = datetime.fromisoformat(ends) - datetime.now(UTC)
    assert abs(days - timedelta(days=expected)) < timedelta(hours=1)


def test_every_switch_is_tested_both_ways() -> None:
    with open(__file__, encoding="utf-8") as source:
        tested = source.read()
    untested = {one for one in Profile("ca").switches if f'@both("{one}"' not in tested}
    untested = {one for one in untested if f'@both(\n    "{one}"' not in tested}
    assert untested == _ELSEWHERE
