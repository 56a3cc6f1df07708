"""One season of goods by METRC's laws: closed to the last gram, or still under way."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from metrc_simulator.laws import adjustments, packages
from metrc_simulator.laws.sales import receipts
from metrc_simulator.records import KINDS, Query, Record
from metrc_simulator.store import Store
from metrc_simulator.worlds.cast import Ground, build_cast
from metrc_simulator.worlds.demo.build import demo_cast, open_fleet
from metrc_simulator.worlds.demo.diary import RETAILERS, Diary
from metrc_simulator.worlds.demo.making import adjustment
from metrc_simulator.worlds.demo.week import Week

# Weeks by number: in one a batch fails, in one a case is rejected and taken back.
_WEEKS = ((0, 43), (1, 36), (2, 29), (3, 22))
_BEGINS = timedelta(days=44, hours=12)
_PRICE_PER_UNIT = Decimal("30.00")
# What a season finds and does not make.
SETUP = frozenset(
    (
        "facilities",
        "users",
        "employees",
        "items",
        "brands",
        "locations",
        "drivers",
        "vehicles",
        "job_types",
        "sublocations",
        "strains",
        "additives_templates",
        "item_files",
    )
)


def make_season(ground: Ground, is_closed: bool) -> list[Record]:
    """Return every row of a season, made in a store of its own.

    A closed one sells what retailers have and destroys what is left elsewhere; every package is
    finished then. An open one ends with goods in all hands.
    """
    store = Store()
    try:
        with store.transaction():
            begins = ground.now - _BEGINS
            own = replace(ground, store=store, now=begins)
            build_cast(own, demo_cast())
            diary = Diary(replace(own, now=ground.now), begins)
            open_fleet(diary)
            _make(diary)
            if is_closed:
                _close(diary)
        rows = [row for kind in KINDS if kind not in SETUP for row in store.select(Query(kind))]
    finally:
        store.close()
    return [row for row in rows if row.kind != "tags" or row.list_name == "used"]


def _make(diary: Diary) -> None:
    weeks = [Week(diary, number, starts) for number, starts in _WEEKS]
    steps = [step for week in weeks for step in week.steps()]
    for days_ago, clock, act in sorted(steps, key=lambda step: (-step[0], step[1])):
        diary.turn_to(days_ago, clock)
        act()


def _close(diary: Diary) -> None:
    diary.turn_to(3, "09:00")
    for package in diary.ground.store.select(Query("packages", list_name="active")):
        if package.body["Quantity"] > 0:
            if package.license_number in RETAILERS:
                _sell_out(diary, package)
            else:
                _destroy(diary, package)
        packages.finish(
            diary.act(package.license_number, "METRC"),
            {"Label": package.body["Label"], "ActualDate": diary.day},
        )


def _sell_out(diary: Diary, package: Record) -> None:
    quantity = package.body["Quantity"]
    receipts.record_receipt(
        diary.act(package.license_number, "METRC"),
        {
            "SalesDateTime": diary.local(),
            "ExternalReceiptNumber": None,
            "SalesCustomerType": "Consumer",
            "Transactions": [
                {
                    "PackageLabel": package.body["Label"],
                    "Quantity": quantity,
                    "UnitOfMeasure": package.body["UnitOfMeasureName"],
                    "TotalAmount": quantity * _PRICE_PER_UNIT,
                }
            ],
        },
    )


def _destroy(diary: Diary, package: Record) -> None:
    act = diary.act(package.license_number, "METRC")
    note = "Destroyed at the end of the season."
    change = -package.body["Quantity"]
    adjustments.adjust_by(act, adjustment(diary, package.body, change, "Waste", note))
