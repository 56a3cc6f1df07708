"""How rows become bytes and back: decimals stay decimals, names keep METRC's order."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

_encoder = msgspec.json.Encoder(decimal_format="number")
_decoder = msgspec.json.Decoder(float_hook=Decimal)
_DATE = re.compile(r"^\d{4}-\d{2}-\d{2}$")


def encode(value: Any) -> bytes:
    """Return `value` as JSON bytes; decimals are written as plain numbers, digit for digit."""
    return _encoder.encode(value)


def decode(data: bytes) -> Any:
    """Return what JSON `data` says, numbers with a point as Decimal.

    Raises ValueError when `data` is not JSON, or nested deeper than anybody means it.
    """
    try:
        return _decoder.decode(data)
    except (msgspec.DecodeError, RecursionError) as problem:
        raise ValueError(str(problem)) from problem


def read_id(text: str) -> int:
    """Return the id that a path or query names, or 0, which no row has, when it can be none.

    Only so many ASCII digits as an id can have are made a number: thousands are an error to int().
    """
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def decimal_of(value: Any) -> Decimal | None:
    """Return `value` as a finite Decimal, or None when it is not a number."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, (int, Decimal)):
        number = Decimal(value)
        return number if number.is_finite() else None
    return None


def plain(number: Decimal) -> Decimal:
    """Return `number` without exponent or trailing zeros but with one decimal place at least.

    METRC prints quantities as floating numbers (`1.0`), never as `1` or `1E+3`.
    """
    text = format(number, "f")
    if "." not in text:
        return Decimal(text + ".0")
    text = text.rstrip("0")
    return Decimal(text + "0") if text.endswith(".") else Decimal(text)


def moment_text(moment: datetime) -> str:
    """Return an aware moment in METRC's form: UTC, microseconds, `+00:00`."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def stamp_text(microseconds: int) -> str:
    """Return microseconds since 1970 UTC in METRC's form of a moment."""
    return moment_text(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds))


def microseconds_of(moment: datetime) -> int:
    """Return `moment` as whole microseconds since 1970 UTC, without a float in between."""
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def read_moment(text: str) -> datetime | None:
    """Read an ISO-8601 date or date-time as aware UTC, or return None when it is neither.

    A time without a zone is taken as UTC. An offset whose `+` arrived as a blank (sent
    unescaped) loses its offset silently, as METRC's does: wrong rows, no error.
    """
    whole = text.strip()
    if " " in whole:
        head, _, tail = whole.rpartition(" ")
        whole = head if re.fullmatch(r"\d{2}:?\d{2}", tail) and "T" in head else whole
    try:
        moment = datetime.fromisoformat(whole)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def read_date(text: Any) -> date | None:
    """Read `YYYY-MM-DD` or return None; METRC refuses every other spelling of a date."""
    if not isinstance(text, str) or not _DATE.match(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
