"""Which feeds a run reads, in how many steps, and how many requests each may still make."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Count

from glassbox.models.sync import ApiRequest, SyncCursor
from glassbox.operations.sync.feeds import FEEDS, Feed
from glassbox.operations.sync.walk import PURPOSE, Walk, windows_since
from glassbox.operations.transaction import short_transaction

BUDGET_PERIOD = timedelta(hours=1)


def plan_feeds(walk: Walk, names: frozenset[str]) -> tuple[Feed, ...]:
    """Return the feeds to read now, in their order; the walk gets their steps and budgets.

    The timetable spares what is not due yet; whoever asks for a feed gets it.
    """
    with short_transaction(walk.license_id):
        cursors = {
            cursor.feed: cursor for cursor in SyncCursor.objects.filter(license_id=walk.license_id)
        }
        used = requests_used(walk.license_id, since=walk.now - BUDGET_PERIOD)
    feeds = tuple(
        feed
        for feed in FEEDS
        if feed.name in names and not (walk.is_scheduled and _is_early(walk, feed, cursors))
    )
    walk.budgets.update(
        (feed.name, max(0, feed.requests_an_hour - used.get(feed.name, 0))) for feed in feeds
    )
    walk.steps_planned = sum(_steps(walk, feed, cursors) for feed in feeds)
    return feeds


def requests_used(license_id: int, *, since: datetime) -> dict[str, int]:
    """Return how many requests each feed of a licence has made since, inside a transaction."""
    rows = (
        ApiRequest.objects.filter(
            license_id=license_id, sent_at__gt=since, purpose__startswith=PURPOSE
        )
        .values_list("purpose")
        .annotate(made=Count("id"))
    )
    return {purpose.removeprefix(PURPOSE): made for purpose, made in rows}


def _is_early(walk: Walk, feed: Feed, cursors: dict[str, SyncCursor]) -> bool:
    cursor = cursors.get(feed.name)
    if not feed.every or cursor is None or cursor.last_whole_at is None or cursor.last_error:
        return False
    return cursor.last_whole_at > walk.now - feed.every


def _steps(walk: Walk, feed: Feed, cursors: dict[str, SyncCursor]) -> int:
    if not feed.endpoint.is_windowed or feed.is_whole_walk:
        return 1
    cursor = cursors.get(feed.name)
    return len(windows_since(walk, feed.endpoint, cursor.read_until if cursor else None))
