"""Carries changed packages to the webhook subscriptions, in order, beside the requests.

METRC documents neither retries nor signatures: a delivery is tried once.
"""

from __future__ import annotations

import http.client
import queue
import threading
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from metrc_simulator.engine import Engine
from metrc_simulator.laws.webhooks import COUNT, DATA, ERROR_CODE, ERROR_MESSAGE
from metrc_simulator.records import Query, Record
from metrc_simulator.wire import encode, moment_text

_SECONDS_AT_MOST = 5.0
_WAIT_SECONDS = 0.1


@dataclass(frozen=True)
class Parcel:
    """One delivery, ready to send."""

    subscription_id: int
    verb: str
    url: str
    body: bytes
    count: int


class Courier:
    """Watches the store while somebody subscribes, and delivers what each commit changed."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._parcels: queue.Queue[Parcel] = queue.Queue()
        self._subscriptions: list[Record] = []
        self._version = -1
        self._thread: threading.Thread | None = None

    def carry(self) -> None:
        """Hand what changed since the last call to every subscription of those facilities."""
        store = self._engine.store
        with store.lock:
            touched = store.take_touched()
            if touched and self._subscriptions:
                packages = [store.get("packages", number) for number in touched]
                for subscription in self._subscriptions:
                    self._pack(subscription, [one for one in packages if one is not None])
            if store.version("webhooks") != self._version:
                self._version = store.version("webhooks")
                self._subscriptions = store.select(Query("webhooks", list_name="active"))
                store.watching = bool(self._subscriptions)

    def _pack(self, subscription: Record, packages: list[Record]) -> None:
        shown = subscription.body
        wanted = shown["facilityLicenseNumbers"]
        rows = [one.body for one in packages if one.license_number in wanted]
        if not rows:
            return
        text = self._text(subscription, rows)
        if text is None:
            return
        self._parcels.put(
            Parcel(subscription.id, shown["verb"], shown["url"], text.encode("utf-8"), len(rows))
        )
        if self._thread is None:
            self._thread = threading.Thread(target=self._deliver, daemon=True)
            self._thread.start()

    def _text(self, subscription: Record, rows: list[dict[str, Any]]) -> str | None:
        shown = subscription.body
        user = self._engine.people.of_key(subscription.facts["user_key"])
        if user is not None and "View Packages" in user.permissions:
            template: str = shown["template"]
            # The count goes in first: a row may hold the words of a place-holder.
            template = template.replace(COUNT, str(len(rows)))
            return template.replace(DATA, encode(rows).decode("utf-8"))
        refusal: str | None = shown["errorResponseJsonTemplate"]
        if refusal is None:
            return None
        refusal = refusal.replace(ERROR_CODE, "401")
        return refusal.replace(ERROR_MESSAGE, '"The user may not view packages."')

    def _deliver(self) -> None:
        while not self._engine.stopping.is_set():
            try:
                parcel = self._parcels.get(timeout=_WAIT_SECONDS)
            except queue.Empty:
                continue
            self._engine.deliveries[parcel.subscription_id] = {
                "at": moment_text(self._engine.clock.now()),
                "rows": parcel.count,
                "outcome": _send(parcel),
            }


def _send(parcel: Parcel) -> str:
    parts = urlsplit(parcel.url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection = http.client.HTTPConnection(
        parts.hostname or "", parts.port or 80, timeout=_SECONDS_AT_MOST
    )
    try:
        connection.request(
            parcel.verb, path, parcel.body, {"Content-Type": "application/json; charset=utf-8"}
        )
        return str(connection.getresponse().status)
    except (OSError, http.client.HTTPException) as problem:
        return f"failed: {problem}"
    finally:
        connection.close()
