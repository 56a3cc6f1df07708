"""Estimated times of transfers are the facility's wall clock, not UTC."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from glassbox.operations.metrc_mapping import facility_moment

ZONE = "America/Los_Angeles"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-11-23T08:30:00.000", datetime(2026, 11, 23, 16, 30, tzinfo=UTC)),
        ("2026-07-01T08:30:00.000", datetime(2026, 7, 1, 15, 30, tzinfo=UTC)),
        ("2026-11-23T08:30:00+00:00", datetime(2026, 11, 23, 8, 30, tzinfo=UTC)),
        ("0001-01-01T00:00:00.000", None),
        (None, None),
    ],
)
def test_an_estimate_is_read_by_the_facilitys_clock(
    written: str | None, meant: datetime | None
) -> None:
    assert facility_moment(written, ZONE) == meant
