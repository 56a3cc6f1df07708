"""Any sequence of acts at a farm and a shop: nothing is gained, nothing vanishes, tags serve once."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest

from metrc_simulator.act import Act, NotYours, Refused
from metrc_simulator.engine import Engine
from metrc_simulator.laws import packages
from metrc_simulator.laws.harvests import ending as harvest_ending
from metrc_simulator.laws.harvests import packing as harvest_packing
from metrc_simulator.laws.harvests import weights
from metrc_simulator.laws.plant_batches import counts, planting
from metrc_simulator.laws.plant_batches import packing as batch_packing
from metrc_simulator.laws.plants import ending, harvesting, tracked
from metrc_simulator.laws.sales import deliveries, receipts, retailer_deliveries
from metrc_simulator.records import Query, Record
from metrc_simulator.running import open_engine
from tests.simulator import farm, shop
from tests.simulator.conftest import TODAY
from tests.simulator.farm import FARM, SHOP
from tests.simulator.test_deliveries import completing, loading, round_of, stop
from tests.simulator.test_deliveries import ending as coming_home

STEPS = 150
Step = Callable[[], Any]


@dataclass
class Walk:
    """One random walk through the laws; every act is refused or done, never half done."""

    engine: Engine
    chance: random.Random
    done: int = 0
    refused: int = 0
    seen: dict[tuple[str, int], int] = field(default_factory=dict)

    def rows(self, kind: str, license_number: str = FARM, list_name: str = "") -> list[Record]:
        return self.engine.store.select(Query(kind, license_number, list_name or None))

    def any(self, kind: str, license_number: str = FARM) -> Record:
        found = self.rows(kind, license_number)
        if not found:
            raise Refused(f"no {kind}")
        return self.chance.choice(found)

    def tag(self, kind: str = "plant") -> str:
        """Return a tag that may well be used up."""
        found = [row for row in self.rows("tags") if row.mark == kind]
        label: str = self.chance.choice(found).body["Label"]
        return label

    def weight(self) -> Decimal:
        return Decimal(self.chance.randrange(1, 400)) / 4

    def act(self, license_number: str) -> Act:
        return self.engine.act(license_number, "Gil" if license_number == FARM else "Ira")

    def step(self) -> None:
        law = self.chance.choice(LAWS)
        try:
            with self.engine.store.transaction():
                law(self)
        except (Refused, NotYours):
            self.refused += 1
        else:
            self.done += 1


def _tag_plants(walk: Walk) -> None:
    name = walk.any("plant_batches").body["Name"]
    body = farm.tagging(name, walk.chance.randrange(1, 4), walk.tag())
    counts.change_growth_phase(walk.act(FARM), body)


def _split_batch(walk: Walk) -> None:
    source = walk.any("plant_batches").body["Name"]
    row = {"PlantBatch": source, "GroupName": walk.tag(), "Count": 2, "ActualDate": TODAY}
    planting.split(walk.act(FARM), row)


def _pack_clones(walk: Walk) -> None:
    body = {
        "PlantBatch": walk.any("plant_batches").body["Name"],
        "Count": walk.chance.randrange(1, 5),
        "Item": "Blue Dream Clones",
        "Tag": walk.tag("package"),
        "ActualDate": TODAY,
    }
    batch_packing.create_package(walk.act(FARM), body)


def _harvest(walk: Walk) -> None:
    body = farm.cutting(
        walk.any("plants").body["Label"],
        0,
        Weight=walk.weight(),
        HarvestName=walk.chance.choice(["Spring", "Summer", "Autumn"]),
    )
    law = walk.chance.choice([harvesting.harvest, harvesting.manicure])
    law(walk.act(FARM), body)


def _waste(walk: Walk) -> None:
    body = {
        "Id": walk.any("harvests").id,
        "WasteType": "Fibrous",
        "UnitOfWeight": "Grams",
        "WasteWeight": walk.weight(),
        "ActualDate": TODAY,
    }
    weights.waste(walk.act(FARM), body)


def _unwaste(walk: Walk) -> None:
    weights.discontinue_waste(walk.act(FARM), walk.any("harvest_waste").id)


def _pack_flower(walk: Walk) -> None:
    row = {
        "HarvestId": walk.any("harvests").id,
        "Weight": walk.weight(),
        "UnitOfWeight": "Grams",
    }
    body = farm.packing(walk.tag("package"), Ingredients=[row])
    harvest_packing.create_package(walk.act(FARM), body)


def _discontinue(walk: Walk) -> None:
    packages.discontinue(walk.act(FARM), walk.any("packages").id)


def _finish(walk: Walk) -> None:
    law = walk.chance.choice([harvest_ending.finish, harvest_ending.unfinish])
    law(walk.act(FARM), {"Id": walk.any("harvests").id, "ActualDate": TODAY})


def _restore(walk: Walk) -> None:
    label = walk.any("plants").body["Label"]
    body = {"HarvestId": walk.any("harvests").id, "PlantTags": [label]}
    harvest_ending.restore_plants(walk.act(FARM), body)


def _regroup(walk: Walk) -> None:
    first, second = walk.any("plants").body["Label"], walk.any("plants").body["Label"]
    body = {"TargetPlantGroupLabel": first, "SourcePlantGroupLabel": second, "MergeDate": TODAY}
    tracked.merge(walk.act(FARM), body)


def _destroy(walk: Walk) -> None:
    body = {
        "Label": walk.any("plants").body["Label"],
        "WasteMethodName": "Compost",
        "WasteWeight": walk.weight(),
        "WasteUnitOfMeasureName": "Grams",
        "WasteReasonName": "Male Plants",
        "ActualDate": TODAY,
    }
    ending.destroy(walk.act(FARM), body)


def _sell(walk: Walk) -> None:
    body = shop.receipt(_line(walk))
    if walk.chance.random() < 0.5:
        receipts.record_receipt(walk.act(SHOP), body)
    else:
        receipts.update_receipt(walk.act(SHOP), {**body, "Id": walk.any("receipts", SHOP).id})


def _line(walk: Walk) -> dict[str, Any]:
    return shop.line(
        walk.any("packages", SHOP).body["Label"], 0, Quantity=walk.weight(), TotalAmount=1
    )


def _close_receipt(walk: Walk) -> None:
    number = walk.any("receipts", SHOP).id
    if walk.chance.random() < 0.5:
        receipts.archive_receipt(walk.act(SHOP), number)
    else:
        law = walk.chance.choice([receipts.finalize, receipts.unfinalize])
        law(walk.act(SHOP), {"Id": number})


def _deliver(walk: Walk) -> None:
    deliveries.record_delivery(walk.act(SHOP), shop.delivery(_line(walk)))


def _settle_delivery(walk: Walk) -> None:
    row = walk.any("sales_deliveries", SHOP)
    if walk.chance.random() < 0.5:
        deliveries.void_delivery(walk.act(SHOP), row.id)
    else:
        labels = [sold["PackageLabel"] for sold in row.body["Transactions"]]
        deliveries.complete_delivery(walk.act(SHOP), completing(row.id, labels))


def _drive(walk: Walk) -> None:
    label = walk.any("packages", SHOP).body["Label"]
    load = loading(label, 0, Quantity=walk.weight(), TotalPrice=1)
    sold = shop.line(label, 0, Quantity=walk.weight() / 4, TotalAmount=1)
    retailer_deliveries.record(walk.act(SHOP), round_of(load, stops=(stop(sold),)))


def _settle_round(walk: Walk) -> None:
    row = walk.any("retailer_deliveries", SHOP)
    if walk.chance.random() < 0.5:
        retailer_deliveries.void(walk.act(SHOP), row.id)
    else:
        left = {load["PackageLabel"]: load["Quantity"] for load in row.body["Packages"]}
        retailer_deliveries.end(walk.act(SHOP), coming_home(row.id, **left))


LAWS: list[Callable[[Walk], None]] = [
    _tag_plants,
    _split_batch,
    _pack_clones,
    _harvest,
    _harvest,
    _waste,
    _unwaste,
    _pack_flower,
    _discontinue,
    _finish,
    _restore,
    _regroup,
    _destroy,
    _sell,
    _sell,
    _close_receipt,
    _deliver,
    _settle_delivery,
    _drive,
    _settle_round,
]


@pytest.fixture
def engine(small_world: str) -> Iterator[Engine]:
    opened = open_engine("ca", small_world)
    act = opened.act(FARM, "Gil")
    farm.open_farm(act)
    for _ in range(2):
        farm.stock(opened.act(SHOP, "METRC"), "Blue Dream Flower", Decimal(1000))
    yield opened
    opened.store.close()


@pytest.mark.parametrize("seed", range(4))
def test_no_sequence_of_acts_gains_or_loses_a_gram_a_plant_or_a_tag(
    engine: Engine, seed: int
) -> None:
    walk = Walk(engine, random.Random(seed))
    for _ in range(STEPS):
        walk.step()
        _check_harvests(walk)
        _check_jars(walk)
        _check_plants(walk)
        _check_moments(walk)
    assert walk.done > STEPS // 5 < walk.refused


def _check_harvests(walk: Walk) -> None:
    packed: dict[int, Decimal] = {}
    for package in walk.rows("packages"):
        if package.body["ArchivedDate"] is None:
            for row in package.facts.get("grown_from", []):
                if row["kind"] == "harvests":
                    packed[row["id"]] = packed.get(row["id"], Decimal(0)) + row["quantity"]
    for harvest in walk.rows("harvests"):
        row = harvest.body
        assert row["CurrentWeight"] >= 0
        assert row["TotalPackagedWeight"] == packed.get(harvest.id, 0)
        assert row["TotalWetWeight"] == (
            row["CurrentWeight"]
            + row["TotalWasteWeight"]
            + row["TotalPackagedWeight"]
            + row["TotalRestoredWeight"]
            + harvest.facts.get("moisture", 0)
        )


def _check_jars(walk: Walk) -> None:
    gone = Decimal(0)
    for kind in ("receipts", "sales_deliveries"):
        for sale in walk.rows(kind, SHOP):
            undone = sale.body.get("ArchivedDate") or sale.body.get("VoidedDate")
            gone += Decimal(0) if undone else _sold(sale.body)
    for one in walk.rows("retailer_deliveries", SHOP):
        gone += sum((load["Quantity"] for load in one.body["Packages"]), Decimal(0))
        if one.body["VoidedDate"] is None:
            gone += sum((_sold(stop) for stop in one.body["Destinations"]), Decimal(0))
    left = [jar.body["Quantity"] for jar in walk.rows("packages", SHOP)]
    assert min(left) >= 0
    assert sum(left) == 2000 - gone


def _sold(sale: dict[str, Any]) -> Decimal:
    return sum((row["QuantitySold"] for row in sale["Transactions"]), Decimal(0))


def _check_plants(walk: Walk) -> None:
    batches, plants = walk.rows("plant_batches"), walk.rows("plants")
    labels = {row.label for row in (*batches, *plants)}
    used = {row.label for row in walk.rows("tags", list_name="used") if row.mark == "plant"}
    assert len(labels) == len(batches) + len(plants)
    assert labels <= used
    for batch in batches:
        assert batch.body["UntrackedCount"] >= 0
        assert (batch.body["UntrackedCount"] > 0) == (batch.list_name == "active")
    counted = ("UntrackedCount", "TrackedCount", "PackagedCount")
    assert sum(batch.body[name] for batch in batches for name in counted) == 40
    tracked_count = sum(batch.body["TrackedCount"] for batch in batches)
    assert sum(tracked.plants_under(plant) for plant in plants) == tracked_count


def _check_moments(walk: Walk) -> None:
    for kind in ("plants", "plant_batches", "harvests"):
        for row in walk.rows(kind):
            assert row.last_modified >= walk.seen.get((kind, row.id), 0)
            walk.seen[kind, row.id] = row.last_modified
