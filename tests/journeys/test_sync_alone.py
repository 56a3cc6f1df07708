"""What fails of one list, row or window is named in one case, and everything else goes on."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings

from glassbox.cli.demo_brand import MAKER, MOVER, Brand
from glassbox.models.exception_cases import ExceptionCase
from glassbox.models.sync import ApiRequest, SyncCursor
from glassbox.operations.sync.feeds import FEEDS
from glassbox.operations.sync.run import SyncFailed
from glassbox.operations.transaction import short_transaction
from glassbox.rules.feed_schedule import WHOLE_WALK
from tests.desk import Desk
from tests.journeys.story import now, receive_oil
from tests.journeys.sync_story import cursor, labels, newest, open_cases, runs, sync
from tests.journeys.twisted_metrc import Twist, each_row, twisted

A_DAY = timedelta(hours=25)
ACTIVE = "/packages/v2/active"
# The key of every licence shows the same facilities; a row that is no licence of ours is skipped.
NOT_OURS_TO_JUDGE = "/facilities/v2/"

# Read only for deliveries and packages that have changed.
AFTER_CHANGES = {"/labtests/v2/results"}


@contextmanager
def through(twist: Twist) -> Iterator[None]:
    address = settings.GLASSBOX_METRC_URL
    with twisted(address, twist) as settings.GLASSBOX_METRC_URL:
        try:
            yield
        finally:
            settings.GLASSBOX_METRC_URL = address


def with_bad_row(path: str, body: bytes) -> bytes:
    """Return an answer with one row more, that is no record at all."""
    content, bad = json.loads(body), ["no record", path]
    if isinstance(content, list):
        return json.dumps([bad, *content]).encode()
    if content["CurrentPage"] == 1:
        content["Data"] = [bad, *content["Data"]]
    for name in ("Total", "TotalRecords"):
        content[name] += 1
    content["TotalPages"] = max(1, content["TotalPages"])
    return json.dumps(content).encode()


def test_one_malformed_row_in_every_feed_stops_nothing_and_is_named_each(
    brand: Brand, desk: Desk
) -> None:
    shipped = desk.do(
        "ship-in",
        fromLicense="CDPH-19990077",
        toLicense=MAKER,
        packages=[
            {
                "item": "Crude Oil",
                "quantity": 10,
                "unitOfMeasure": "Grams",
                "labTestingState": "TestPassed",
            }
        ],
    )
    (good,) = shipped["labels"]
    desk.do(
        "receive",
        licenseNumber=MAKER,
        deliveryId=shipped["deliveryId"],
        packages=[{"label": good, "receivedQuantity": 10}],
    )
    spoiled: set[str] = set()

    def twist(path: str, status: int, body: bytes) -> tuple[int, bytes]:
        plain = urlsplit(path).path
        is_list = plain in {feed.endpoint.path for feed in FEEDS}
        if status != 200 or not is_list or plain == NOT_OURS_TO_JUDGE:
            return status, body
        spoiled.add(plain)
        return status, with_bad_row(plain, body)

    with through(twist):
        sync(brand)

    assert spoiled == {feed.endpoint.path for feed in FEEDS} - {NOT_OURS_TO_JUDGE}
    assert runs(brand)[-1] == ("DONE", "")
    assert labels(brand) == {good}
    with short_transaction(brand.licenses[MAKER]):
        said = list(
            ExceptionCase.objects.filter(case_class="BAD_RECORD", state="OPEN").values_list(
                "what_happened", flat=True
            )
        )
        exchanges = [int(re.search(r"exchange (\d+)", text)[1]) for text in said]  # type: ignore[index]
        named = list(ApiRequest.objects.filter(id__in=exchanges).values_list("path", flat=True))
    assert (spoiled - set(named), set(named) - spoiled) == (set(), set())
    assert len(named) == len(spoiled), "one case for each"


def test_a_permission_that_is_taken_away_is_one_case_that_says_which(
    brand: Brand, desk: Desk
) -> None:
    (oil,) = receive_oil(brand, desk, 100)
    desk.do("adjust", licenseNumber=MAKER, label=oil, quantity=-1, reason="Waste")

    def twist(path: str, status: int, body: bytes) -> tuple[int, bytes]:
        is_refused = path.startswith("/transfers/v2/outgoing") and MAKER in path
        return (401, b"") if is_refused else (status, body)

    with through(twist):
        with pytest.raises(SyncFailed, match="transfers/v2/outgoing"):
            sync(brand)
        sync(brand, MOVER)

    with short_transaction(brand.licenses[MAKER]):
        (case,) = ExceptionCase.objects.filter(state="OPEN")
        failing = list(SyncCursor.objects.exclude(last_error="").values_list("feed", flat=True))
    assert case.case_class == "LIST_REFUSED"
    assert "Manage Transfers" in case.what_to_do and "Sync MFG" in case.what_to_do
    assert failing == ["transfers_outgoing"]
    seen = newest(brand, oil)
    assert seen is not None and seen.quantity == 99, "the lists after it were read"
    assert open_cases(brand, MOVER) == {}

    sync(brand)
    assert open_cases(brand) == {}


def test_lists_that_are_closed_in_the_middle_of_a_run_are_one_case_each(
    brand: Brand, desk: Desk
) -> None:
    stays = set(receive_without_reading(desk, 25))
    sync(brand)
    desk.do("clock", offsetSeconds=A_DAY.total_seconds())
    refused: set[str] = set()

    def twist(path: str, status: int, body: bytes) -> tuple[int, bytes]:
        parts = urlsplit(path)
        # The permission goes when the first page of active packages has come.
        is_too_early = parts.path == ACTIVE and '"CurrentPage":1,' in body.decode()
        if parts.path in {NOT_OURS_TO_JUDGE, *AFTER_CHANGES} or is_too_early:
            return status, body
        refused.add(parts.path)
        return 401, b""

    with through(twist), pytest.raises(SyncFailed, match="more lists failed"):
        sync(brand, at=now() + A_DAY)
    sync(brand, MOVER, at=now() + A_DAY)

    feeds = [feed for feed in FEEDS if feed.endpoint.path in refused]
    assert {feed.endpoint.path for feed in FEEDS} - refused == {NOT_OURS_TO_JUDGE, *AFTER_CHANGES}
    with short_transaction(brand.licenses[MAKER]):
        cases = {
            case.fact_key.rpartition(":")[2]: case
            for case in ExceptionCase.objects.filter(state="OPEN")
        }
    assert sorted(cases) == sorted(feed.name for feed in feeds), "one case for each list"
    for feed in feeds:
        case = cases[feed.name]
        assert case.case_class == "LIST_REFUSED" and "Sync MFG" in case.what_to_do
        assert all(one in case.what_to_do for one in feed.endpoint.permissions), feed.name
    assert all(newest(brand, label) is not None for label in stays), "nothing became missing"
    assert (runs(brand, MOVER)[-1], open_cases(brand, MOVER)) == (("DONE", ""), {})

    sync(brand, at=now() + A_DAY + timedelta(minutes=31))
    assert open_cases(brand) == {}


def test_a_revoked_key_is_one_case_and_the_other_licence_goes_on(brand: Brand, desk: Desk) -> None:
    goods = set(receive_oil(brand, desk, 100, 200))
    (key,) = [one["userKey"] for one in desk.keys()["users"] if one["name"] == "Sync MFG"]
    desk.do("clock", offsetSeconds=A_DAY.total_seconds())
    desk.do("keys", userKey=key, action="revoke")

    for minutes in (0, 31):
        with pytest.raises(SyncFailed, match="refuses the key of Sync MFG"):
            sync(brand, at=now() + A_DAY + timedelta(minutes=minutes))
    sync(brand, MOVER, at=now() + A_DAY)

    with short_transaction(brand.licenses[MAKER]):
        (case,) = ExceptionCase.objects.filter(state="OPEN")
    assert case.case_class == "KEY_REFUSED" and "key" in case.what_to_do
    assert all(newest(brand, label) is not None for label in goods), "nothing became missing"
    assert (runs(brand, MOVER)[-1], open_cases(brand, MOVER)) == (("DONE", ""), {})


def times_out_at(moment: datetime, lists: frozenset[str] = frozenset({ACTIVE})) -> Twist:
    """Return a METRC whose lists, active packages alone, never come in a window with a moment."""

    def twist(path: str, status: int, body: bytes) -> tuple[int, bytes]:
        parts = urlsplit(path)
        query = parse_qs(parts.query)
        if parts.path in lists and MAKER in path:
            start, end = (
                datetime.fromisoformat(query[name][0])
                for name in ("lastModifiedStart", "lastModifiedEnd")
            )
            if start <= moment < end:
                time.sleep(2 * settings.METRC_TIMEOUT_SECONDS)
        return status, body

    return twist


def test_a_window_that_always_times_out_is_a_gap_and_all_others_are_read(
    brand: Brand, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "METRC_TIMEOUT_SECONDS", 0.6)
    monkeypatch.setattr("glassbox.operations.sync.run.READ_ATTEMPTS", 1)
    stuck = now() - timedelta(hours=2)
    (oil,) = receive_without_reading(desk, 1)

    with through(times_out_at(stuck)):
        with pytest.raises(SyncFailed, match="1 window of GET"):
            sync(brand)
        sync(brand, MOVER)

    assert (runs(brand, MOVER)[-1], open_cases(brand, MOVER)) == (("DONE", ""), {})
    assert labels(brand) == {oil}
    (gap,) = cursor(brand, "packages_active").gaps
    start, end = (datetime.fromisoformat(gap[edge]) for edge in ("start", "end"))
    assert start <= stuck < end and end - start <= timedelta(hours=1)
    with short_transaction(brand.licenses[MAKER]):
        (case,) = ExceptionCase.objects.filter(state="OPEN")
        failing = list(SyncCursor.objects.exclude(last_error="").values_list("feed", flat=True))
    assert (case.case_class, failing) == ("LIST_REFUSED", ["packages_active"])
    assert "tried again each half hour" in case.what_to_do

    sync(brand, at=now() + timedelta(minutes=31))
    assert cursor(brand, "packages_active").gaps == []
    assert open_cases(brand) == {}


@pytest.mark.long
def test_windows_of_every_list_that_time_out_are_a_gap_and_a_case_each(
    brand: Brand, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "METRC_TIMEOUT_SECONDS", 0.6)
    monkeypatch.setattr("glassbox.operations.sync.run.READ_ATTEMPTS", 1)
    windowed = [feed for feed in FEEDS if feed.endpoint.is_windowed and feed.name != WHOLE_WALK]
    stuck = now() - timedelta(hours=2)
    (oil,) = receive_without_reading(desk, 1)

    with through(times_out_at(stuck, frozenset(feed.endpoint.path for feed in windowed))):
        with pytest.raises(SyncFailed, match="more lists failed"):
            sync(brand)
        sync(brand, MOVER)

    assert (runs(brand, MOVER)[-1], open_cases(brand, MOVER)) == (("DONE", ""), {})
    assert labels(brand) == {oil}, "all other windows were read"
    for feed in windowed:
        (gap,) = cursor(brand, feed.name).gaps
        start, end = (datetime.fromisoformat(gap[edge]) for edge in ("start", "end"))
        assert start <= stuck < end and end - start <= timedelta(hours=1), feed.name
    with short_transaction(brand.licenses[MAKER]):
        cases = ExceptionCase.objects.filter(state="OPEN", case_class="LIST_REFUSED")
        named = sorted(key.rpartition(":")[2] for key in cases.values_list("fact_key", flat=True))
    assert named == sorted(feed.name for feed in windowed), "one case for each list"


def test_a_whole_walk_with_a_gap_takes_no_package_away(
    brand: Brand, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone, stays = receive_oil(brand, desk, 100, 200)
    desk.do("clock", offsetSeconds=A_DAY.total_seconds())
    monkeypatch.setattr(settings, "METRC_TIMEOUT_SECONDS", 0.6)
    monkeypatch.setattr("glassbox.operations.sync.run.READ_ATTEMPTS", 1)
    late = times_out_at(now() - timedelta(hours=2))
    looked_up = []

    def twist(path: str, status: int, body: bytes) -> tuple[int, bytes]:
        if path.startswith(f"/packages/v2/{gone}"):
            looked_up.append(path)
            return 401, b""
        if path.startswith(ACTIVE):
            body = each_row(body, lambda row: None if row["Label"] == gone else row)
        return late(path, status, body)

    with through(twist):
        sync(brand, at=now() + A_DAY)

    assert "window" in cursor(brand, WHOLE_WALK).last_error
    assert newest(brand, gone) is not None and newest(brand, stays) is not None
    assert looked_up == [] and "MISSING_IN_METRC" not in open_cases(brand)


def test_the_whole_walk_finds_what_no_window_told(brand: Brand, desk: Desk) -> None:
    hidden, shown = receive_without_reading(desk, 2)

    def twist(path: str, status: int, body: bytes) -> tuple[int, bytes]:
        if path.startswith(ACTIVE):
            body = each_row(body, lambda row: None if row["Label"] == hidden else row)
        return status, body

    with through(twist):
        sync(brand)
        desk.do("clock", offsetSeconds=A_DAY.total_seconds())
        sync(brand, at=now() + timedelta(hours=2))
    sync(brand, at=now() + timedelta(hours=3))
    assert labels(brand) == {shown}, "its LastModified lies in no window that is still read"

    sync(brand, at=now() + A_DAY)

    assert labels(brand) == {shown, hidden}
    assert cursor(brand, WHOLE_WALK).rows_last_read == 1


def receive_without_reading(desk: Desk, count: int) -> list[str]:
    shipped = desk.do(
        "ship-in",
        fromLicense="CDPH-19990077",
        toLicense=MAKER,
        packages=[{"item": "Crude Oil", "quantity": 10, "unitOfMeasure": "Grams"}] * count,
    )
    desk.do(
        "receive",
        licenseNumber=MAKER,
        deliveryId=shipped["deliveryId"],
        packages=[{"label": label, "receivedQuantity": 10} for label in shipped["labels"]],
    )
    return list(shipped["labels"])
