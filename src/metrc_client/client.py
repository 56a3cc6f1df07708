"""MetrcClient: reads that page, window and retry; writes that are sent once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import stamina

from metrc_client.answers import Answer, WriteAnswer, declined, read_answer, read_write_answer
from metrc_client.endpoints import Endpoint, LicenseRule
from metrc_client.errors import (
    Declined,
    MetrcError,
    OutcomeUnknown,
    RateLimited,
    Unreachable,
)
from metrc_client.pacing import Pacing
from metrc_client.recording import Recorder
from metrc_client.transport import Keys, Raw, Transport
from metrc_client.windows import Window, as_query

PAGE_SIZE = 20
OBJECTS_PER_WRITE = 10
READ_ATTEMPTS = 4
WAIT_AT_MOST_SECONDS = 30.0
PAGES_AT_MOST = 20_000


class WrongCall(ValueError):
    """The caller asked for something that METRC would refuse; nothing was sent."""


def _nothing() -> None:
    return None


class MetrcClient:
    """METRC for one pair of keys. Reads may be repeated at will; a write is sent once.

    :param base_url: METRC's address of one state, or the simulator's
    :param timeout_seconds: how long to wait for each part of an answer
    """

    def __init__(
        self,
        base_url: str,
        *,
        vendor_key: str,
        user_key: str,
        timeout_seconds: float = 30.0,
        pacing: Pacing | None = None,
        recorder: Recorder | None = None,
        read_attempts: int = READ_ATTEMPTS,
    ) -> None:
        self._transport = Transport(
            base_url,
            Keys(vendor=vendor_key, user=user_key),
            timeout_seconds=timeout_seconds,
            pacing=pacing,
            recorder=recorder,
        )
        self._read_attempts = read_attempts

    def __enter__(self) -> MetrcClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"MetrcClient({self._transport.base_url!r})"

    def close(self) -> None:
        """Close the connections kept for reads."""
        self._transport.close()

    def pages(
        self,
        endpoint: Endpoint,
        *,
        license_number: str | None = None,
        window: Window | None = None,
        path: Mapping[str, object] | None = None,
        query: dict[str, str] | None = None,
    ) -> Iterator[Answer]:
        """Yield the pages of a list, 20 rows each, until METRC says it was the last.

        A window is required where METRC filters by lastModified, because without one it answers
        only the last day. Whoever stops early, or gets an error, has not seen the whole list.

        :raises WrongCall: if the call breaks a documented rule of the endpoint
        :raises MetrcError: see `metrc_client.errors`
        """
        if endpoint.is_windowed and window is None:
            raise WrongCall(f"{endpoint} answers only the last day without a window.")
        number = 1
        while number <= PAGES_AT_MOST:
            asked = {**(query or {}), **(as_query(window) if window else {})}
            if endpoint.is_paged:
                asked |= {"pageNumber": str(number), "pageSize": str(PAGE_SIZE)}
            answer = self._read(endpoint, license_number, path or {}, asked)
            yield answer
            if not endpoint.is_paged or answer.page >= answer.page_count:
                return
            number += 1
        raise Unreachable(f"{endpoint} has more than {PAGES_AT_MOST} pages; ask for less.")

    def rows(
        self,
        endpoint: Endpoint,
        *,
        license_number: str | None = None,
        window: Window | None = None,
        path: Mapping[str, object] | None = None,
        query: dict[str, str] | None = None,
    ) -> tuple[Any, ...]:
        """Return every row of a list, from all of its pages. For lists that fit into memory."""
        return tuple(
            row
            for answer in self.pages(
                endpoint, license_number=license_number, window=window, path=path, query=query
            )
            for row in answer.rows
        )

    def one(
        self,
        endpoint: Endpoint,
        *,
        license_number: str | None = None,
        **path: object,
    ) -> Answer:
        """Return the answer of a read that is not paged: one object, or a bare array.

        :raises Unauthorized: also when the record belongs to another licence
        """
        return self._read(endpoint, license_number, path, {})

    def write(
        self,
        endpoint: Endpoint,
        objects: Sequence[Any],
        *,
        license_number: str,
        path: Mapping[str, object] | None = None,
        before_send: Callable[[], None] = _nothing,
        deadline: float | None = None,
    ) -> WriteAnswer:
        """Send one write, once, on a fresh connection, and return METRC's clear yes.

        `before_send` runs just before the first byte leaves; if it raises, nothing is sent.
        `deadline` is a time of the monotonic clock after which the write is no longer sent.
        A yes is an answer, not a proof: what METRC did is seen by reading.

        :raises WrongCall: for more than ten objects
        :raises NotSent: if provably no byte left
        :raises Declined: if METRC clearly did nothing
        :raises OutcomeUnknown: in every other case: look it up, never send it again
        """
        if len(objects) > OBJECTS_PER_WRITE:
            raise WrongCall(
                f"{endpoint} takes at most {OBJECTS_PER_WRITE} objects, not {len(objects)}."
            )
        raw = self._transport.write(
            endpoint.method,
            _fill(endpoint, path or {}),
            _license_query(endpoint, license_number),
            json.dumps(list(objects), default=_exact).encode() if objects else b"",
            before_send=before_send,
            deadline=deadline,
        )
        return _judge_write(endpoint, raw)

    def _read(
        self,
        endpoint: Endpoint,
        license_number: str | None,
        path: Mapping[str, object],
        query: dict[str, str],
    ) -> Answer:
        if endpoint.method != "GET":
            raise WrongCall(f"{endpoint} is not a read.")
        filled = _fill(endpoint, path)
        asked = {**_license_query(endpoint, license_number), **query}
        for attempt in stamina.retry_context(
            on=_worth_another_try,
            attempts=self._read_attempts,
            timeout=None,
            wait_initial=0.2,
            wait_max=5.0,
            wait_jitter=0.3,
        ):
            with attempt:
                raw = self._transport.read(filled, asked, license_number or "")
                return _judge_read(endpoint, filled, raw)
        raise AssertionError("the last attempt returns or raises")


def _worth_another_try(error: Exception) -> bool | float:
    """Say whether a read may be repeated, and after how many seconds if METRC named them."""
    if isinstance(error, RateLimited):
        wait = error.retry_after_seconds
        return True if wait is None else min(wait, WAIT_AT_MOST_SECONDS)
    return isinstance(error, Unreachable)


def _judge_read(endpoint: Endpoint, path: str, raw: Raw) -> Answer:
    where = f"GET {path}"
    if 200 <= raw.status < 300:
        return read_answer(raw.body, raw.headers, where)
    if 400 <= raw.status < 500:
        raise declined(raw.status, raw.body, raw.headers, where)
    if 300 <= raw.status < 400:
        raise MetrcError(f"{where} answered a redirect; it is not followed.", status=raw.status)
    raise Unreachable(f"{where} answered {raw.status}: METRC has a problem.", status=raw.status)


def _judge_write(endpoint: Endpoint, raw: Raw) -> WriteAnswer:
    where = str(endpoint)
    if 200 <= raw.status < 300:
        answer = read_write_answer(raw.status, raw.body)
        if answer is None:
            raise OutcomeUnknown(
                f"{where} answered {raw.status} with a body that makes no sense.",
                status=raw.status,
            )
        return answer
    if 400 <= raw.status < 500:
        error: Declined = declined(raw.status, raw.body, raw.headers, where)
        raise error
    raise OutcomeUnknown(
        f"{where} answered {raw.status}: it may or may not have been done.", status=raw.status
    )


def _fill(endpoint: Endpoint, path: Mapping[str, object]) -> str:
    try:
        return endpoint.path.format(
            **{name: quote(str(value), safe="") for name, value in path.items()}
        )
    except KeyError as error:
        raise WrongCall(f"{endpoint} needs {error.args[0]!r}.") from error


def _license_query(endpoint: Endpoint, license_number: str | None) -> dict[str, str]:
    if endpoint.license is LicenseRule.REQUIRED and not license_number:
        raise WrongCall(f"{endpoint} needs a licence number.")
    if endpoint.license is LicenseRule.NONE or not license_number:
        return {}
    return {"licenseNumber": license_number}


def _exact(value: object) -> object:
    """Write a decimal as the shortest JSON number that is exactly it."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(str(value))
    raise TypeError(f"{type(value).__name__} has no JSON form")
