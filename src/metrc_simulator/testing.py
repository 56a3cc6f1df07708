"""Fixtures for pytest: `pytest_plugins = ["metrc_simulator.testing"]` in your conftest.py."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.request import Request, urlopen

import pytest

from metrc_simulator.running import running


@dataclass(frozen=True)
class SimulatedMetrc:
    """A running simulator: its address, and its desk."""

    address: str

    def desk(self, verb: str, **fields: Any) -> dict[str, Any]:
        """Return the desk's answer to one verb, such as `desk("clock", offsetSeconds=3600)`.

        :raises urllib.error.HTTPError: if the desk refuses; the body says why
        """
        return self._asked(verb, json.dumps(fields).encode())

    def keys(self, user: str) -> tuple[str, str]:
        """Return the vendor key and the user key of a person of the world.

        :raises KeyError: if nobody has that name
        """
        found = self._asked("keys")
        by_name = {one["name"]: one["userKey"] for one in found["users"]}
        return found["vendorKey"], by_name[user]

    def _asked(self, verb: str, body: bytes | None = None) -> dict[str, Any]:
        request = Request(f"{self.address}/desk/api/{verb}", data=body)
        with urlopen(request, timeout=30) as answer:
            found: dict[str, Any] = json.loads(answer.read())
        return found


@pytest.fixture
def simulated_metrc(request: pytest.FixtureRequest) -> Iterator[SimulatedMetrc]:
    """Yield a fresh simulator; the marker `metrc_world("demo")` chooses its world."""
    marker = request.node.get_closest_marker("metrc_world")
    with running(marker.args[0] if marker else "empty") as server:
        yield SimulatedMetrc(server.address)


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker of the fixture known to pytest."""
    config.addinivalue_line("markers", "metrc_world(name): the world of simulated_metrc")
