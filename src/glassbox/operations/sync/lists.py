"""A plain list of METRC: read window by window, each window stored whole with its cursor."""

from __future__ import annotations

from glassbox.operations.sync.catalog import Store
from glassbox.operations.sync.walk import (
    Walk,
    finish_cursor,
    move_cursor_in_transaction,
    open_cursor,
    read_rows,
    windows_since,
)
from glassbox.operations.transaction import short_transaction
from metrc_client.endpoint import Endpoint


def read_list(walk: Walk, name: str, endpoint: Endpoint, store: Store) -> int:
    """Read what a list has new, and return how many rows were stored."""
    cursor = open_cursor(walk, name)
    is_first = walk.is_first and cursor.last_whole_at is None
    stored = 0
    for window in windows_since(walk, endpoint, cursor):
        rows = read_rows(walk, endpoint, window)
        with short_transaction(walk.license_id) as license:
            batch = walk.batch(
                license, name, rows, is_first_walk=is_first, is_whole_list=window is None
            )
            store(batch)
            move_cursor_in_transaction(walk, name, window.end if window else None)
        stored += batch.stored
    finish_cursor(walk, name)
    return stored
