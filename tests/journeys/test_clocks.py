"""Our clock beside METRC's: moved together they agree; METRC's alone stops an approval."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from glassbox.cli.demo_brand import MAKER, Brand
from glassbox.operations.actions.review import GatesBlocked
from glassbox.runtime.postgres import ClusterUrls
from tests.desk import Desk
from tests.journeys.story import approve, draft, read, receive_oil, split

TAG = "1A4060300000001000000455"
HALF_AN_HOUR_SECONDS = 1_800


@pytest.fixture
def our_clock(superuser: psycopg.Connection[Any]) -> Iterator[psycopg.Connection[Any]]:
    """The connection that moves our clock, and puts it back."""
    yield superuser
    superuser.execute("update installation set clock_offset_seconds = 0")


def test_two_clocks_moved_together_agree(
    brand: Brand, desk: Desk, database: ClusterUrls, our_clock: psycopg.Connection[Any]
) -> None:
    (oil,) = receive_oil(brand, desk, 500)
    our_clock.execute("update installation set clock_offset_seconds = %s", [HALF_AN_HOUR_SECONDS])
    desk.do("clock", offsetSeconds=HALF_AN_HOUR_SECONDS)
    read(brand, MAKER)
    action_id = draft(brand, "Ana", MAKER, "package.create", {"packages": [split(TAG, oil, "5")]})
    approve(brand, database, "Ana", "Ben", MAKER, action_id)


def test_metrcs_clock_alone_stops_an_approval_and_says_by_how_much(
    brand: Brand, desk: Desk, database: ClusterUrls
) -> None:
    (oil,) = receive_oil(brand, desk, 500)
    desk.do("clock", offsetSeconds=HALF_AN_HOUR_SECONDS)
    read(brand, MAKER)
    action_id = draft(brand, "Ana", MAKER, "package.create", {"packages": [split(TAG, oil, "5")]})
    with pytest.raises(GatesBlocked) as refused:
        approve(brand, database, "Ana", "Ben", MAKER, action_id)
    (finding,) = [one for one in refused.value.findings if one.code == "action.clock-differs"]
    assert finding.message.startswith("Our clock and METRC's differ by 1")
