"""Distribution in the demo: cases split for orders, wholesale manifests, what retailers refuse."""

from __future__ import annotations

from decimal import Decimal

from metrc_simulator.laws import adjustments, packages, receiving
from metrc_simulator.laws.creation import create_package
from metrc_simulator.laws.tags import next_tag
from metrc_simulator.records import Record
from metrc_simulator.worlds.demo import roads
from metrc_simulator.worlds.demo.diary import BLUE_DREAM, DIST, Diary
from metrc_simulator.worlds.demo.making import adjustment

# Cases per retailer of one batch: how many, and of how many units each.
CASES = {BLUE_DREAM: ((4, 240), (5, 240), (3, 200), (2, 250))}
SMALL_CASES = ((3, 200), (2, 200), (3, 160), (2, 160))
_PRICE = {BLUE_DREAM: Decimal("11.50")}
_SMALL_PRICE = Decimal("7.25")


def split(diary: Diary, carts: str, units: int) -> str:
    """Put units of a released batch into a case of its own; returns its label."""
    act = diary.act(DIST, "Dee")
    label = next_tag(act)
    create_package(
        act,
        {
            "Tag": label,
            "UseSameItem": True,
            "Quantity": units,
            "UnitOfMeasure": "Each",
            "ActualDate": diary.day,
            "Location": "Shipping",
            "Ingredients": [{"Package": carts, "Quantity": units, "UnitOfMeasure": "Each"}],
        },
    )
    return label


def split_for(diary: Diary, carts: str, retailer: int) -> list[str]:
    """Split a batch into the cases that one retailer ordered."""
    item: str = diary.act(DIST, "Dee").package(carts).body["Item"]["Name"]
    count, units = CASES.get(item, SMALL_CASES)[retailer]
    return [split(diary, carts, units) for _ in range(count)]


def prices(diary: Diary, labels: list[str]) -> dict[str, Decimal]:
    """Return the wholesale price of each package: METRC takes it for the package, not a unit."""
    act = diary.act(DIST, "Hal")
    found = {}
    for label in labels:
        body = act.package(label).body
        found[label] = _PRICE.get(body["Item"]["Name"], _SMALL_PRICE) * body["Quantity"]
    return found


def wholesale(diary: Diary, retailer: str, labels: list[str]) -> Record:
    """Register a wholesale manifest."""
    body = roads.request(diary, DIST, retailer, labels, prices(diary, labels))
    return roads.register(diary, DIST, body)


def take_back(diary: Diary, transfer: Record, label: str) -> None:
    """Take a rejected case back, count it and write off what is crushed."""
    receiving.give_back(diary.act(DIST, "Hal"), transfer.body["DeliveryId"], [label])
    act = diary.act(DIST, "Dee")
    package = act.package(label).body
    note = "36 units crushed on the road, counted by Dee and Hal."
    adjustments.adjust_by(act, adjustment(diary, package, Decimal(-36), "Waste", note))
    packages.move(
        diary.act(DIST, "Dee"), {"Label": label, "Location": "Quarantine", "MoveDate": diary.day}
    )
