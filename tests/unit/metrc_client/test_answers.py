"""Error bodies of every kind that METRC is known to send, and its clocks."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from metrc_client.answers import retry_after_seconds, row_errors, server_clock
from metrc_client.errors import RowError


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            b'[{"row":0,"message":"Name was not specified."},{"row":1,"message":"Bad."}]',
            [(0, "Name was not specified."), (1, "Bad.")],
        ),
        (b'{"Message":"The content is too large"}', [(None, "The content is too large")]),
        (b'{"message":"lower case"}', [(None, "lower case")]),
        (b'["first","second"]', [(None, "first"), (None, "second")]),
        (b'"a text in quotes"', [(None, "a text in quotes")]),
        (b"plain text", [(None, "plain text")]),
        (b"", []),
        (b"[]", []),
        (b"null", []),
        (b"[null]", []),
        (b"<html><h1>404</h1></html>", [(None, "a page of HTML instead of a reason")]),
        (b'{"ModelState":{"a":["b"]}}', [(None, '{"ModelState": {"a": ["b"]}}')]),
        (b'[{"Row":2,"Message":"capitals"}]', [(2, "capitals")]),
        (b'[{"row":"two","message":"odd row"}]', [(None, "odd row")]),
        (b"7", [(None, "7")]),
        (b"\xff\xfe broken", [(None, "\ufffd\ufffd broken")]),
    ],
)
def test_every_kind_of_error_body_is_read(
    body: bytes, expected: list[tuple[int | None, str]]
) -> None:
    assert row_errors(body) == tuple(RowError(row=row, message=said) for row, said in expected)


def test_a_long_error_is_cut() -> None:
    (found,) = row_errors(b"x" * 5000)
    assert len(found.message) == 400


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "-3"}, 0.0),
        ({}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "²"}, None),
        (
            {
                "date": "Tue, 24 Nov 2026 00:00:10 GMT",
                "retry-after": "Tue, 24 Nov 2026 00:00:25 GMT",
            },
            15.0,
        ),
        ({"retry-after": "Tue, 24 Nov 2026 00:00:25 GMT"}, None),
    ],
)
def test_retry_after_is_seconds_or_a_date_after_metrcs_clock(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert retry_after_seconds(headers) == seconds


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Tue, 24 Nov 2026 00:00:10 GMT", datetime(2026, 11, 24, 0, 0, 10, tzinfo=UTC)),
        ("Tue, 24 Nov 2026 01:00:10 +0100", datetime(2026, 11, 24, 0, 0, 10, tzinfo=UTC)),
        ("Tue, 24 Nov 2026 00:00:10 -0000", datetime(2026, 11, 24, 0, 0, 10, tzinfo=UTC)),
        ("yesterday", None),
        ("", None),
    ],
)
def test_metrcs_clock_is_aware_or_absent(text: str, expected: datetime | None) -> None:
    assert server_clock({"date": text}) == expected
