"""Reading METRC's bytes: both list shapes, empty bodies, and every kind of error body."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
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


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One page or object that METRC answered to a read."""

    rows: tuple[Any, ...]
    page: int
    page_count: int
    total: int | None
    response_sha256: str
    metrc_clock_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class WriteAnswer:
    """METRC's clear yes to a write. What it did is proven only by a later read."""

    status: int
    ids: tuple[int, ...]
    warnings: Any
    response_sha256: str


def parse_json(body: bytes, where: str) -> Any:
    """Return METRC's JSON with decimals exact.

    :raises BadAnswer: if it is not JSON; the sentence shows the first 80 characters
    """
    try:
        return json.loads(body, parse_float=Decimal)
    except ValueError as error:
        shown = body[:SHOWN_CHARACTERS].decode("utf-8", errors="replace").replace("\n", " ")
        raise BadAnswer(f"{where} answered with something that is not JSON: {shown!r}.") from error


def read_answer(body: bytes, headers: dict[str, str], where: str) -> Answer:
    """Return the rows of a read, whether METRC sent its envelope, a bare array or one object.

    :raises BadAnswer: if it is neither
    """
    found = parse_json(body, where)
    page, page_count, total = 1, 1, None
    if isinstance(found, dict) and "Data" in found:
        rows = found["Data"]
        page, page_count = found.get("CurrentPage") or 1, found.get("TotalPages") or 0
        total = found.get("TotalRecords")
    elif isinstance(found, dict):
        rows = [found]
    else:
        rows = found
    if not isinstance(rows, list):
        raise BadAnswer(f"{where} answered with neither a list nor an object.")
    return Answer(
        rows=tuple(rows),
        page=page,
        page_count=page_count,
        total=total,
        response_sha256=hashlib.sha256(body).hexdigest(),
        metrc_clock_at=server_clock(headers),
    )


def read_write_answer(status: int, body: bytes) -> WriteAnswer | None:
    """Return METRC's yes to a write; None if a 2xx came with a body that makes no sense."""
    ids: tuple[int, ...] = ()
    warnings = None
    if body.strip():
        try:
            found = json.loads(body)
        except ValueError:
            return None
        if not isinstance(found, dict):
            return None
        ids, warnings = tuple(found.get("Ids") or ()), found.get("Warnings")
    return WriteAnswer(
        status=status,
        ids=ids,
        warnings=warnings,
        response_sha256=hashlib.sha256(body).hexdigest(),
    )


def server_clock(headers: dict[str, str]) -> datetime | None:
    """Return METRC's own clock from the Date header, if it sent a sound one."""
    try:
        return parsedate_to_datetime(headers["date"]) if "date" in headers else None
    except ValueError:
        return None


def row_errors(body: bytes) -> tuple[RowError, ...]:
    """Return what METRC says is wrong, from any body it is known to send (behaviours.md 8)."""
    text = body.decode("utf-8", errors="replace").strip()
    try:
        found = json.loads(text) if text else []
    except ValueError:
        return (RowError(row=None, message=text[:400]),)
    if isinstance(found, dict):
        found = [found]
    if isinstance(found, str):
        found = [found]
    return tuple(_row_error(entry) for entry in found) if isinstance(found, list) else ()


def _row_error(entry: Any) -> RowError:
    if not isinstance(entry, dict):
        return RowError(row=None, message=str(entry))
    row = entry.get("row", entry.get("Row"))
    message = entry.get("message") or entry.get("Message") or json.dumps(entry)
    return RowError(row=row if isinstance(row, int) else None, message=str(message))


def declined(status: int, body: bytes, headers: dict[str, str], where: str) -> Declined:
    """Return the error that a 4xx answer means."""
    errors = row_errors(body)
    said = " ".join(error.message for error in errors)
    if status == 401:
        return Unauthorized(
            f"{where} answered 401: METRC refuses the key, the permission, or the record's licence.",
            status=status,
        )
    if status == 403:
        return Forbidden(f"{where} answered 403: {said or 'forbidden'}", status=status)
    if status == 404:
        return NotThere(f"{where} answered 404: there is no such record or endpoint.", status=404)
    if status == 413:
        return TooLarge(f"{where} answered 413: more than ten objects in one write.", status=413)
    if status == 429:
        wait = headers.get("retry-after", "")
        return RateLimited(
            f"{where} answered 429: too many requests.",
            retry_after_seconds=float(wait) if wait.replace(".", "", 1).isdigit() else None,
        )
    return RejectedByMetrc(
        f"{where} answered {status}: {said or 'no reason given'}",
        status=status,
        row_errors=errors,
    )
