"""What goes back over the wire: METRC's page envelope, its ids, its several error bodies."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from metrc_simulator.wire import encode

JSON = "application/json; charset=utf-8"


@dataclass
class Answer:
    """One HTTP answer; `cut` is how the connection fails, None when it does not.

    drop: it closes without an answer; reset: the same with a TCP reset; never-answers: it stays
    open without an answer; truncate: it closes after half an answer; half-body: it stays open
    after half an answer. `receipt` is held while the answer leaves and learns whether it did.
    """

    status: int
    body: bytes = b""
    content_type: str = JSON
    headers: dict[str, str] = field(default_factory=dict)
    cut: str | None = None
    receipt: AbstractContextManager[object] | None = None


def page(rows: list[bytes], total: int, page_number: int, page_size: int | None) -> Answer:
    """Return METRC's envelope around ready rows; `page_size` None means all in one page.

    With no row at all PageSize and TotalPages are 0 (live answer, MA sandbox 2025-12).
    """
    size = (page_size or total) if total else 0
    pages = -(-total // size) if size else 0
    tail = (
        f'],"Total":{total},"TotalRecords":{total},"PageSize":{size},'
        f'"RecordsOnPage":{len(rows)},"Page":{page_number},"CurrentPage":{page_number},'
        f'"TotalPages":{pages}}}'
    )
    if not rows:
        return Answer(200, b'{"Data":[' + tail.encode())
    # One join copies the rows once; a page of packages has some eighty thousand bytes.
    ends = [b'{"Data":[' + rows[0], *rows[1:]]
    ends[-1] += tail.encode()
    return Answer(200, b",".join(ends))


def array(rows: list[bytes]) -> Answer:
    """Return a bare JSON array of ready rows."""
    return Answer(200, b"[" + b",".join(rows) + b"]")


def ids(numbers: list[int]) -> Answer:
    """Return the answer of a create call."""
    return Answer(200, encode({"Ids": numbers, "Warnings": None}))


def message(status: int, text: str) -> Answer:
    """Return a single-object error body."""
    return Answer(status, encode({"Message": text}))


def row_errors(errors: list[tuple[int, str]]) -> Answer:
    """Return METRC's list of row errors."""
    return Answer(400, encode([{"row": row, "message": text} for row, text in errors]))


def nothing(status: int) -> Answer:
    """Return an answer without a body, as METRC's 401 and 404 are."""
    return Answer(status)


def about_methods(asked: str, methods: Collection[str]) -> Answer:
    """Return the answer to OPTIONS, or to a method that the path does not take: with Allow.

    `methods` are those of the path: none for a retired one.
    """
    known = [*methods, *(["HEAD"] if "GET" in methods else []), "OPTIONS"]
    status = 204 if asked == "OPTIONS" else 405
    return Answer(status, headers={"Allow": ", ".join(known)})


def value(content: Any) -> Answer:
    """Return any value as JSON."""
    return Answer(200, encode(content))
