"""A plain list of METRC: read window by window, each window stored whole with its cursor."""

from __future__ import annotations

from glassbox.models.companies import License
from glassbox.models.sync import SyncCursor
from glassbox.operations.sync.batch import ReadRow
from glassbox.operations.sync.catalog import Store
from glassbox.operations.sync.walk import Walk, finish_cursor, read_rows
from glassbox.operations.sync.windowed import WindowRead, read_in_windows
from glassbox.operations.transaction import short_transaction
from metrc_client.endpoint import Endpoint
from metrc_client.windows import Window


def read_list(walk: Walk, name: str, endpoint: Endpoint, store: Store) -> int:
    """Read what a list has new, and return how many rows were stored."""
    is_first = walk.is_first and not _was_whole(walk, name)
    read = 0

    def keep(license: License, rows: tuple[ReadRow, ...], window: Window | None) -> int:
        nonlocal read
        read += len(rows)
        batch = walk.batch(
            license, name, rows, is_first_walk=is_first, is_whole_list=window is None
        )
        store(batch)
        return batch.stored

    stored = read_in_windows(
        walk,
        WindowRead(
            feed=name,
            endpoint=endpoint,
            read=lambda window: read_rows(walk, endpoint, window),
            keep=keep,
        ),
    )
    finish_cursor(walk, name, read)
    return stored


def _was_whole(walk: Walk, name: str) -> bool:
    with short_transaction(walk.license_id):
        return SyncCursor.objects.filter(
            license_id=walk.license_id, feed=name, last_whole_at__isnull=False
        ).exists()
