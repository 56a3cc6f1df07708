"""MetrcClient: reads that page, window and retry; writes that are sent once."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import stamina

from metrc_client.answers import (
    Answer,
    WriteAnswer,
    declined,
    read_object,
    read_rows,
    read_text,
    read_write_answer,
)
from metrc_client.endpoint import Endpoint, LicenseRule
from metrc_client.errors import (
    BadAnswer,
    OutcomeUnknown,
    RateLimited,
    TooManyObjects,
    Unreachable,
    WrongCall,
)
from metrc_client.fence import Fence
from metrc_client.pacing import Pacing
from metrc_client.recording import Recorder
from metrc_client.redaction import Keys
from metrc_client.rooms.connect import WEBHOOKS_UPDATE
from metrc_client.transport import Raw, Transport
from metrc_client.windows import Window, as_query

PAGE_SIZE = 20
OBJECTS_PER_WRITE = 10
READ_ATTEMPTS = 4
# Asked to wait longer than this, a read gives up at once: its caller comes back later.
WAIT_AT_MOST_SECONDS = 30.0
PAGES_AT_MOST = 20_000
# METRC's clear no to a write. Any other 4xx may have come from something in between.
DECLINES_OF_A_WRITE = frozenset({400, 401, 403, 404, 405, 409, 413, 422, 429})


def _nothing() -> None:
    return None


class MetrcClient:
    """METRC for one pair of keys. Reads may be repeated at will; a write is sent once.

    :param base_url: METRC's address of one state, or the simulator's
    :param license_number: the licence of calls that name none
    :param timeout_seconds: how long to wait for each part of an answer
    :param secrets: what must never be kept or shown, beside the keys
    :param verify: False or a context of one's own only where METRC is not the server, as in tests
    """

    def __init__(
        self,
        base_url: str,
        *,
        vendor_key: str,
        user_key: str,
        license_number: str | None = None,
        timeout_seconds: float = 30.0,
        pacing: Pacing | None = None,
        recorder: Recorder | None = None,
        read_attempts: int = READ_ATTEMPTS,
        secrets: tuple[str, ...] = (),
        verify: bool | ssl.SSLContext = True,
    ) -> None:
        self._transport = Transport(
            base_url,
            Keys(vendor=vendor_key, user=user_key, others=secrets),
            timeout_seconds=timeout_seconds,
            pacing=pacing,
            recorder=recorder,
            verify=verify,
        )
        self._license_number = license_number
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
        first_page: int = 1,
    ) -> Iterator[Answer]:
        """Yield the pages of a list, 20 rows each, until METRC says it was the last.

        `first_page` begins further on in it: for the end of a list that only grows.

        A window is required where METRC filters by lastModified, because without one it answers
        only the last day. Whoever stops early, or gets an error, has not seen the whole list.

        :raises WrongCall: if the call breaks a documented rule of the endpoint
        :raises MetrcError: see `metrc_client.errors`
        """
        if endpoint.is_windowed and window is None:
            raise WrongCall(f"{endpoint} answers only the last day without a window.")
        if window is not None and not endpoint.is_windowed:
            raise WrongCall(f"{endpoint} has no filter by lastModified.")
        if endpoint.is_object or endpoint.is_html:
            raise WrongCall(f"{endpoint} answers one object, not a list.")
        for name in endpoint.required_query:
            if not (query or {}).get(name):
                raise WrongCall(f"{endpoint} needs {name!r} in its query.")
        asked = {**(query or {}), **(as_query(window) if window else {})}
        before = ""
        for number in range(first_page, PAGES_AT_MOST + 1):
            if endpoint.is_paged:
                asked |= {"pageNumber": str(number), "pageSize": str(PAGE_SIZE)}
            answer = self._read(endpoint, license_number, path or {}, asked, page=number)
            if answer.response_sha256 == before:
                return
            yield answer
            if not _may_have_more(endpoint, answer):
                return
            before = "" if answer.is_enveloped else answer.response_sha256
        raise BadAnswer(f"{endpoint} has more than {PAGES_AT_MOST} pages; ask for less.")

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
        """Return the answer of a read that is not paged: one object, a bare array, or a page's text.

        :raises WrongCall: for a list in pages, of which this would be the first alone
        :raises Unauthorized: also when the record belongs to another licence
        """
        if endpoint.is_paged:
            raise WrongCall(f"{endpoint} answers in pages.")
        return self._read(endpoint, license_number, path, {})

    def write(
        self,
        endpoint: Endpoint,
        objects: Sequence[Any],
        *,
        license_number: str | None = None,
        path: Mapping[str, object] | None = None,
        before_send: Callable[[], None] = _nothing,
        deadline: float | None = None,
        fence: Fence | None = None,
    ) -> WriteAnswer:
        """Send one write, once, on a fresh connection, and return METRC's clear yes.

        `before_send` runs just before the first byte leaves; if it raises, nothing is sent.
        `deadline` is a time of the monotonic clock after which the write is no longer sent; with
        `fence=KilledAt` this process is killed should it stand still past it before the last byte.
        A yes is an answer, not a proof: what METRC did is seen by reading.

        :raises TooManyObjects: for more than ten objects
        :raises WrongCall: for what is no write, or cannot be written as JSON
        :raises NotSent: if provably no byte left
        :raises Declined: if METRC clearly did nothing
        :raises OutcomeUnknown: in every other case: look it up, never send it again
        """
        raw = self._transport.write(
            endpoint.method,
            _fill(endpoint, path or {}),
            _license_query(endpoint, license_number or self._license_number),
            _write_body(endpoint, objects),
            key_header=endpoint.key_header,
            before_send=before_send,
            deadline=deadline,
            fence=fence,
        )
        return _judge_write(endpoint, raw)

    def subscribe(self, *, object_type: str, url: str, license_number: str) -> WriteAnswer:
        """Ask METRC to post changed objects of a facility to an address, once, as `write` does.

        The keys that METRC wants in the body never leave this client. The words of the template
        are those of a working example; METRC documents none.

        :raises MetrcError: as `write`
        """
        body = {
            "objectType": object_type,
            "url": url,
            "verb": "POST",
            "status": "Active",
            "userApiKey": self._transport.keys.user,
            "tpiApiKey": self._transport.keys.vendor,
            "serverPublicKeyFingerprint": "",
            "template": '{"data":#DATA#, "datacount":#DATACOUNT#}',
            "errorResponseJsonTemplate": '{"error": #ERRORMESSAGE#, "errorcode": #ERRORCODE#}',
            "facilityLicenseNumbers": license_number,
        }
        return self.write(WEBHOOKS_UPDATE, [body])

    def _read(
        self,
        endpoint: Endpoint,
        license_number: str | None,
        path: Mapping[str, object],
        query: Mapping[str, str],
        *,
        page: int = 1,
    ) -> Answer:
        if endpoint.method != "GET":
            raise WrongCall(f"{endpoint} is not a read.")
        filled = _fill(endpoint, path)
        asked = {**_license_query(endpoint, license_number or self._license_number), **query}
        license = asked.get("licenseNumber", "")
        for attempt in stamina.retry_context(
            on=_worth_another_try,
            attempts=self._read_attempts,
            timeout=None,
            wait_initial=0.2,
            wait_max=5.0,
            wait_jitter=0.3,
        ):
            with attempt:
                raw = self._transport.read(filled, asked, license, key_header=endpoint.key_header)
                try:
                    return _judge_read(endpoint, filled, raw, page)
                except RateLimited as error:
                    # Whoever else reads for this facility would only be told the same.
                    self._transport.rest(error.retry_after_seconds or 0.0, license)
                    raise
        raise AssertionError("the last attempt returns or raises")


def _may_have_more(endpoint: Endpoint, answer: Answer) -> bool:
    """Say whether to ask for the next page.

    A full bare array may be one page of several, or all there is: METRC does not document which.
    A server that ignores paging repeats itself, and that ends the walk.
    """
    if not endpoint.is_paged:
        return False
    if not answer.is_enveloped:
        return len(answer.rows) == PAGE_SIZE
    return answer.page < answer.page_count


def _worth_another_try(error: Exception) -> bool | float:
    """Say whether a read may be repeated, and after how many seconds if METRC named them."""
    if isinstance(error, RateLimited):
        wait = error.retry_after_seconds
        if wait is not None and wait > WAIT_AT_MOST_SECONDS:
            return False
        return wait or True
    return isinstance(error, Unreachable)


def _judge_read(endpoint: Endpoint, path: str, raw: Raw, page: int) -> Answer:
    where = f"GET {path}"
    if 200 <= raw.status < 300:
        if endpoint.is_html:
            return read_text(raw.body, raw.headers, where)
        if endpoint.is_object:
            return read_object(raw.body, raw.headers, where)
        return read_rows(raw.body, raw.headers, where, asked_page=page)
    if 300 <= raw.status < 400:
        raise BadAnswer(
            f"{where} answered {raw.status}, a redirect; it is not followed.", status=raw.status
        )
    if 400 <= raw.status < 500 and raw.status != 408:
        raise declined(raw.status, raw.body, raw.headers, where, endpoint.permissions)
    raise Unreachable(f"{where} answered {raw.status}: METRC has a problem.", status=raw.status)


def _judge_write(endpoint: Endpoint, raw: Raw) -> WriteAnswer:
    where = str(endpoint)
    if 200 <= raw.status < 300:
        answer = read_write_answer(raw.status, raw.body, is_object=endpoint.is_object)
        if answer is None:
            raise OutcomeUnknown(
                f"{where} answered {raw.status} with a body that makes no sense.",
                status=raw.status,
            )
        return answer
    if raw.status in DECLINES_OF_A_WRITE:
        raise declined(raw.status, raw.body, raw.headers, where, endpoint.permissions)
    # A 4xx among these is no clear no, and must not look like one to whoever keeps the status.
    raise OutcomeUnknown(
        f"{where} answered {raw.status}: it may or may not have been done.",
        status=None if 400 <= raw.status < 500 else raw.status,
    )


def _fill(endpoint: Endpoint, path: Mapping[str, object]) -> str:
    for name, value in path.items():
        if str(value) in {"", ".", ".."}:
            raise WrongCall(f"{endpoint} needs {name!r}, not {str(value)!r}.")
        if "{" + name + "}" not in endpoint.path:
            raise WrongCall(f"{endpoint} has no {name!r} in its path.")
    try:
        return endpoint.path.format(
            **{name: quote(str(value), safe="") for name, value in path.items()}
        )
    except KeyError as error:
        raise WrongCall(f"{endpoint} needs {error.args[0]!r}.") from error


def _write_body(endpoint: Endpoint, objects: Sequence[Any]) -> bytes:
    if endpoint.method == "GET":
        raise WrongCall(f"{endpoint} is not a write.")
    if len(objects) > OBJECTS_PER_WRITE:
        raise TooManyObjects(
            f"{endpoint} takes at most {OBJECTS_PER_WRITE} objects, not {len(objects)}."
        )
    if objects and endpoint.takes_nothing:
        raise WrongCall(f"{endpoint} takes no objects.")
    if endpoint.takes_object and len(objects) != 1:
        raise WrongCall(f"{endpoint} takes one object, not {len(objects)}.")
    if not objects:
        if endpoint.method != "DELETE" and not endpoint.takes_nothing:
            raise WrongCall(f"{endpoint} needs at least one object.")
        return b""
    content = objects[0] if endpoint.takes_object else list(objects)
    try:
        return json.dumps(content, default=_exact, allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        raise WrongCall(f"{endpoint} was given what JSON cannot hold: {error}.") from error


def _license_query(endpoint: Endpoint, license_number: str | None) -> dict[str, str]:
    if endpoint.license is LicenseRule.REQUIRED and not license_number:
        raise WrongCall(f"{endpoint} needs a licence number.")
    if endpoint.license is LicenseRule.NONE or not license_number:
        return {}
    return {"licenseNumber": license_number}


def _exact(value: object) -> object:
    """Return a decimal as the JSON number that is exactly it; ValueError if there is none."""
    if not isinstance(value, Decimal):
        raise TypeError(f"{type(value).__name__} has no JSON form")
    if not value.is_finite():
        raise ValueError(f"{value} is no number")
    if value == value.to_integral_value():
        return int(value)
    number = float(value)
    if Decimal(repr(number)) != value:
        raise ValueError(f"{value} has more digits than a JSON number keeps")
    return number
