"""What happens to every request: keys, pacing, time-outs, and a recorder that sees the bytes."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import httpx

from metrc_client.answers import server_clock
from metrc_client.errors import NotSent, OutcomeUnknown, Unreachable, WrongCall
from metrc_client.fence import Fence
from metrc_client.pacing import Pacing
from metrc_client.recording import Exchange, NoRecorder, Recorder
from metrc_client.redaction import Keys

# METRC's largest documents are 5 MB, a third more in base64.
ANSWER_BYTES_AT_MOST = 64 * 1024 * 1024
# A time-out counts from piece to piece; a server that drips would never meet it.
WHOLE_ANSWER_IN_TIMEOUTS = 4
# httpcore's name of the moment between the standing connection and the first byte of a request.
ABOUT_TO_SEND = "http11.send_request_headers.started"
HAS_SENT = "http11.send_request_body.complete"


@dataclass(frozen=True, kw_only=True)
class Raw:
    """The bytes and headers that came back, our keys taken out."""

    status: int
    body: bytes
    headers: dict[str, str]


class Transport:
    """Sends requests to one METRC host with one pair of keys. Follows no redirect, ever.

    :raises WrongCall: if the address is not plain http(s)://host[:port][/path]
    """

    def __init__(
        self,
        base_url: str,
        keys: Keys,
        *,
        timeout_seconds: float,
        pacing: Pacing | None = None,
        recorder: Recorder | None = None,
        verify: bool | ssl.SSLContext = True,
    ) -> None:
        self.base_url = _checked_address(base_url)
        self.keys = keys
        self.timeout_seconds = timeout_seconds
        self.pacing = pacing
        self.recorder = recorder or NoRecorder()
        self._trust = _trust(verify) if isinstance(verify, bool) else verify
        self._reader = self._client()

    def close(self) -> None:
        """Close the connections kept for reads."""
        self._reader.close()

    def read(
        self, path: str, query: dict[str, str], license_number: str, *, key_header: str = ""
    ) -> Raw:
        """Send one GET, paced. Retrying is the caller's.

        `key_header` carries the vendor key beside Basic authentication: METRC's states differ in
        which of the two the helpers of its sandbox want.

        :raises Unreachable: if no answer came
        """
        paced = (
            self.pacing.read(vendor_key=self.keys.vendor, license_number=license_number)
            if self.pacing
            else nullcontext()
        )
        with paced:
            request = self._reader.build_request(
                "GET",
                self.base_url + path,
                params=query,
                headers=self._vendor_header(key_header),
            )
            try:
                return self._exchange(self._reader, request, license_number)
            except httpx.HTTPError as error:
                raise Unreachable(
                    f"GET {path}: METRC at {self.base_url} did not answer ({self._words(error)})."
                ) from error

    def rest(self, seconds: float, license_number: str) -> None:
        """Hold back every read of this facility for a while, in all threads and processes."""
        if self.pacing:
            self.pacing.rest(seconds, vendor_key=self.keys.vendor, license_number=license_number)

    def write(
        self,
        method: str,
        path: str,
        query: dict[str, str],
        body: bytes,
        *,
        key_header: str = "",
        before_send: Callable[[], None],
        deadline: float | None,
        fence: Fence | None = None,
    ) -> Raw:
        """Send one write, once, on a connection of its own.

        `before_send` runs after the connection stands and before the first byte; what it raises
        is raised, and nothing is sent. `deadline` is a time of the monotonic clock; it is looked
        at before and after `before_send`, for that may have waited. `fence` stands from then on until
        the last byte is the kernel's: see `metrc_client.fence`.

        :raises NotSent: if provably no byte left
        :raises OutcomeUnknown: if a byte may have left and no answer came
        """
        where = f"{method} {path}"
        left = False
        fenced = ExitStack()

        def about_to_send(event: str, _: Any) -> None:
            nonlocal left
            if event == ABOUT_TO_SEND:
                _require_time(deadline, where)
                before_send()
                _require_time(deadline, where)
                if fence is not None and deadline is not None:
                    fenced.enter_context(fence(deadline))
                left = True
            elif event == HAS_SENT:
                fenced.close()

        # A kept connection may be half closed, and then a reset says nothing of what arrived.
        with fenced, self._client() as client:
            request = client.build_request(
                method,
                self.base_url + path,
                params=query,
                content=body,
                headers={
                    "Content-Type": "application/json",
                    "Connection": "close",
                    **self._vendor_header(key_header),
                },
                extensions={"trace": about_to_send},
            )
            try:
                raw = self._exchange(client, request, query.get("licenseNumber", ""))
            except Exception as error:
                if left:
                    raise OutcomeUnknown(
                        f"{where}: it was sent, and no clear answer came ({self._words(error)})."
                    ) from error
                if isinstance(error, httpx.HTTPError):
                    raise NotSent(
                        f"{where}: METRC at {self.base_url} could not be reached "
                        f"({self._words(error)}); nothing was sent."
                    ) from error
                raise
        if not left:
            raise OutcomeUnknown(f"{where}: it was sent without its check; look it up.")
        return raw

    def _vendor_header(self, name: str) -> dict[str, str]:
        return {name: self.keys.vendor} if name else {}

    def _client(self) -> httpx.Client:
        return httpx.Client(
            auth=httpx.BasicAuth(self.keys.vendor, self.keys.user),
            timeout=self.timeout_seconds,
            follow_redirects=False,
            trust_env=False,
            transport=httpx.HTTPTransport(verify=self._trust, retries=0, trust_env=False),
        )

    def _exchange(self, client: httpx.Client, request: httpx.Request, license_number: str) -> Raw:
        sent_at, started = datetime.fromtimestamp(time.time(), UTC), time.monotonic()
        heard = _Heard(until=started + WHOLE_ANSWER_IN_TIMEOUTS * self.timeout_seconds)
        error = ""
        try:
            heard.listen(client.send(request, stream=True))
            return self._raw(heard)
        except BaseException as problem:
            error = self._words(problem)
            raise
        finally:
            raw = self._raw(heard) if heard.status is not None else None
            self.recorder.record(
                Exchange(
                    method=request.method,
                    path=request.url.path,
                    query=request.url.query.decode(),
                    license_number=license_number,
                    request_body=self.keys.removed_from_bytes(request.content),
                    status=raw.status if raw else None,
                    response_body=raw.body if raw else None,
                    sent_at=sent_at,
                    duration_seconds=time.monotonic() - started,
                    error=error,
                    metrc_clock_at=server_clock(raw.headers) if raw else None,
                )
            )

    def _raw(self, heard: _Heard) -> Raw:
        return Raw(
            status=heard.status or 0,
            body=self.keys.removed_from_bytes(bytes(heard.body)),
            headers=heard.headers,
        )

    def _words(self, error: BaseException) -> str:
        text = self.keys.removed_from(str(error).strip())
        return f"{type(error).__name__}: {text}" if text else type(error).__name__


class _Heard:
    """What was heard of one answer, also if it broke off."""

    def __init__(self, *, until: float) -> None:
        self.until = until
        self.status: int | None = None
        self.headers: dict[str, str] = {}
        self.body = bytearray()

    def listen(self, response: httpx.Response) -> None:
        """Hear the answer to its end.

        :raises httpx.HTTPError: if it breaks off, drips too long, or is too large
        """
        try:
            self.status = response.status_code
            self.headers = {name.lower(): value for name, value in response.headers.items()}
            for piece in response.iter_bytes():
                self.body += piece
                if len(self.body) > ANSWER_BYTES_AT_MOST:
                    raise httpx.ReadError(f"more than {ANSWER_BYTES_AT_MOST} bytes came")
                if time.monotonic() > self.until:
                    raise httpx.ReadTimeout("the answer came too slowly to wait for its end")
        finally:
            response.close()


def _require_time(deadline: float | None, where: str) -> None:
    if deadline is not None and time.monotonic() >= deadline:
        raise NotSent(f"{where}: its deadline passed before it was sent.")


def _checked_address(base_url: str) -> str:
    """Return the address without a slash at its end.

    A name or password in it would end up in every sentence and every record.
    """
    parts = urlsplit(base_url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise WrongCall("METRC's address must begin with https:// or http:// and name a host.")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise WrongCall(f"METRC's address at {parts.hostname} must hold nothing but host and path.")
    return base_url.rstrip("/")


@cache
def _trust(verify: bool) -> ssl.SSLContext:
    # Reading the certificates takes 40 ms, and each write has a client of its own.
    return httpx.create_ssl_context(verify=verify, trust_env=False)
