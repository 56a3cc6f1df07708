"""METRC's log of adjustments: it only grows, so its length says whether there is anything new."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from glassbox.models.packages import MetrcAdjustment
from glassbox.models.sync import SyncCursor
from glassbox.operations.metrc_mapping import content_sha256, plain
from glassbox.operations.sync.batch import (
    UNREADABLE,
    Batch,
    ReadRow,
    check_length,
    row_of,
    sentence_of,
)
from glassbox.operations.sync.walk import (
    Walk,
    finish_cursor,
    move_cursor_in_transaction,
    open_cursor,
    read_rows,
)
from glassbox.operations.transaction import savepoint, short_transaction
from metrc_client import endpoints, shapes
from metrc_client.client import PAGE_SIZE

FEED = "adjustments"
# Read whole at least so often, whatever its length says.
WHOLE_EVERY = timedelta(hours=24)
ROWS_OF_A_STATEMENT = 1_000


def read_adjustments(walk: Walk) -> int:
    """Read the log of adjustments, or only its end that is new; return how many were stored.

    METRC has no window for it, and at most 20 rows a page: a year's log read whole every ten
    minutes would be most of our requests. Its first page tells the length. What is longer by n
    is read from either end until n unknown rows are found; anything else is read whole.
    """
    cursor = open_cursor(walk, FEED)
    first, total = _page(walk, 1)
    told, whole_at = cursor.total_told, cursor.read_until
    is_whole = total is None or told is None or whole_at is None
    if whole_at is not None and walk.now - whole_at >= WHOLE_EVERY:
        is_whole = True
    rows: tuple[ReadRow, ...] | None = None
    if total is not None and told is not None and not is_whole:
        rows = _new_end(walk, first, total, total - told)
    if rows is None:
        rows = _all(walk, first, total)
        whole_at = walk.now
        total = len(rows) if total is None else total
    with short_transaction(walk.license_id) as license:
        batch = walk.batch(license, FEED, rows)
        store_adjustments(batch)
        SyncCursor.objects.filter(license=license, feed=FEED).update(total_told=total)
        move_cursor_in_transaction(walk, FEED, whole_at)
    finish_cursor(walk, FEED, len(rows))
    return batch.stored


def _page(walk: Walk, number: int) -> tuple[tuple[ReadRow, ...], int | None]:
    pages = walk.session.client.pages(
        endpoints.ADJUSTMENTS, license_number=walk.session.number, first_page=number
    )
    answer = next(pages)
    walk.beat_if_due()
    request_id = walk.session.last_request_id
    return tuple(ReadRow(raw=raw, api_request_id=request_id) for raw in answer.rows), answer.total


def _new_end(
    walk: Walk, first: tuple[ReadRow, ...], total: int, new_count: int
) -> tuple[ReadRow, ...] | None:
    """Return the rows that are new, or None if they do not lie together at one of the ends."""
    if new_count == 0:
        return ()
    if new_count < 0:
        return None
    page_count = -(-total // PAGE_SIZE)
    for numbers in (range(1, page_count + 1), range(page_count, 0, -1)):
        new: list[ReadRow] = []
        for number in numbers:
            rows, now_total = (first, total) if number == 1 else _page(walk, number)
            if now_total != total:
                return None
            unknown = _unknown(walk, rows)
            new += unknown
            if len(unknown) < len(rows) or len(new) >= new_count:
                break
        if len(new) == new_count:
            return tuple(new)
    return None


def _unknown(walk: Walk, rows: tuple[ReadRow, ...]) -> list[ReadRow]:
    hashes = [content_sha256(row.raw) for row in rows]
    with short_transaction(walk.license_id):
        known = set(
            MetrcAdjustment.objects.filter(
                license_id=walk.license_id, content_sha256__in=hashes
            ).values_list("content_sha256", flat=True)
        )
    return [row for row, sha256 in zip(rows, hashes, strict=True) if sha256 not in known]


def _all(walk: Walk, first: tuple[ReadRow, ...], total: int | None) -> tuple[ReadRow, ...]:
    if total is not None and total <= len(first):
        return first
    return read_rows(walk, endpoints.ADJUSTMENTS, None)


def store_adjustments(batch: Batch) -> None:
    """Store METRC's adjustments; the same row twice is the same adjustment twice.

    All in a few statements: a licence of some years has tens of thousands, and the first walk
    stores them in one transaction.
    """
    found: dict[str, tuple[ReadRow, MetrcAdjustment]] = {}
    met: Counter[str] = Counter()
    for row in batch.rows:
        try:
            adjustment = _read_adjustment(batch, row, met)
        except UNREADABLE as problem:
            batch.report_bad_row(row, sentence_of(problem, row.raw))
        else:
            found[adjustment.content_sha256] = (row, adjustment)
            batch.close_case_of(row)
    known = MetrcAdjustment.objects.filter(license=batch.license, content_sha256__in=found)
    for sha256 in known.values_list("content_sha256", flat=True):
        found.pop(sha256, None)
    try:
        with savepoint():
            MetrcAdjustment.objects.bulk_create(
                (adjustment for _, adjustment in found.values()), batch_size=ROWS_OF_A_STATEMENT
            )
        batch.stored += len(found)
    except UNREADABLE:
        _add_one_by_one(batch, list(found.values()))


def _add_one_by_one(batch: Batch, found: list[tuple[ReadRow, MetrcAdjustment]]) -> None:
    """Find the row that the database refuses; the others are stored."""
    for row, adjustment in found:
        try:
            with savepoint():
                adjustment.save(force_insert=True)
        except UNREADABLE as problem:
            batch.report_bad_row(row, sentence_of(problem, row.raw))
        else:
            batch.stored += 1


def _read_adjustment(batch: Batch, row: ReadRow, met: Counter[str]) -> MetrcAdjustment:
    seen = shapes.adjustment(row_of(row, "adjustment"))
    who = f"The adjustment of {seen.label[:40]}"
    check_length(who, "PackageLabel", seen.label, 40)
    check_length(who, "AdjustmentReasonName", seen.reason, 120)
    check_length(who, "AdjustmentNote", seen.note, 1000)
    base = content_sha256(seen.raw)
    met[base] += 1
    return MetrcAdjustment(
        **batch.tenant,
        label=seen.label,
        # METRC gives these rows no id: the second of two equal ones is told by its turn.
        content_sha256=base if met[base] == 1 else content_sha256([seen.raw, met[base]]),
        quantity=seen.quantity,
        unit=seen.unit,
        reason=seen.reason,
        note=seen.note,
        adjusted_date=seen.adjusted_date,
        adjusted_by=seen.adjusted_by,
        seen_at=batch.now,
        api_request_id=row.api_request_id,
        raw=plain(seen.raw),
    )
