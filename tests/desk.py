"""The simulator's desk, for tests: what people do in METRC's own pages, and the ground truth."""

from __future__ import annotations

from typing import Any

import httpx


class DeskRefused(Exception):
    """The desk said no; its sentence is the message."""


class Desk:
    """Speaks to `/desk/api/` of one simulator."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.client = httpx.Client(base_url=address, trust_env=False, timeout=20)

    def __enter__(self) -> Desk:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def do(self, verb: str, **fields: Any) -> Any:
        """Do one verb of the desk and return its answer."""
        answer = self.client.post(f"/desk/api/{verb}", json=fields)
        if answer.status_code != 200:
            raise DeskRefused(f"{verb}: {answer.text}")
        return answer.json()

    def keys(self) -> Any:
        """Return the vendor key and every user's key."""
        return self.client.get("/desk/api/keys").json()

    def journal(self, after: int = 0) -> Any:
        """Return every request and applied effect, in order."""
        return self.client.get("/desk/api/journal", params={"after": after}).json()

    def overview(self) -> Any:
        """Return what the desk's page shows of the world, the fault rules in force among it."""
        return self.client.get("/desk/api/overview").json()
