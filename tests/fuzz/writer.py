"""Calls with fuzzed bodies: mostly plausible, here and there wrong in one place or in all."""

from __future__ import annotations

import base64
import copy
import json
import random
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from metrc_simulator.contract.operations import OPERATIONS, Operation
from metrc_simulator.engine import Engine
from metrc_simulator.http_server import Request
from metrc_simulator.people import User
from metrc_simulator.routes.finder import find_route
from metrc_simulator.routes.route import Route
from tests.fuzz.values import JUNK, Knowledge

WRITES = [one for one in OPERATIONS if one.method != "GET"]
# A webhook is called from another thread; what a subscriber's host answers is no law of ours.
LEFT_OUT = {"PUT /webhooks/v2/"}
WRITES_BETWEEN_LOOKS = 100
_WHOLE_BODIES: tuple[bytes, ...] = (
    b"",
    b"null",
    b"[]",
    b"{}",
    b'"text"',
    b"[null]",
    b"[1]",
    b"[[]]",
    b"[{]",
    b"\xff\xfe",
    b"[" * 3_000,
    b"[{}" + b",{}" * 10 + b"]",
    b'[{"Quantity": NaN}]',
    b'[{"Quantity": 1e999}]',
)


@dataclass(frozen=True)
class Person:
    """Somebody who may act in a licence."""

    user: User
    license_number: str


class Writer:
    """Makes one call after another, reproducible by its seed."""

    def __init__(self, engine: Engine, seed: int) -> None:
        self.engine = engine
        self.chance = random.Random(seed)
        self.known = Knowledge(engine, self.chance)
        self._made = 0
        self._people = {str(one): self._able(one) for one in WRITES}
        self._operations = [one for one in WRITES if str(one) not in LEFT_OUT]

    def next(self) -> tuple[Operation, Request]:
        """Return the next call."""
        if self._made % WRITES_BETWEEN_LOOKS == 0:
            self.known.forget()
        self._made += 1
        operation = self.chance.choice(self._operations)
        able = self._people[str(operation)]
        is_able = bool(able) and self.chance.random() < 0.95
        person = self.chance.choice(able if is_able else self._everyone())
        return operation, self._request(operation, person)

    def _everyone(self) -> list[Person]:
        people = self.engine.people.everyone()
        return [Person(user, one) for user in people for one in user.licenses]

    def _able(self, operation: Operation) -> list[Person]:
        route, _ = _route(operation)
        found = []
        for person in self._everyone():
            facility = self.engine.store.find("facilities", person.license_number)
            assert facility is not None
            if route.permits(person.user.permissions) and route.suits(
                facility.body["FacilityType"]
            ):
                found.append(person)
        return found

    def _request(self, operation: Operation, person: Person) -> Request:
        query = {}
        if "licenseNumber" in operation.query:
            query["licenseNumber"] = person.license_number
        path = operation.path
        for name in operation.path_names:
            path = path.replace("{" + name + "}", self._segment(operation, person))
        pair = f"{self.engine.people.vendor_key}:{person.user.user_key}".encode()
        headers = {"authorization": "Basic " + base64.b64encode(pair).decode()}
        body = self._body(operation, person) if operation.body else b""
        return Request(operation.method, path, urlencode(query), headers, body, lambda _: True)

    def _segment(self, operation: Operation, person: Person) -> str:
        if self.chance.random() < 0.05:
            return self.chance.choice(("0", "-1", "x", "9" * 30, "%00", "1.5"))
        return str(self.known.row_id(operation.path, person.license_number))

    def _body(self, operation: Operation, person: Person) -> bytes:
        if self.chance.random() < 0.03:
            return self.chance.choice(_WHOLE_BODIES)
        if operation.body == "object":
            return _encoded(self._object(operation, person))
        count = self.chance.choice((1, 1, 1, 1, 2, 3, 10))
        return _encoded([self._object(operation, person) for _ in range(count)])

    def _object(self, operation: Operation, person: Person) -> dict[str, Any]:
        # Half of the objects are right in all fields, as far as the world lets one know.
        wrongness = self.chance.choice((0.0, 0.0, 0.05, 0.4))
        forgetfulness = self.chance.choice((0.0, 0.0, 0.1))
        root: dict[str, Any] = {}
        for name, kind in operation.fields.items():
            if self.chance.random() < forgetfulness:
                continue
            holder = _holder(root, name)
            if holder is None:
                continue
            last = name.rpartition(".")[2].removesuffix("[]")
            is_nested = any(one.startswith(f"{name}[].") for one in operation.fields)
            if self.chance.random() < wrongness:
                holder[last] = copy.deepcopy(self.chance.choice(JUNK))
            elif is_nested:
                holder[last] = [{}]
            else:
                holder[last] = self.known.value(operation.path, name, kind, person.license_number)
        return root


def _holder(root: dict[str, Any], name: str) -> dict[str, Any] | None:
    """Return the object that holds the last step of a field's name; None where junk stands."""
    here: Any = root
    for step in name.split(".")[:-1]:
        here = here.setdefault(step.removesuffix("[]"), [{}])
        if isinstance(here, list) and here:
            here = here[0]
        if not isinstance(here, dict):
            return None
    return here


def _route(operation: Operation) -> tuple[Route, tuple[str, ...]]:
    found = find_route(operation.method, operation.filled())
    assert not isinstance(found, int), operation
    return found


def _encoded(content: Any) -> bytes:
    return json.dumps(content).encode()
