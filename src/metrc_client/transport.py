"""What happens to every request: keys, pacing, time-outs, and a recorder that sees the bytes."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from metrc_client.answers import server_clock
from metrc_client.errors import NotSent, OutcomeUnknown, Unreachable
from metrc_client.pacing import Pacing
from metrc_client.recording import Exchange, NoRecorder, Recorder

# Raised by httpx before the first byte of a request is written.
BEFORE_FIRST_BYTE = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


@dataclass(frozen=True, kw_only=True)
class Raw:
    """The bytes and headers that came back."""

    status: int
    body: bytes
    headers: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Keys:
    """The vendor's key and a person's. Neither is ever printed."""

    vendor: str = field(repr=False)
    user: str = field(repr=False)


class Transport:
    """Sends requests to one METRC host with one pair of keys. Follows no redirect, ever."""

    def __init__(
        self,
        base_url: str,
        keys: Keys,
        *,
        timeout_seconds: float,
        pacing: Pacing | None = None,
        recorder: Recorder | None = None,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.keys = keys
        self.timeout_seconds = timeout_seconds
        self.pacing = pacing
        self.recorder = recorder or NoRecorder()
        self._reader = self._client()

    def close(self) -> None:
        """Close the connections kept for reads."""
        self._reader.close()

    def read(self, path: str, query: dict[str, str], license_number: str) -> Raw:
        """Send one GET, paced. Retrying is the caller's.

        :raises Unreachable: if no answer came
        """
        paced = (
            self.pacing.read(vendor_key=self.keys.vendor, license_number=license_number)
            if self.pacing
            else nullcontext()
        )
        with paced:
            request = self._reader.build_request("GET", self.base_url + path, params=query)
            try:
                return self._exchange(self._reader, request, license_number)
            except httpx.HTTPError as error:
                raise Unreachable(
                    f"GET {path}: METRC at {self.base_url} did not answer ({_words(error)})."
                ) from error

    def write(
        self,
        method: str,
        path: str,
        query: dict[str, str],
        body: bytes,
        *,
        before_send: Callable[[], None],
        deadline: float | None,
    ) -> Raw:
        """Send one write, once, on a connection of its own.

        `before_send` runs after the connection stands and before the first byte; what it raises
        is raised, and nothing is sent. `deadline` is a time of the monotonic clock.

        :raises NotSent: if provably no byte left
        :raises OutcomeUnknown: if bytes left and no answer came
        """
        left = False

        def trace(event: str, _: Any) -> None:
            nonlocal left
            if event == "http11.send_request_headers.started":
                if deadline is not None and time.monotonic() >= deadline:
                    raise NotSent(f"{method} {path}: its deadline passed before it was sent.")
                before_send()
                left = True

        # A kept connection may be half closed, and then a reset says nothing of what arrived.
        with self._client() as client:
            request = client.build_request(
                method,
                self.base_url + path,
                params=query,
                content=body,
                headers={"Content-Type": "application/json", "Connection": "close"},
                extensions={"trace": trace},
            )
            try:
                return self._exchange(client, request, query.get("licenseNumber", ""))
            except httpx.HTTPError as error:
                if not left and isinstance(error, BEFORE_FIRST_BYTE):
                    raise NotSent(
                        f"{method} {path}: METRC at {self.base_url} could not be reached "
                        f"({_words(error)}); nothing was sent."
                    ) from error
                raise OutcomeUnknown(
                    f"{method} {path}: it was sent, and no clear answer came ({_words(error)})."
                ) from error

    def _client(self) -> httpx.Client:
        return httpx.Client(
            auth=httpx.BasicAuth(self.keys.vendor, self.keys.user),
            timeout=self.timeout_seconds,
            follow_redirects=False,
            trust_env=False,
            transport=httpx.HTTPTransport(retries=0, trust_env=False),
        )

    def _exchange(self, client: httpx.Client, request: httpx.Request, license_number: str) -> Raw:
        sent_at, started = datetime.fromtimestamp(time.time(), UTC), time.monotonic()
        raw, error = None, ""
        try:
            response = client.send(request)
            raw = Raw(
                status=response.status_code,
                body=response.content,
                headers={name.lower(): value for name, value in response.headers.items()},
            )
            return raw
        except Exception as problem:
            error = _words(problem)
            raise
        finally:
            self.recorder.record(
                Exchange(
                    method=request.method,
                    path=request.url.path,
                    query=request.url.query.decode(),
                    license_number=license_number,
                    request_body=request.content,
                    status=raw.status if raw else None,
                    response_body=raw.body if raw else None,
                    sent_at=sent_at,
                    duration_seconds=time.monotonic() - started,
                    error=error,
                    metrc_clock_at=server_clock(raw.headers) if raw else None,
                )
            )


def _words(error: Exception) -> str:
    text = str(error).strip()
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
