"""A running simulator per test, and short words for calling it as a person or as the desk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from metrc_simulator.running import running

MFG = "CDPH-19990001"
DIST = "C11-9990001-LIC"
LAB = "C8-9990001-LIC"
R1 = "C10-9990001-LIC"
R2 = "C10-9990002-LIC"
SUP = "CDPH-19990077"
NEIGHBOR = "CDPH-19990500"
TODAY = "2026-11-23"
CART = "Blue Dream Vape Cart 1 g"


@dataclass
class Metrc:
    """One simulator seen from outside."""

    http: httpx.Client
    keys: dict[str, Any] = field(default_factory=dict)

    def auth(self, user: str) -> tuple[str, str]:
        """Return the Basic pair of a user of the world."""
        if not self.keys:
            self.keys = self.http.get("/desk/api/keys").json()
        found = next(one for one in self.keys["users"] if one["name"] == user)
        return self.keys["vendorKey"], found["userKey"]

    def call(
        self, method: str, path: str, user: str, license_number: str | None, **rest: Any
    ) -> httpx.Response:
        """Make one API call."""
        params = dict(rest.pop("params", {}))
        if license_number is not None:
            params["licenseNumber"] = license_number
        return self.http.request(method, path, params=params, auth=self.auth(user), **rest)

    def get(
        self, path: str, user: str, license_number: str | None = None, **params: Any
    ) -> httpx.Response:
        """Read."""
        return self.call("GET", path, user, license_number, params=params)

    def post(self, path: str, user: str, license_number: str | None, *rows: Any) -> httpx.Response:
        """Create."""
        return self.call("POST", path, user, license_number, json=list(rows))

    def put(self, path: str, user: str, license_number: str | None, *rows: Any) -> httpx.Response:
        """Change."""
        return self.call("PUT", path, user, license_number, json=list(rows))

    def desk(self, verb: str, **payload: Any) -> Any:
        """Do something at the desk and return its answer; the test fails when it is refused."""
        answer = self.http.post(f"/desk/api/{verb}", json=payload)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def refused(self, verb: str, **payload: Any) -> str:
        """Do something that the desk must refuse, and return its sentence."""
        answer = self.http.post(f"/desk/api/{verb}", json=payload)
        assert answer.status_code == 400, answer.text
        sentence: str = answer.json()["error"]
        return sentence

    def journal(self, after: int = 0) -> list[dict[str, Any]]:
        """Return the journal."""
        found: list[dict[str, Any]] = self.http.get(f"/desk/api/journal?after={after}").json()
        return found

    def applied(self) -> list[str]:
        """Return the names of all effects so far, in order."""
        return [one["effect"] for entry in self.journal() for one in entry["applied"]]

    def stock(
        self, to: str, quantity: float, item: str = "Crude Oil", unit: str = "Grams", **more: Any
    ) -> str:
        """Put one package into a licence's hands and return its label."""
        row = {"item": item, "quantity": quantity, "unitOfMeasure": unit, **more}
        sent = self.desk("ship-in", fromLicense=SUP, toLicense=to, packages=[row])
        label: str = sent["labels"][0]
        self.desk(
            "receive",
            licenseNumber=to,
            deliveryId=sent["deliveryId"],
            packages=[{"label": label}],
        )
        return label

    def package(self, label: str, user: str = "Fay", license_number: str = MFG) -> dict[str, Any]:
        """Return a package's row."""
        answer = self.get(f"/packages/v2/{label}", user, license_number)
        assert answer.status_code == 200, (label, answer.status_code)
        row: dict[str, Any] = answer.json()
        return row

    def tags(self, user: str = "Fay", license_number: str = MFG) -> list[str]:
        """Return the labels of the available package tags, lowest first."""
        rows = self.get("/tags/v2/package/available", user, license_number).json()
        return sorted(row["Label"] for row in rows)


def split(tag: str, source: str, quantity: float, **more: Any) -> dict[str, Any]:
    """Return the body of a package made from one source, of the same item and unit."""
    return {
        "Tag": tag,
        "UseSameItem": True,
        "Quantity": quantity,
        "UnitOfMeasure": "Grams",
        "ActualDate": TODAY,
        "Ingredients": [{"Package": source, "Quantity": quantity, "UnitOfMeasure": "Grams"}],
        **more,
    }


def adjustment(label: str, quantity: float, **more: Any) -> dict[str, Any]:
    """Return the body of an adjustment in grams."""
    return {
        "Label": label,
        "Quantity": quantity,
        "UnitOfMeasure": "Grams",
        "AdjustmentReason": "Scale Variance",
        "AdjustmentDate": TODAY,
        "ReasonNote": None,
        **more,
    }


@pytest.fixture(scope="session")
def small_world(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The cast with few tags, as a world file: it starts in a blink."""
    text = resources.files("metrc_simulator.worlds").joinpath("cast.yaml").read_text("utf-8")
    cast = yaml.safe_load(text)
    for facility in cast["facilities"]:
        facility["package_tags"] = 30
        if facility["number"] == R1:
            facility["extra_flags"] = ["CanHaveMemberPatients"]
    cast["users"].append({"name": "Lab Manager", "role": "everything", "licenses": [LAB]})
    cast["users"].append({"name": "Seller", "role": "selling", "licenses": [R1, R2, MFG]})
    path: Path = tmp_path_factory.mktemp("worlds") / "small.yaml"
    path.write_text(yaml.safe_dump(cast), encoding="utf-8")
    return str(path)


@pytest.fixture
def metrc(small_world: str) -> Iterator[Metrc]:
    """A simulator of its own for one test."""
    with (
        running(small_world) as server,
        httpx.Client(base_url=server.address, timeout=20) as client,
    ):
        yield Metrc(client)
