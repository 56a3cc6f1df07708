"""Reads: pages, both list shapes, retries, and answers that are none."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from metrc_client import endpoints
from metrc_client.client import MetrcClient
from metrc_client.errors import (
    BadAnswer,
    Forbidden,
    NotThere,
    RateLimited,
    RejectedByMetrc,
    Unauthorized,
    Unreachable,
    WrongCall,
)
from metrc_client.windows import Window
from tests.unit.metrc_client.conftest import USER_KEY, VENDOR_KEY, Kept
from tests.unit.metrc_client.scripted_host import (
    Reply,
    answer,
    answer_json,
    cut_short,
    dripping,
    page,
    reset,
    scripted,
    silent,
)

MFG = "CDPH-19990001"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
DAY = Window(start=NOW - timedelta(hours=24), end=NOW)
Opener = Callable[..., MetrcClient]


def test_all_pages_are_read_in_order_twenty_rows_each(metrc: Opener) -> None:
    replies = [page([{"Id": n}], number=n, pages=3, total=3) for n in (1, 2, 3)]
    with scripted(*replies) as host:
        rows = metrc(host.address).rows(endpoints.PACKAGES_ACTIVE, license_number=MFG, window=DAY)
    assert [row["Id"] for row in rows] == [1, 2, 3]
    assert [request.query["pageNumber"] for request in host.requests] == ["1", "2", "3"]
    assert {request.query["pageSize"] for request in host.requests} == {"20"}


def test_an_empty_envelope_is_one_page_without_rows(metrc: Opener) -> None:
    with scripted(page([], pages=0)) as host:
        answers = list(
            metrc(host.address).pages(endpoints.PACKAGES_ACTIVE, license_number=MFG, window=DAY)
        )
    assert [(one.rows, one.total) for one in answers] == [((), 0)]


def test_a_bare_array_is_read_where_pages_were_expected(metrc: Opener) -> None:
    with scripted(answer_json([{"Id": 1}, {"Id": 2}])) as host:
        rows = metrc(host.address).rows(endpoints.EMPLOYEES, license_number=MFG)
    assert len(rows) == 2
    assert len(host.requests) == 1


def test_a_full_bare_array_is_asked_for_its_next_page(metrc: Opener) -> None:
    full = [{"Id": n} for n in range(20)]
    with scripted(answer_json(full), answer_json([{"Id": 20}])) as host:
        rows = metrc(host.address).rows(endpoints.EMPLOYEES, license_number=MFG)
    assert len(rows) == 21


def test_a_host_that_ignores_paging_gives_its_rows_once(metrc: Opener) -> None:
    with scripted(answer_json([{"Id": n} for n in range(20)])) as host:
        rows = metrc(host.address).rows(endpoints.EMPLOYEES, license_number=MFG)
    assert len(rows) == 20
    assert len(host.requests) == 2


def test_the_same_page_twice_is_a_bad_answer_and_no_endless_walk(metrc: Opener) -> None:
    with (
        scripted(page([{"Id": 1}], number=1, pages=3, total=3)) as host,
        pytest.raises(BadAnswer, match=r"answered page 1 when page 2 was asked for"),
    ):
        metrc(host.address).rows(endpoints.EMPLOYEES, license_number=MFG)
    assert len(host.requests) == 2


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<html><body>Maintenance</body></html>", "not JSON: '<html><body>Maintenance"),
        (b'[{"Id": 1}, {"Id"', "not JSON"),
        (b"", "an empty body"),
        (b"null", "null, not with rows"),
        (b'{"Message": "busy"}', "an object, not with rows"),
        (b'{"Data": "x", "TotalPages": 1}', "Data that is a text"),
        (b'{"Data": [], "TotalPages": "many"}', "TotalPages 'many'"),
        (b"[" * 200_000, "not JSON"),
    ],
)
def test_what_is_no_list_is_one_clear_sentence(metrc: Opener, body: bytes, said: str) -> None:
    with scripted(answer(200, body)) as host, pytest.raises(BadAnswer) as caught:
        metrc(host.address).rows(endpoints.EMPLOYEES, license_number=MFG)
    assert "GET /employees/v2/ answered" in str(caught.value)
    assert said in str(caught.value)
    assert len(host.requests) == 1
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("body", [b"[]", b"null", b'"x"', b'[{"Id": 1}]'])
def test_one_record_is_an_object_and_nothing_else(metrc: Opener, body: bytes) -> None:
    with scripted(answer(200, body)) as host, pytest.raises(BadAnswer, match="one object"):
        metrc(host.address).one(endpoints.PACKAGE, license_number=MFG, label="1A406")


def test_numbers_keep_every_digit(metrc: Opener) -> None:
    with scripted(answer(200, b'{"Quantity": 0.1000000000000000055}')) as host:
        found = metrc(host.address).one(endpoints.PACKAGE, license_number=MFG, label="1A406")
    assert found.rows[0]["Quantity"] == Decimal("0.1000000000000000055")


def test_the_answer_carries_metrcs_own_clock(metrc: Opener) -> None:
    with scripted(answer_json([])) as host:
        found = metrc(host.address).one(endpoints.FACILITIES)
    assert found.metrc_clock_at == datetime(2026, 11, 24, 0, 0, 10, tzinfo=UTC)


def test_both_keys_go_as_basic_authentication(metrc: Opener) -> None:
    with scripted(answer_json([])) as host:
        metrc(host.address).one(endpoints.FACILITIES)
    scheme, _, pair = host.requests[0].headers["authorization"].partition(" ")
    assert (scheme, base64.b64decode(pair).decode()) == ("Basic", f"{VENDOR_KEY}:{USER_KEY}")


def test_the_plus_of_a_time_zone_travels_as_percent_2b(metrc: Opener) -> None:
    away = timezone(timedelta(hours=5, minutes=30))
    window = Window(start=DAY.start.astimezone(away), end=NOW)
    with scripted(page([])) as host:
        metrc(host.address).rows(endpoints.PACKAGES_ACTIVE, license_number=MFG, window=window)
    assert "lastModifiedStart=2026-11-23T17%3A30%3A00%2B05%3A30" in host.requests[0].target
    assert host.requests[0].query["lastModifiedEnd"] == "2026-11-24T12:00:00+00:00"


def test_the_licence_goes_only_where_metrc_takes_one(metrc: Opener) -> None:
    with scripted(page([])) as host:
        client = metrc(host.address, license_number=MFG)
        client.rows(endpoints.EMPLOYEES)
        client.rows(endpoints.TRANSFER_DELIVERIES, path={"id": 7})
        client.rows(endpoints.EMPLOYEES, license_number="C11-9990001-LIC")
    asked = [request.query.get("licenseNumber") for request in host.requests]
    assert asked == [MFG, None, "C11-9990001-LIC"]


def test_names_in_a_path_are_escaped(metrc: Opener) -> None:
    with scripted(answer_json({"Id": 1})) as host:
        metrc(host.address).one(endpoints.PACKAGE, license_number=MFG, label="1A/../x?y")
    assert host.requests[0].target.startswith("/packages/v2/1A%2F..%2Fx%3Fy?")


FAULTS: list[tuple[str, Reply]] = [
    ("a reset", reset),
    ("a server error", answer(500, b'{"Message":"x"}')),
    ("a page of maintenance", answer(503, b"<html>")),
    ("a body cut short", cut_short(b"[", promised=50)),
    ("too many requests", answer(429)),
]


@pytest.mark.parametrize("fault", [reply for _, reply in FAULTS], ids=[name for name, _ in FAULTS])
def test_a_read_is_repeated_after(metrc: Opener, kept: Kept, fault: Reply) -> None:
    with scripted(fault, answer_json([{"Id": 1}])) as host:
        found = metrc(host.address).one(endpoints.FACILITIES)
    assert found.rows == ({"Id": 1},)
    assert len(host.requests) == len(kept.exchanges) == 2


def test_a_read_gives_up_after_four_tries_and_says_where(metrc: Opener, kept: Kept) -> None:
    with (
        scripted(answer(500)) as host,
        pytest.raises(Unreachable, match=r"GET /facilities/v2/ answered 500") as caught,
    ):
        metrc(host.address).one(endpoints.FACILITIES)
    assert caught.value.status == 500
    assert [exchange.status for exchange in kept.exchanges] == [500] * 4


def test_nobody_at_the_address_is_unreachable(metrc: Opener) -> None:
    with scripted(answer(200)) as host:
        address = host.address
    with pytest.raises(Unreachable, match=r"METRC at http://127.0.0.1:\d+ did not answer"):
        metrc(address).one(endpoints.FACILITIES)


def test_a_silent_host_is_left_after_the_timeout(metrc: Opener) -> None:
    with (
        scripted(silent(0.4)) as host,
        pytest.raises(Unreachable, match="ReadTimeout"),
    ):
        metrc(host.address, timeout_seconds=0.1, read_attempts=1).one(endpoints.FACILITIES)


def test_a_dripping_host_is_left_although_every_drop_is_in_time(metrc: Opener) -> None:
    with (
        scripted(dripping(pieces=30, pause_seconds=0.03)) as host,
        pytest.raises(Unreachable, match="too slowly"),
    ):
        metrc(host.address, timeout_seconds=0.1, read_attempts=1).one(endpoints.FACILITIES)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, RejectedByMetrc),
        (401, Unauthorized),
        (403, Forbidden),
        (404, NotThere),
        (409, RejectedByMetrc),
        (422, RejectedByMetrc),
    ],
)
def test_a_clear_no_is_not_asked_again(metrc: Opener, status: int, error: type[Exception]) -> None:
    with scripted(answer(status)) as host, pytest.raises(error, match=f"answered {status}"):
        metrc(host.address).rows(endpoints.EMPLOYEES, license_number=MFG)
    assert len(host.requests) == 1


def test_401_names_the_permission_that_metrc_wants(metrc: Opener) -> None:
    with (
        scripted(answer(401)) as host,
        pytest.raises(Unauthorized, match=r"the permission \(View Packages\)"),
    ):
        metrc(host.address).rows(endpoints.PACKAGES_ACTIVE, license_number=MFG, window=DAY)


def test_asked_to_wait_too_long_a_read_gives_up_at_once(metrc: Opener) -> None:
    with (
        scripted(answer(429, retry_after="3600")) as host,
        pytest.raises(RateLimited) as caught,
    ):
        metrc(host.address).one(endpoints.FACILITIES)
    assert caught.value.retry_after_seconds == 3600
    assert len(host.requests) == 1


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(metrc: Opener, status: int) -> None:
    with scripted(answer_json([])) as elsewhere:
        reply = answer(status, location=elsewhere.address + "/facilities/v2/")
        with scripted(reply) as host, pytest.raises(BadAnswer, match="redirect"):
            metrc(host.address).one(endpoints.FACILITIES)
    assert elsewhere.requests == []


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda c: c.rows(endpoints.PACKAGES_ACTIVE, license_number=MFG), "without a window"),
        (
            lambda c: c.rows(endpoints.EMPLOYEES, license_number=MFG, window=DAY),
            "no filter by lastModified",
        ),
        (lambda c: c.rows(endpoints.EMPLOYEES), "needs a licence number"),
        (lambda c: c.rows(endpoints.PACKAGE, path={"label": "x"}), "one object"),
        (lambda c: c.one(endpoints.EMPLOYEES, license_number=MFG), "answers in pages"),
        (lambda c: c.one(endpoints.PACKAGE, label=""), "needs 'label', not ''"),
        (lambda c: c.one(endpoints.PACKAGE, label=".."), "needs 'label'"),
        (lambda c: c.one(endpoints.PACKAGE), "needs 'label'"),
        (lambda c: c.one(endpoints.FACILITIES, id=7), "no 'id' in its path"),
        (lambda c: c.one(endpoints.PACKAGES_CREATE, license_number=MFG), "is not a read"),
    ],
)
def test_a_wrong_call_is_refused_and_nothing_is_sent(
    metrc: Opener, call: Callable[[MetrcClient], object], said: str
) -> None:
    with scripted(page([])) as host, pytest.raises(WrongCall, match=said):
        call(metrc(host.address))
    assert host.requests == []


def test_every_page_is_recorded_with_its_bytes(metrc: Opener, kept: Kept) -> None:
    with scripted(page([{"Id": 1}], number=1, pages=1)) as host:
        metrc(host.address).rows(endpoints.EMPLOYEES, license_number=MFG)
    (exchange,) = kept.exchanges
    assert (exchange.method, exchange.path) == ("GET", "/employees/v2/")
    assert exchange.query == f"licenseNumber={MFG}&pageNumber=1&pageSize=20"
    assert exchange.license_number == MFG
    assert json.loads(exchange.response_body or b"")["Data"] == [{"Id": 1}]
    assert exchange.sent_at.tzinfo is not None
    assert exchange.error == ""


def test_what_came_of_a_broken_answer_is_recorded_too(metrc: Opener, kept: Kept) -> None:
    with scripted(cut_short(b'[{"Id"', promised=50)) as host, pytest.raises(Unreachable):
        metrc(host.address, read_attempts=1).one(endpoints.FACILITIES)
    (exchange,) = kept.exchanges
    assert (exchange.status, exchange.response_body) == (200, b'[{"Id"')
    assert "RemoteProtocolError" in exchange.error
