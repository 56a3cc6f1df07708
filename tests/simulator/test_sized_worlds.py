"""Worlds of a size: cast from seasons made by the laws, alike by seed, and lawful in every row."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from metrc_simulator.console import main
from metrc_simulator.contract.operations import OPERATIONS
from metrc_simulator.laws import adjustments
from metrc_simulator.profiles.profile import Profile
from metrc_simulator.records import KINDS, Query
from metrc_simulator.running import open_engine, running
from metrc_simulator.store import Store
from metrc_simulator.worlds.cast import Ground
from metrc_simulator.worlds.registry import build_world
from tests.contract.shape import differences
from tests.simulator.conftest import MFG, adjustment

NOW = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)
_OF_PEOPLE = {"users", "employees"}


def _built(seed: int) -> Store:
    store = Store()
    with store.loading(), store.transaction():
        build_world("s", Ground(store, Profile("ca"), NOW, seed))
    return store


@pytest.fixture(scope="module")
def small() -> Iterator[Store]:
    store = _built(1)
    yield store
    store.close()


def test_the_same_seed_makes_the_same_rows_and_another_seed_others(small: Store) -> None:
    again, other = _built(1), _built(2)
    for kind in KINDS:
        if kind not in _OF_PEOPLE:
            assert again.bodies(Query(kind)) == small.bodies(Query(kind)), kind
    assert other.bodies(Query("packages")) != small.bodies(Query("packages"))
    again.close()
    other.close()


def test_the_size_is_kept_and_every_label_serves_once(small: Store) -> None:
    packages = small.select(Query("packages"))
    lists = Counter(row.list_name for row in packages)
    assert lists["active"] >= 300 and lists["inactive"] >= 2_000
    assert not set(lists) - {"active", "inactive", "intransit"}
    labels = [row.body["Label"] for row in packages]
    assert len(set(labels)) == len(labels)
    used = {row.label.upper() for row in small.select(Query("tags", list_name="used"))}
    assert set(labels) <= used
    ids = [row.id for row in packages]
    assert len(set(ids)) == len(ids) and max(ids) < 2**31


def test_a_finished_package_is_empty_and_what_was_taken_is_in_its_children(small: Store) -> None:
    packages = {row.body["Label"]: row for row in small.select(Query("packages"))}
    taken: dict[str, Decimal] = {}
    for row in packages.values():
        for source in row.facts.get("ingredients", []):
            label = source["label"]
            assert label in packages, (row.label, label)
            taken[label] = taken.get(label, Decimal(0)) + source["quantity"]
        if row.list_name == "inactive":
            assert row.body["Quantity"] == 0
    adjusted: dict[str, Decimal] = {}
    for line in small.select(Query("adjustments")):
        label = line.body["PackageLabel"]
        change = line.body["AdjustmentQuantity"]
        adjusted[label] = adjusted.get(label, Decimal(0)) + change
    sold: dict[str, Decimal] = {}
    for receipt in small.select(Query("receipts")):
        for line_sold in receipt.body["Transactions"]:
            label = line_sold["PackageLabel"]
            sold[label] = sold.get(label, Decimal(0)) + line_sold["QuantitySold"]
    for label, row in packages.items():
        nothing = Decimal(0)
        left = row.body["OriginalPackageQuantity"] - taken.get(label, nothing)
        left += adjusted.get(label, nothing) - sold.get(label, nothing)
        assert left == row.body["Quantity"], label


def test_rows_name_each_other_by_ids_that_are_there(small: Store) -> None:
    packages = {row.id: row.body["Label"] for row in small.select(Query("packages"))}
    for kind in ("transferred", "adjustments", "delivery_packages"):
        rows = small.select(Query(kind))
        assert rows
        for row in rows:
            assert packages[row.body["PackageId"]] == row.body["PackageLabel"], kind
    deliveries = {row.id for row in small.select(Query("deliveries"))}
    assert {row.parent for row in small.select(Query("delivery_packages"))} <= deliveries


def test_a_row_has_the_moment_it_is_listed_by_and_no_trace_of_its_mold(small: Store) -> None:
    for body in small.bodies(Query("packages")):
        assert b"@@" not in body
        row = json.loads(body)
        assert re.fullmatch(r"1A4[0-9A-F]{12}[0-9]{9}", row["Label"])
        moment = datetime.fromisoformat(row["LastModified"])
        found = small.get("packages", row["Id"])
        assert found is not None
        assert round(moment.timestamp() * 1_000_000) == found.last_modified
        assert moment <= NOW


def test_a_cast_row_is_changed_like_any_other(tmp_path: Path) -> None:
    state = tmp_path / "s.db"
    assert main(["worlds", "s", "--state", str(state)]) == 0
    engine = open_engine("ca", "empty", str(state))
    package = engine.store.select(Query("packages", MFG, "active"))[0]
    body = adjustment(package.body["Label"], 1, UnitOfMeasure=package.body["UnitOfMeasureName"])
    with engine.store.transaction():
        adjustments.adjust_by(engine.act(MFG, "Ana"), body)
    changed = engine.store.get("packages", package.id)
    assert changed is not None
    assert changed.body["Quantity"] == package.body["Quantity"] + 1
    engine.store.close()


def test_its_pages_are_metrcs_field_by_field(tmp_path: Path) -> None:
    state = tmp_path / "s.db"
    assert main(["worlds", "s", "--state", str(state)]) == 0
    wide = {"lastModifiedStart": "2020-01-01"}
    with (
        running(state_path=str(state), switches={"window_hours_at_most": "none"}) as server,
        httpx.Client(base_url=server.address) as http,
    ):
        keys = http.get("/desk/api/keys").json()
        user = next(one for one in keys["users"] if one["name"] == "Fay")
        auth = (keys["vendorKey"], user["userKey"])
        for name in ("active", "inactive", "transferred", "adjustments"):
            (operation,) = [one for one in OPERATIONS if str(one) == f"GET /packages/v2/{name}"]
            query = {"licenseNumber": MFG, "pageSize": "20", "pageNumber": "1"}
            query |= wide if operation.is_windowed else {}
            answer = http.get(operation.path, params=query, auth=auth)
            rows = json.loads(answer.content, parse_float=Decimal)["Data"]
            assert len(rows) == 20, name
            assert [list(differences(operation, row)) for row in rows] == [[]] * 20
        told = http.get("/desk/api/overview").json()
        assert told["world"] == "s"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["worlds", "s"], "name the file to make with --state FILE"),
        (["worlds", "s", "--state", "{there}"], "exists already"),
        (["worlds", "atlantis", "--state", "{new}"], "world 'atlantis' is not known"),
    ],
)
def test_a_build_that_cannot_be_says_why_and_leaves_nothing(
    arguments: list[str], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = tmp_path / "there.db"
    there.write_text("mine")
    given = [one.format(there=there, new=tmp_path / "new.db") for one in arguments]
    assert main(given) == 2
    assert words in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["there.db"]
    assert there.read_text() == "mine"
