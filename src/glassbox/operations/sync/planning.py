"""Which feeds a run reads, in how many steps, and how many requests each may still make."""

from __future__ import annotations

from glassbox.models.sync import SyncCursor
from glassbox.operations.sync.feeds import FEEDS, Feed
from glassbox.operations.sync.walk import Walk, windows_since
from glassbox.operations.transaction import short_transaction
from glassbox.queries.sync_health import BUDGET_PERIOD, requests_used
from glassbox.rules.feed_schedule import WHOLE_WALK


def plan_feeds(walk: Walk, names: frozenset[str]) -> tuple[Feed, ...]:
    """Return the feeds to read now, in their order; the walk gets their steps and budgets.

    The timetable spares what is not due yet; whoever asks for a feed gets it.
    """
    with short_transaction(walk.license_id):
        cursors = {
            cursor.feed: cursor for cursor in SyncCursor.objects.filter(license_id=walk.license_id)
        }
        used = requests_used((walk.license_id,), since=walk.now - BUDGET_PERIOD)
    feeds = tuple(
        feed
        for feed in FEEDS
        if feed.name in names and not (walk.is_scheduled and _is_early(walk, feed, cursors))
    )
    walk.budgets.update(
        (
            feed.name,
            max(0, _allowance(feed, cursors) - used.get((walk.license_id, feed.name), 0)),
        )
        for feed in feeds
    )
    walk.steps_planned = sum(_steps(walk, feed, cursors) for feed in feeds)
    return feeds


def _allowance(feed: Feed, cursors: dict[str, SyncCursor]) -> int:
    cursor = cursors.get(feed.name)
    was_read = cursor is not None and cursor.last_whole_at is not None
    return feed.schedule.allowance(was_read=was_read)


def _is_early(walk: Walk, feed: Feed, cursors: dict[str, SyncCursor]) -> bool:
    cursor = cursors.get(feed.name)
    every = feed.schedule.every
    if not every or cursor is None or cursor.last_whole_at is None or cursor.last_error:
        return False
    return cursor.last_whole_at > walk.now - every


def _steps(walk: Walk, feed: Feed, cursors: dict[str, SyncCursor]) -> int:
    if not feed.endpoint.is_windowed or feed.name == WHOLE_WALK:
        return 1
    cursor = cursors.get(feed.name)
    return len(windows_since(walk, feed.endpoint, cursor.read_until if cursor else None))
