"""A whole first sync asks METRC for hardly more than windows and pages make necessary."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.conf import settings

from glassbox.cli.demo_brand import open_brand
from glassbox.cli.open_demo import HISTORY
from glassbox.runtime.postgres import ClusterUrls
from tests.desk import Desk
from tests.journeys.story import now
from tests.journeys.sync_story import sync

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
