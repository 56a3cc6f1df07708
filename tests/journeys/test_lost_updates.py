"""Thousands of changes arrive in METRC while it is walked, by another clock and late: none is lost."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.db import connections

from glassbox.cli.demo_brand import MAKER, Brand
from glassbox.models.packages import PackageSnapshot
from glassbox.models.sync import SyncCursor
from glassbox.operations.sync.run import SyncFailed
from glassbox.operations.transaction import short_transaction
from glassbox.rules.feed_schedule import WHOLE_WALK
from tests.desk import Desk
from tests.differences.seeds import bring_goods
from tests.journeys.story import now
from tests.journeys.sync_story import cursor, sync

PACKAGES = 200
ROWS_PER_WRITE = 10
CYCLE = timedelta(minutes=5)
# What METRC shows is as old as this, long after the changes were made.
LAG_MS = 300_000


class Hand(threading.Thread):
    """Somebody who changes METRC through its API, ten packages at a time, until told to stop."""

    def __init__(self, desk: Desk, labels: list[str], changes: int) -> None:
        super().__init__()
        keys = desk.keys()
        user = next(user for user in keys["users"] if MAKER in user["licenses"])
        self.client = httpx.Client(
            base_url=desk.address,
            auth=(keys["vendorKey"], user["userKey"]),
            params={"licenseNumber": MAKER},
            trust_env=False,
            timeout=20,
        )
        self.labels, self.changes, self.done = labels, changes, 0

    def run(self) -> None:
        with self.client:
            while self.done < self.changes:
                first = self.done % len(self.labels)
                amount = 1 if (self.done // len(self.labels)) % 2 else -1
                rows: list[dict[str, Any]] = [
                    {
                        "Label": label,
                        "Quantity": amount,
                        "UnitOfMeasure": "Grams",
                        "AdjustmentReason": "Scale Variance",
                        "AdjustmentDate": now().date().isoformat(),
                        "ReasonNote": None,
                    }
                    for label in self.labels[first : first + ROWS_PER_WRITE]
                ]
                answer = self.client.post("/packages/v2/adjust", json=rows)
                assert answer.status_code == 200, answer.text
                self.done += len(rows)


def in_metrc(desk: Desk, labels: list[str]) -> dict[str, float]:
    """METRC's own state, read from its journal's end by whoever keeps it."""
    keys = desk.keys()
    user = next(user for user in keys["users"] if MAKER in user["licenses"])
    with httpx.Client(
        base_url=desk.address, auth=(keys["vendorKey"], user["userKey"]), trust_env=False
    ) as client:
        found = {}
        for label in labels:
            row = client.get(f"/packages/v2/{label}", params={"licenseNumber": MAKER}).json()
            found[label] = row["Quantity"]
    return found


def in_our_view(brand: Brand, labels: list[str]) -> dict[str, float]:
    with short_transaction(brand.licenses[MAKER]):
        rows = PackageSnapshot.objects.filter(is_newest=True, package__label__in=labels)
        return {label: float(q) for label, q in rows.values_list("package__label", "quantity")}


def let_the_whole_walk_be_due(brand: Brand) -> None:
    with short_transaction(brand.licenses[MAKER]):
        SyncCursor.objects.filter(feed=WHOLE_WALK).update(last_whole_at=None)


def whole_walk_ended(brand: Brand) -> bool:
    return cursor(brand, WHOLE_WALK).last_whole_at is not None


def lose_nothing(brand: Brand, desk: Desk, offset: timedelta, changes: int) -> None:
    desk.do("clock", offsetSeconds=offset.total_seconds())
    labels = bring_goods(desk, PACKAGES)
    sync(brand)
    desk.do(
        "faults", rules=[{"path": "/packages/v2/active", "kind": "stale-read", "delayMs": LAG_MS}]
    )
    hand = Hand(desk, labels, changes)
    hand.start()
    walks = 0
    try:
        while hand.is_alive():
            let_the_whole_walk_be_due(brand)
            try:
                sync(brand)
            except SyncFailed:
                continue
            walks += whole_walk_ended(brand)
    finally:
        hand.join(120)
        connections.close_all()
    assert hand.done == changes
    assert walks > 0, "no whole walk ended while METRC changed"
    # The last changes of all, which the lag surely hides from the read that follows them.
    last = Hand(desk, labels, ROWS_PER_WRITE)
    last.run()
    with short_transaction(brand.licenses[MAKER]):
        SyncCursor.objects.filter(feed=WHOLE_WALK).update(last_whole_at=now())
    sync(brand)
    stale, truth = in_our_view(brand, labels), in_metrc(desk, labels)
    assert stale != truth, "the lag hid nothing, so this shows nothing"
    desk.do("faults", rules=[])

    desk.do("clock", offsetSeconds=(offset + CYCLE).total_seconds())
    sync(brand, at=now() + CYCLE)

    truth, ours = in_metrc(desk, labels), in_our_view(brand, labels)
    assert len(truth) == PACKAGES
    assert {
        label: (ours.get(label), truth[label]) for label in truth if ours.get(label) != truth[label]
    } == {}


@pytest.mark.parametrize("minutes", [7, -7])
def test_no_change_is_lost_while_metrc_is_walked_by_another_clock(
    brand: Brand, desk: Desk, minutes: int
) -> None:
    lose_nothing(brand, desk, timedelta(minutes=minutes), changes=1_000)


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("minutes", [7, -7])
def test_ten_thousand_changes_are_not_lost_either(brand: Brand, desk: Desk, minutes: int) -> None:
    lose_nothing(brand, desk, timedelta(minutes=minutes), changes=10_000)
