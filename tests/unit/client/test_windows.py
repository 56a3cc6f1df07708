"""Windows that METRC accepts, to the second."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from metrc_client.windows import WIDEST, as_query, cut

NOW = datetime(2026, 11, 23, 23, 38, 21, 700_000, UTC)
OVERLAP = timedelta(minutes=5)


def asked(since: datetime, until: datetime) -> list[tuple[datetime, datetime]]:
    queries = [as_query(window) for window in cut(since, until, overlap=OVERLAP)]
    return [
        (
            datetime.fromisoformat(query["lastModifiedStart"]),
            datetime.fromisoformat(query["lastModifiedEnd"]),
        )
        for query in queries
    ]


def test_no_window_is_wider_than_a_day_after_its_ends_became_whole_seconds() -> None:
    windows = asked(NOW - timedelta(days=45), NOW)
    assert len(windows) == 46
    assert max(end - start for start, end in windows) == WIDEST


def test_windows_leave_no_gap_and_cover_the_span_and_its_overlap() -> None:
    windows = asked(NOW - timedelta(days=3), NOW)
    assert windows[0][0] <= NOW - timedelta(days=3) - OVERLAP
    assert windows[-1][1] >= NOW
    assert all(before[1] >= after[0] for before, after in zip(windows, windows[1:], strict=False))
