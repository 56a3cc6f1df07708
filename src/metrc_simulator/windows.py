"""The query parameters of a list: page, page size and the LastModified window."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote_plus

from metrc_simulator.wire import microseconds_of, read_id, read_moment


class BadQuery(Exception):
    """A query parameter that METRC answers with 400."""


@dataclass(frozen=True)
class Paging:
    """`size` None means everything in one page."""

    number: int
    size: int | None

    @property
    def offset(self) -> int:
        """Return how many rows stand before this page."""
        return (self.number - 1) * (self.size or 0)

    @property
    def limit(self) -> int:
        """Return how many rows this page may hold, -1 for all."""
        return -1 if self.size is None else self.size


def read_query(text: str) -> dict[str, str]:
    """Return the parameters of a query string; `+` is a blank, as in any HTML form."""
    found = {}
    for pair in text.split("&") if text else ():
        name, _, value = pair.partition("=")
        plain = "%" not in pair and "+" not in pair
        found[name if plain else unquote_plus(name)] = value if plain else unquote_plus(value)
    return found


def read_paging(query: Mapping[str, str], switches: Mapping[str, Any]) -> Paging:
    """Read pageNumber and pageSize; BadQuery when one is no number or the size is too large."""
    most: int = switches["page_size_at_most"]
    number = _whole(query, "pageNumber")
    size = _whole(query, "pageSize")
    if size is not None and size > most:
        raise BadQuery(f"pageSize cannot exceed {most}")
    if number is not None and size is None:
        size = most
    return Paging(number or 1, size)


def _whole(query: Mapping[str, str], name: str) -> int | None:
    text = query.get(name.lower())
    if text is None or text == "":
        return None
    number = read_id(text)
    # No list has so many pages or rows: the place of a row must fit into the store.
    if not 0 < number < 2**31:
        raise BadQuery(f"{name} must be a positive whole number")
    return number


def read_window(
    query: Mapping[str, str], switches: Mapping[str, Any], now: datetime
) -> tuple[int, int | None]:
    """Return the LastModified window in microseconds; an end of None is open.

    Without a window METRC shows the last day only, in some states everything. A window with one end missing is not
    documented: it runs to now, or from a day before its end.
    """
    start = _moment(query, "lastModifiedStart")
    end = _moment(query, "lastModifiedEnd")
    cap, default = switches["window_hours_at_most"], switches["no_window_hours"]
    if start is None and end is None:
        return 0 if default is None else microseconds_of(now - timedelta(hours=default)), None
    if start is None and end is not None:
        start = end - timedelta(hours=cap or default or 24)
    if start is None:
        raise BadQuery("lastModifiedStart was not specified")
    if cap is not None and (end or now) - start > timedelta(hours=cap):
        raise BadQuery(f"Last Modified range cannot exceed {cap} hours")
    return microseconds_of(start), None if end is None else microseconds_of(end)


def _moment(query: Mapping[str, str], name: str) -> datetime | None:
    text = query.get(name.lower())
    if text is None or text == "":
        return None
    moment = read_moment(text)
    if moment is None:
        raise BadQuery(f"{name} is not a valid date and time")
    return moment


def read_arrivals(query: Mapping[str, str]) -> tuple[datetime | None, datetime | None]:
    """Read estimatedArrivalStart and -End; BadQuery beside a LastModified window.

    METRC's documentation: the two windows exclude each other.
    """
    start = _moment(query, "estimatedArrivalStart")
    end = _moment(query, "estimatedArrivalEnd")
    modified = query.get("lastmodifiedstart") or query.get("lastmodifiedend")
    if (start or end) and modified:
        raise BadQuery("estimatedArrival and lastModified ranges cannot both be specified")
    return start, end
