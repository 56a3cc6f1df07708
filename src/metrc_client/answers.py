"""Reading METRC's bytes: both list shapes, empty bodies, and every kind of error body."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any

from metrc_client.errors import (
    BadAnswer,
    Declined,
    Forbidden,
    NotThere,
    RateLimited,
    RejectedByMetrc,
    RowError,
    TooLarge,
    Unauthorized,
)

SHOWN_CHARACTERS = 80
MESSAGE_CHARACTERS = 400


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One page or object that METRC answered to a read.

    `is_enveloped` says that METRC counted the pages; of a bare array nobody knows what follows.
    """

    rows: tuple[Any, ...]
    page: int
    page_count: int
    total: int | None
    is_enveloped: bool
    response_sha256: str
    metrc_clock_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class WriteAnswer:
    """METRC's clear yes to a write. What it did is proven only by a later read.

    `content` is the object that a few writes of Retail ID and the sandbox answer with.
    """

    status: int
    ids: tuple[int, ...]
    warnings: Any
    response_sha256: str
    content: Any = None


def parse_json(body: bytes, where: str) -> Any:
    """Return METRC's JSON with decimals exact.

    :raises BadAnswer: if it is not JSON; the sentence shows the first 80 characters
    """
    try:
        return json.loads(body, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        shown = body[:SHOWN_CHARACTERS].decode("utf-8", errors="replace").replace("\n", " ")
        what = f"something that is not JSON: {shown!r}" if body.strip() else "an empty body"
        raise BadAnswer(f"{where} answered with {what}.") from error


def read_object(body: bytes, headers: dict[str, str], where: str) -> Answer:
    """Return the one object of a read that METRC answers with an object.

    :raises BadAnswer: if it is anything else
    """
    found = parse_json(body, where)
    if not isinstance(found, dict):
        raise BadAnswer(f"{where} answered with {_kind(found)}, not with one object.")
    return _answer((found,), body, headers)


def read_text(body: bytes, headers: dict[str, str], where: str) -> Answer:
    """Return the text of a page for people, as the only row.

    :raises BadAnswer: if the answer is not text/html
    """
    kind = headers.get("content-type", "")
    if not kind.startswith("text/html"):
        raise BadAnswer(f"{where} answered with {kind or 'no content type'!r}, not with a page.")
    return _answer((body.decode("utf-8", errors="replace"),), body, headers)


def read_rows(body: bytes, headers: dict[str, str], where: str, *, asked_page: int = 1) -> Answer:
    """Return the rows of a read, whether METRC sent its envelope or a bare array.

    A bare array does not count its pages: `page_count` is then the page asked for.

    :raises BadAnswer: if it is neither, or an envelope of another page than the one asked for
    """
    found = parse_json(body, where)
    if isinstance(found, list):
        return _answer(tuple(found), body, headers, page=asked_page, page_count=asked_page)
    if not isinstance(found, dict) or "Data" not in found:
        shown = body[:SHOWN_CHARACTERS].decode("utf-8", errors="replace")
        raise BadAnswer(f"{where} answered with {_kind(found)}, not with rows: {shown!r}.")
    page = _count(found, "CurrentPage", where)
    total = _count(found, "TotalRecords", where)
    page_count = _count(found, "TotalPages", where)
    rows = found["Data"]
    if rows is None and not total:
        rows = []
    if not isinstance(rows, list):
        raise BadAnswer(f"{where} answered with Data that is {_kind(rows)}, not a list.")
    if page is None:
        page = _count(found, "Page", where)
    if page is not None and page != asked_page and rows:
        raise BadAnswer(f"{where} answered page {page} when page {asked_page} was asked for.")
    return _answer(
        tuple(rows),
        body,
        headers,
        page=asked_page,
        page_count=page_count or 0,
        total=total,
        is_enveloped=True,
    )


def _answer(
    rows: tuple[Any, ...],
    body: bytes,
    headers: dict[str, str],
    *,
    page: int = 1,
    page_count: int = 1,
    total: int | None = None,
    is_enveloped: bool = False,
) -> Answer:
    return Answer(
        rows=rows,
        page=page,
        page_count=page_count,
        total=total,
        is_enveloped=is_enveloped,
        response_sha256=hashlib.sha256(body).hexdigest(),
        metrc_clock_at=server_clock(headers),
    )


def _count(envelope: dict[str, Any], name: str, where: str) -> int | None:
    value = envelope.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise BadAnswer(f"{where} answered with {name} {value!r}, which counts nothing.")
    return value


def _kind(found: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a text", type(None): "null"}
    return names.get(type(found), "a number")


def read_write_answer(status: int, body: bytes, *, is_object: bool = False) -> WriteAnswer | None:
    """Return METRC's yes to a write; None if a 2xx came with a body that makes no sense.

    METRC's yes is an empty body, or an object with the ids in the order of the request.
    """
    found: Any = {}
    if body.strip():
        try:
            found = json.loads(body)
        except (ValueError, RecursionError):
            return None
    if not isinstance(found, dict):
        return None
    if found and not is_object and not found.keys() & {"Ids", "Warnings"}:
        return None
    ids = found.get("Ids") or []
    if not isinstance(ids, list) or not all(type(one) is int for one in ids):
        return None
    return WriteAnswer(
        status=status,
        ids=tuple(ids),
        warnings=found.get("Warnings"),
        response_sha256=hashlib.sha256(body).hexdigest(),
        content=found if is_object else None,
    )


def server_clock(headers: dict[str, str]) -> datetime | None:
    """Return METRC's own clock from the Date header, in UTC; None if it sent no sound one."""
    return _http_date(headers.get("date", ""))


def _http_date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def retry_after_seconds(headers: dict[str, str]) -> float | None:
    """Return how long METRC asks to wait: it may say seconds, or a date after its own clock."""
    text = headers.get("retry-after", "").strip()
    try:
        seconds = float(text)
    except ValueError:
        until, said_at = _http_date(text), server_clock(headers)
        if until is None or said_at is None:
            return None
        seconds = (until - said_at).total_seconds()
    return max(seconds, 0.0) if math.isfinite(seconds) else None


def row_errors(body: bytes) -> tuple[RowError, ...]:
    """Return what METRC says is wrong, from any body it is known to send (behaviours.md 8)."""
    text = body.decode("utf-8", errors="replace").strip()
    if text.startswith("<"):
        return (RowError(row=None, message="a page of HTML instead of a reason"),)
    try:
        found = json.loads(text) if text else []
    except (ValueError, RecursionError):
        return (RowError(row=None, message=text[:MESSAGE_CHARACTERS]),)
    entries = found if isinstance(found, list) else [found]
    return tuple(_row_error(entry) for entry in entries if entry not in (None, ""))


def _row_error(entry: Any) -> RowError:
    if not isinstance(entry, dict):
        return RowError(row=None, message=str(entry)[:MESSAGE_CHARACTERS])
    row = entry.get("row", entry.get("Row"))
    message = entry.get("message") or entry.get("Message") or json.dumps(entry)
    return RowError(
        row=row if type(row) is int else None, message=str(message)[:MESSAGE_CHARACTERS]
    )


def declined(
    status: int, body: bytes, headers: dict[str, str], where: str, permissions: tuple[str, ...]
) -> Declined:
    """Return the error that a 4xx answer means; `permissions` are what METRC names for the call."""
    errors = row_errors(body)
    said = " ".join(error.message for error in errors)
    if status == 401:
        needed = f" ({', '.join(permissions)})" if permissions else ""
        return Unauthorized(
            f"{where} answered 401: METRC refuses the key, the permission{needed}, "
            "or the record's licence.",
            status=status,
        )
    if status == 403:
        return Forbidden(f"{where} answered 403: {said or 'forbidden'}", status=status)
    if status == 404:
        return NotThere(f"{where} answered 404: there is no such record or endpoint.", status=404)
    if status == 413:
        return TooLarge(f"{where} answered 413: more than ten objects in one write.", status=413)
    if status == 429:
        return RateLimited(
            f"{where} answered 429: too many requests.",
            retry_after_seconds=retry_after_seconds(headers),
        )
    return RejectedByMetrc(
        f"{where} answered {status}: {said or 'no reason given'}",
        status=status,
        row_errors=errors,
    )
