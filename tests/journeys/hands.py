"""People at the pages: they open forms, fill them in, press the button, and follow where it leads."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape
from typing import Any

from django.test import Client

from glassbox.cli.demo_brand import Brand
from glassbox.models.people import User
from glassbox.runtime.postgres import ClusterUrls
from tests.journeys.story import action_of, look, read, send
from tests.ledger import make_durable


@dataclass
class Hands:
    """The brand's people, each with a browser of their own, at one licence."""

    brand: Brand
    database: ClusterUrls
    number: str
    clients: dict[str, Client] = field(default_factory=dict)

    def client(self, name: str) -> Client:
        """Return a person's browser, signed in."""
        if name not in self.clients:
            self.clients[name] = Client()
            self.clients[name].force_login(User.objects.get(id=self.brand.users[name]))
        return self.clients[name]

    def see(self, name: str, address: str) -> str:
        """Return a page as text; the test fails when it does not open."""
        answer = self.client(name).get(f"/l/{self.number}/{address}")
        assert answer.status_code == 200, f"{address}: {answer.status_code}"
        return unescape(answer.content.decode())

    def press(self, name: str, address: str, **typed: Any) -> str:
        """Open a form, fill it in and press; return where it leads, below the licence.

        Names of columns carry an underscore where the page has a hyphen.
        """
        self.see(name, address)
        answer = self._post(name, address, typed)
        assert answer.status_code == 302, _refusal(answer.content.decode())
        place: str = answer["Location"]
        return place.removeprefix(f"/l/{self.number}/")

    def refused(self, name: str, address: str, **typed: Any) -> str:
        """Press a button that must be refused, and return the page that says why."""
        answer = self._post(name, address, typed)
        assert answer.status_code in (403, 422), answer.status_code
        return unescape(answer.content.decode())

    def _post(self, name: str, address: str, typed: dict[str, Any]) -> Any:
        fields = {key.replace("__", "-"): value for key, value in typed.items()}
        return self.client(name).post(f"/l/{self.number}/{address}", fields)

    def approve(self, drafter: str, approver: str, place: str) -> int:
        """Send a draft for review and approve exactly what it shows; return its id."""
        self.button(drafter, f"{place}review/")
        page = self.see(approver, place)
        found = re.search(r'name="payload_sha256" value="([0-9a-f]{64})"', page)
        assert found, "there is nothing to approve"
        self.button(approver, f"{place}approve/", payload_sha256=found.group(1))
        return int(place.split("/")[1])

    def button(self, name: str, address: str, **typed: str) -> None:
        """Press a button that is no form of its own."""
        answer = self._post(name, address, typed)
        assert answer.status_code == 302, _refusal(answer.content.decode())

    def carry_out(self, drafter: str, approver: str, place: str) -> None:
        """Approve an action, let the worker send it and see it in METRC, and read METRC."""
        action_id = self.approve(drafter, approver, place)
        make_durable(self.database)
        send(self.brand, self.number, action_id)
        look(self.brand, self.number, action_id)
        assert action_of(self.brand, self.number, action_id).state == "ACCEPTED"
        read(self.brand, self.number)

    def attest(self, name: str, action_id: int, **values: str) -> None:
        """Say that one did in METRC what the card asked for, and let the worker see it."""
        typed = {f"value_{field}": value for field, value in values.items()}
        self.button(name, f"actions/{action_id}/attest/", **typed)
        look(self.brand, self.number, action_id)
        assert action_of(self.brand, self.number, action_id).state == "ACCEPTED"
        read(self.brand, self.number)

    def link(self, name: str, address: str, pattern: str) -> int:
        """Return the id that the first matching link of a page leads to."""
        found = re.search(pattern, self.see(name, address))
        assert found, f"{address} has no link like {pattern}"
        return int(found.group(1))


def _refusal(page: str) -> str:
    found = re.search(r'role="alert">(.*?)</form>', page, re.DOTALL)
    text = re.sub(r"<[^>]+>|\s+", " ", found.group(1) if found else page)
    return unescape(re.sub(r" +", " ", text))[:1500]
