"""A whole first sync asks METRC for hardly more than windows and pages make necessary."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings

from glassbox.cli.demo_brand import MAKER, Brand, open_brand
from glassbox.cli.open_demo import HISTORY
from glassbox.runtime.postgres import ClusterUrls
from tests.desk import Desk
from tests.differences.seeds import bring_goods
from tests.journeys.story import now
from tests.journeys.sync_story import newest, sync

MORE_AT_MOST = 0.05
_OWN_OF_A_PAGE = {"pageNumber", "pageSize", "lastModifiedStart", "lastModifiedEnd"}


def _least(reads: list[dict[str, Any]]) -> int:
    """Return how many requests the same lists need: one a page, one window a day of history."""
    pages: Counter[tuple[str, str]] = Counter()
    for read in reads:
        query = read["query"]
        rest = sorted((name, one) for name, one in query.items() if name not in _OWN_OF_A_PAGE)
        key = f"{read['path']} {rest}", query.get("lastModifiedStart", "")
        pages[key] = max(pages[key], int(query.get("pageNumber", 1)))
    windows = Counter(name for name, start in pages if start)
    return sum(pages.values()) - sum(count - HISTORY.days for count in windows.values())


def test_a_first_sync_needs_hardly_more_requests_than_there_are_windows_and_pages(
    database: ClusterUrls, desk: Desk
) -> None:
    desk.do("reset", world="demo")
    keys = desk.keys()
    settings.GLASSBOX_METRC_VENDOR_KEY = keys["vendorKey"]
    brand = open_brand(metrc_users=keys["users"], sync_from=now() - HISTORY, now=now())
    seen = desk.journal()[-1]["seq"]
    sync(brand)
    reads = [one for one in desk.journal(seen) if one["method"] == "GET"]
    assert len(reads) > 10 * HISTORY.days
    assert len(reads) <= _least(reads) * (1 + MORE_AT_MOST)


REQUESTS_OF_A_CYCLE = 60
# Past the overlap, so that only what changed since lies in the windows that are read.
LATER = timedelta(hours=2)


def cycle(brand: Brand, desk: Desk, packages: int) -> int:
    """Return how many reads an ordinary cycle makes after one in a hundred packages changed."""
    labels = bring_goods(desk, packages)
    sync(brand)
    desk.do("clock", offsetSeconds=LATER.total_seconds())
    sync(brand, at=now() + LATER, trigger="timetable")
    changed = labels[::100]
    for label in changed:
        desk.do("adjust", licenseNumber=MAKER, label=label, quantity=-1, reason="Waste")
    desk.do("clock", offsetSeconds=(2 * LATER).total_seconds())
    seen = desk.journal()[-1]["seq"]
    sync(brand, at=now() + 2 * LATER, trigger="timetable")
    for label in changed:
        snapshot = newest(brand, label)
        assert snapshot is not None and snapshot.quantity == 99
    return sum(one["method"] == "GET" for one in desk.journal(seen))


def test_an_ordinary_cycle_makes_few_requests(brand: Brand, desk: Desk) -> None:
    assert cycle(brand, desk, packages=200) <= REQUESTS_OF_A_CYCLE


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_a_cycle_of_five_thousand_packages_makes_at_most_sixty(brand: Brand, desk: Desk) -> None:
    requests = cycle(brand, desk, packages=5_000)
    assert requests <= REQUESTS_OF_A_CYCLE, f"{requests} requests"
