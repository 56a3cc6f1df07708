"""What the tests of the METRC client share: keys, a recorder, no waiting between tries."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import stamina

from metrc_client.client import MetrcClient
from metrc_client.recording import Exchange

VENDOR_KEY = "vendor-key/of+the-software-0001"
USER_KEY = "user-key-of-Ana-000000000000002"


class Kept:
    """Keeps the exchanges in memory."""

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []

    def record(self, exchange: Exchange) -> None:
        """Keep one exchange."""
        self.exchanges.append(exchange)


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture(autouse=True)
def tries_without_waiting() -> Iterator[None]:
    with stamina.set_testing(True, attempts=4, cap=True):
        yield


@pytest.fixture
def metrc(kept: Kept) -> Iterator[Callable[..., MetrcClient]]:
    """Open clients that are closed with the test."""
    opened: list[MetrcClient] = []

    def open_client(address: str, **more: Any) -> MetrcClient:
        settings: dict[str, Any] = {"timeout_seconds": 2.0, "recorder": kept, **more}
        client = MetrcClient(address, vendor_key=VENDOR_KEY, user_key=USER_KEY, **settings)
        opened.append(client)
        return client

    yield open_client
    for client in opened:
        client.close()
