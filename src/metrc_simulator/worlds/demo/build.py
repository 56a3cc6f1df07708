"""Builds the demo world: the cast, six overlapping weeks, and what is under way today."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from metrc_simulator.laws import packages, transfers
from metrc_simulator.laws.transporters import create_driver, create_vehicle
from metrc_simulator.worlds.cast import Ground, build_cast, packaged_cast
from metrc_simulator.worlds.demo import making, roads, selling, workshop
from metrc_simulator.worlds.demo.diary import (
    BLUE_DREAM,
    CRUDE,
    DIST,
    JACK_HERER,
    MFG,
    NEIGHBOR,
    RETAILERS,
    SUP,
    Diary,
)
from metrc_simulator.worlds.demo.farm import Farm
from metrc_simulator.worlds.demo.shop import Shop
from metrc_simulator.worlds.demo.week import Week

# A client that reads six weeks and a bit back sees the whole past, the first tag included.
_BEGINS = timedelta(days=44, hours=12)
_WEEKS_START = (43, 36, 29, 22, 15, 8)
_HALF_GRAM_CART = {
    "Name": JACK_HERER,
    "ItemCategory": "Vape Cartridge (weight - each)",
    "UnitOfMeasure": "Each",
    "UnitWeight": Decimal("0.5"),
    "UnitWeightUnitOfMeasure": "Grams",
}


def build_demo(ground: Ground) -> None:
    """Fill an empty store with the cast and its past; the shape is the same every time."""
    begins = ground.now - _BEGINS
    build_cast(replace(ground, now=begins), demo_cast())
    diary = Diary(ground, begins)
    open_fleet(diary)
    _neighbor(diary)
    workshop.furnish(diary)
    weeks = [Week(diary, number, starts) for number, starts in enumerate(_WEEKS_START)]
    farm, shop = Farm(diary), Shop(diary)
    steps = [step for week in weeks for step in week.steps()]
    steps += [*farm.steps(), *shop.steps()]
    for days_ago, clock, act in sorted(steps, key=lambda step: (-step[0], step[1])):
        diary.turn_to(days_ago, clock)
        act()
    _today(diary, weeks)
    farm.today()
    shop.today()


def demo_cast() -> dict[str, Any]:
    """Return the cast with the half-gram cart that the demo makes beside the full one."""
    cast = copy.deepcopy(packaged_cast())
    for license_number in (MFG, DIST):
        cast["items"][license_number].append(_HALF_GRAM_CART)
    return cast


def open_fleet(diary: Diary) -> None:
    """Give the distributor its drivers and vehicles."""
    for name, number in (("Gus", "D1234567"), ("Wes", "D7654321")):
        create_driver(
            diary.act(DIST, "Hal"),
            {"Name": name, "DriversLicenseNumber": number, "EmployeeId": None},
        )
    for make, model, plate in (("Ford", "Transit", "8ABC123"), ("Ram", "ProMaster", "9XYZ456")):
        create_vehicle(
            diary.act(DIST, "Hal"), {"Make": make, "Model": model, "LicensePlateNumber": plate}
        )


def _neighbor(diary: Diary) -> None:
    """Goods of the company next door, which nobody of ours may ever see."""
    for number, quantity in enumerate(("1200", "800", "450"), start=1):
        roads.stock(diary, NEIGHBOR, "Neighbor Gummies", quantity, f"NG-{number:03d}")


def _today(diary: Diary, weeks: list[Week]) -> None:
    _state_hold(diary, weeks[0])
    workshop.work(diary)
    _voided(diary, weeks[1])
    diary.turn_to_minutes_ago(300)
    _on_the_road_to_manufacturing(diary)
    diary.turn_to_minutes_ago(200)
    _on_the_road_to_distribution(diary, weeks[5])
    diary.turn_to_minutes_ago(120)
    _on_the_road_to_retail(diary, weeks[4])


def _state_hold(diary: Diary, week: Week) -> None:
    """METRC holds what is left of the oldest batch."""
    diary.turn_to(2, "15:30")
    packages.set_hold(diary.act(DIST, "METRC"), week.carts[0], "hold", True)


def _voided(diary: Diary, week: Week) -> None:
    """A manifest keyed for the wrong retailer and voided before it left."""
    diary.turn_to(1, "14:00")
    labels = [selling.split(diary, week.carts[0], 100)]
    transfer = selling.wholesale(diary, RETAILERS[3], labels)
    transfers.void(diary.act(DIST, "Hal"), transfer.id)


def _on_the_road_to_manufacturing(diary: Diary) -> None:
    """One order of crude oil has left the supplier, a smaller one is only registered."""
    labels = [
        roads.stock(diary, SUP, CRUDE, quantity, "SUP-051") for quantity in ("5000", "4000", "3000")
    ]
    roads.send(diary, SUP, roads.request(diary, SUP, MFG, labels))
    small = [roads.stock(diary, SUP, CRUDE, "2000", "SUP-052")]
    roads.register(diary, SUP, roads.request(diary, SUP, MFG, small))


def _on_the_road_to_distribution(diary: Diary, week: Week) -> None:
    """The last of this week's distillate became carts, which are on their way."""
    item = making.Recipe(BLUE_DREAM, "PB-S", Decimal("150"), Decimal("161"), Decimal("1"), 160)
    carts = making.fill(diary, week.number + 1, week.distillate, item)
    roads.send(diary, MFG, roads.request(diary, MFG, DIST, [carts]))


def _on_the_road_to_retail(diary: Diary, week: Week) -> None:
    """One wholesale manifest is under way, one registered, one only a template."""
    blue = week.carts[0]
    under_way = [selling.split(diary, blue, 120) for _ in range(3)]
    roads.depart(diary, selling.wholesale(diary, RETAILERS[1], under_way))
    registered = [selling.split(diary, blue, 60) for _ in range(2)]
    selling.wholesale(diary, RETAILERS[2], registered)
    wished = [selling.split(diary, week.carts[1], 100)]
    body = roads.request(diary, DIST, RETAILERS[0], wished, selling.prices(diary, wished))
    roads.keep_template(diary, DIST, "Hal", body)
