"""Writes: sent once, on a connection of their own, and judged without wishful thinking."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from metrc_client import endpoints
from metrc_client.client import MetrcClient
from metrc_client.errors import (
    Declined,
    Forbidden,
    MetrcError,
    NotSent,
    NotThere,
    OutcomeUnknown,
    RateLimited,
    RejectedByMetrc,
    RowError,
    TooLarge,
    TooManyObjects,
    Unauthorized,
    WrongCall,
)
from tests.unit.metrc_client.conftest import Kept
from tests.unit.metrc_client.scripted_host import (
    Reply,
    answer,
    answer_json,
    cut_short,
    dripping,
    reset,
    scripted,
    silent,
)

MFG = "CDPH-19990001"
TAG = "1A4060300000001000000455"
PACKAGE: dict[str, Any] = {"Tag": TAG, "Item": "Oil", "Quantity": Decimal("12.5")}
YES = answer_json({"Ids": [41], "Warnings": None})
Opener = Callable[..., MetrcClient]


def create(client: MetrcClient, **more: Any) -> Any:
    return client.write(endpoints.PACKAGES_CREATE, [PACKAGE], license_number=MFG, **more)


def test_a_write_is_one_array_under_one_licence(metrc: Opener) -> None:
    with scripted(YES) as host:
        found = create(metrc(host.address))
    (request,) = host.requests
    assert (request.method, request.target) == (
        "POST",
        f"/packages/v2/?licenseNumber={MFG}",
    )
    assert json.loads(request.body) == [{"Tag": TAG, "Item": "Oil", "Quantity": 12.5}]
    assert request.headers["content-type"] == "application/json"
    assert (found.status, found.ids) == (200, (41,))


def test_each_write_has_a_connection_of_its_own_and_closes_it(metrc: Opener) -> None:
    with scripted(YES) as host:
        client = metrc(host.address)
        client.one(endpoints.PACKAGE, label=TAG)
        client.one(endpoints.PACKAGE, label=TAG)
        create(client)
        create(client)
    assert [request.connection for request in host.requests] == [1, 1, 2, 3]
    assert [request.headers["connection"] for request in host.requests[2:]] == ["close", "close"]


@pytest.mark.parametrize("body", [b"", b"  ", b"{}", b'{"Ids":null,"Warnings":"w"}'])
def test_a_yes_may_say_nothing(metrc: Opener, body: bytes) -> None:
    with scripted(answer(200, body)) as host:
        assert create(metrc(host.address)).ids == ()


UNCLEAR: list[tuple[str, Reply]] = [
    ("a reset", reset),
    ("silence", silent(0.5)),
    ("an answer that drips", dripping(pieces=40, pause_seconds=0.03)),
    ("a body cut short", cut_short(b'{"Ids":[4', promised=40)),
    ("a broken status line", lambda connection: bool(connection.sendall(b"nonsense\r\n\r\n"))),
    ("500", answer(500, b'{"Message":"x"}')),
    ("502", answer(502, b"<html>")),
    ("503", answer(503)),
    ("a redirect", answer(302, location="/packages/v2/")),
    ("a redirect that keeps the method", answer(307, location="/packages/v2/")),
    ("408", answer(408)),
    ("a 4xx of something in between", answer(418)),
    ("a page of HTML", answer(200, b"<html>Maintenance</html>")),
    ("half an object", answer(200, b'{"Ids":[4')),
    ("a list", answer(200, b"[41]")),
    ("a message", answer(200, b'{"Message":"try later"}')),
    ("ids that are none", answer(200, b'{"Ids":5}')),
    ("an id that is none", answer(200, b'{"Ids":["x"]}')),
    ("a bottomless list", answer(200, b"[" * 200_000)),
]


@pytest.mark.parametrize("fault", [r for _, r in UNCLEAR], ids=[name for name, _ in UNCLEAR])
def test_outcome_is_unknown_after(metrc: Opener, kept: Kept, fault: Reply) -> None:
    with (
        scripted(fault, YES) as host,
        pytest.raises(OutcomeUnknown, match="POST /packages/v2/") as caught,
    ):
        create(metrc(host.address, timeout_seconds=0.2))
    assert len(host.requests) == len(kept.exchanges) == 1
    # A clear no is told by its 4xx status; an unclear end must never carry one.
    assert caught.value.status is None or not 400 <= caught.value.status < 500


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, RejectedByMetrc),
        (401, Unauthorized),
        (403, Forbidden),
        (404, NotThere),
        (405, RejectedByMetrc),
        (409, RejectedByMetrc),
        (413, TooLarge),
        (422, RejectedByMetrc),
        (429, RateLimited),
    ],
)
def test_a_clear_no_is_told_apart_and_never_sent_again(
    metrc: Opener, status: int, error: type[Declined]
) -> None:
    with scripted(answer(status), YES) as host, pytest.raises(error) as caught:
        create(metrc(host.address))
    assert caught.value.status == status
    assert len(host.requests) == 1


def test_metrcs_own_words_about_each_row_are_kept(metrc: Opener) -> None:
    said = [{"row": 0, "message": "Name was not specified."}, {"row": 0, "message": "Bad tag."}]
    with scripted(answer_json(said, 400)) as host, pytest.raises(RejectedByMetrc) as caught:
        create(metrc(host.address))
    assert caught.value.row_errors == (
        RowError(row=0, message="Name was not specified."),
        RowError(row=0, message="Bad tag."),
    )
    assert str(caught.value) == (
        "POST /packages/v2/ answered 400: Name was not specified. Bad tag."
    )


def test_the_ticket_is_used_when_the_connection_stands_and_before_the_first_byte(
    metrc: Opener,
) -> None:
    seen: list[tuple[int, int]] = []
    with scripted(YES) as host:

        def use_ticket() -> None:
            until = time.monotonic() + 2
            while not host.connections and time.monotonic() < until:
                time.sleep(0.005)
            time.sleep(0.05)
            seen.append((host.connections, len(host.requests)))

        create(metrc(host.address), before_send=use_ticket)
    assert seen == [(1, 0)]
    assert len(host.requests) == 1


def test_nothing_is_sent_when_the_ticket_is_refused(metrc: Opener, kept: Kept) -> None:
    class TicketUsed(Exception):
        pass

    def refuse() -> None:
        raise TicketUsed("used before")

    with scripted(YES) as host, pytest.raises(TicketUsed):
        create(metrc(host.address), before_send=refuse)
    assert host.requests == []
    assert kept.exchanges[0].error == "TicketUsed: used before"


def test_after_its_deadline_a_write_is_not_sent_and_keeps_its_ticket(metrc: Opener) -> None:
    tickets: list[str] = []
    with scripted(YES) as host, pytest.raises(NotSent, match="deadline"):
        create(
            metrc(host.address),
            before_send=lambda: tickets.append("used"),
            deadline=time.monotonic() - 0.001,
        )
    assert (host.requests, tickets) == ([], [])


def test_a_ticket_that_took_too_long_stops_the_write_too(metrc: Opener) -> None:
    with scripted(YES) as host, pytest.raises(NotSent, match="deadline"):
        create(
            metrc(host.address),
            before_send=lambda: time.sleep(0.1),
            deadline=time.monotonic() + 0.09,
        )
    assert host.requests == []


def _refused() -> str:
    with scripted(YES) as host:
        return host.address


@pytest.mark.parametrize(
    "address", [_refused(), "http://no-such-host.invalid"], ids=["refused", "no such name"]
)
def test_nothing_was_sent_where_nobody_is(metrc: Opener, kept: Kept, address: str) -> None:
    tickets: list[str] = []
    with pytest.raises(NotSent, match="could not be reached .* nothing was sent"):
        create(metrc(address), before_send=lambda: tickets.append("used"))
    assert tickets == []
    assert kept.exchanges[0].status is None
    assert kept.exchanges[0].error


def test_nothing_was_sent_where_the_encryption_fails(metrc: Opener) -> None:
    with scripted(lambda connection: False) as host, pytest.raises(NotSent):
        create(metrc(host.address.replace("http:", "https:"), timeout_seconds=0.3))
    assert host.requests == []


def test_a_lost_record_of_a_sent_write_is_an_unknown_outcome(metrc: Opener) -> None:
    class Broken:
        def record(self, exchange: object) -> None:
            raise OSError("the disk is full")

    with scripted(YES) as host, pytest.raises(OutcomeUnknown, match="the disk is full"):
        create(metrc(host.address, recorder=Broken()))
    assert len(host.requests) == 1


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (
            lambda c: c.write(endpoints.PACKAGES_CREATE, [PACKAGE] * 11, license_number=MFG),
            TooManyObjects,
            "at most 10 objects, not 11",
        ),
        (
            lambda c: c.write(endpoints.PACKAGES_CREATE, [], license_number=MFG),
            WrongCall,
            "at least one object",
        ),
        (lambda c: c.write(endpoints.PACKAGES_CREATE, [PACKAGE]), WrongCall, "needs a licence"),
        (
            lambda c: c.write(endpoints.PACKAGES_ACTIVE, [PACKAGE], license_number=MFG),
            WrongCall,
            "is not a write",
        ),
        (
            lambda c: c.write(endpoints.DRIVER_DELETE, [], license_number=MFG),
            WrongCall,
            "needs 'id'",
        ),
        (
            lambda c: c.write(endpoints.DRIVER_DELETE, [], license_number=MFG, path={"id": ""}),
            WrongCall,
            "needs 'id', not ''",
        ),
    ],
)
def test_a_wrong_write_is_refused_before_anything_is_sent(
    metrc: Opener, call: Callable[[MetrcClient], object], error: type[Exception], said: str
) -> None:
    with scripted(YES) as host, pytest.raises(error, match=said):
        call(metrc(host.address))
    assert host.connections == 0


def test_ten_objects_go_and_a_deletion_goes_without_any(metrc: Opener) -> None:
    with scripted(answer(200)) as host:
        client = metrc(host.address)
        client.write(endpoints.PACKAGES_CREATE, [PACKAGE] * 10, license_number=MFG)
        client.write(endpoints.DRIVER_DELETE, [], license_number=MFG, path={"id": 7})
    assert len(json.loads(host.requests[0].body)) == 10
    assert host.requests[1].target == f"/transporters/v2/drivers/7?licenseNumber={MFG}"
    assert host.requests[1].body == b""


@pytest.mark.parametrize(
    ("value", "written"),
    [("12.5", b"12.5"), ("12.500", b"12.5"), ("3", b"3"), ("1E+3", b"1000"), ("0.1", b"0.1")],
)
def test_a_decimal_is_written_as_exactly_its_number(
    metrc: Opener, value: str, written: bytes
) -> None:
    with scripted(YES) as host:
        metrc(host.address).write(
            endpoints.PACKAGES_CREATE, [{"Quantity": Decimal(value)}], license_number=MFG
        )
    assert host.requests[0].body == b'[{"Quantity": ' + written + b"}]"


@pytest.mark.parametrize(
    "value",
    [Decimal("NaN"), Decimal("Infinity"), float("nan"), Decimal("0.12345678901234567890"), {1}],
)
def test_what_json_cannot_hold_exactly_is_never_sent(metrc: Opener, value: object) -> None:
    with scripted(YES) as host, pytest.raises(WrongCall, match="JSON cannot hold"):
        metrc(host.address).write(
            endpoints.PACKAGES_CREATE, [{"Quantity": value}], license_number=MFG
        )
    assert host.connections == 0


def test_every_error_of_a_call_is_of_one_tree() -> None:
    assert issubclass(NotSent, MetrcError) and issubclass(OutcomeUnknown, MetrcError)
    assert not issubclass(OutcomeUnknown, Declined)
    assert not issubclass(NotSent, Declined)
