"""Odd input and many callers at once: never a crash, never a lost gram."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import pytest

from metrc_simulator.desk.door import VERBS
from metrc_simulator.routes.finder import ROUTES
from tests.simulator.conftest import DIST, LAB, MFG, TODAY, Metrc, adjustment, split

FIELDS = [
    "Id",
    "Tag",
    "Label",
    "PackageLabel",
    "Item",
    "Quantity",
    "UnitOfMeasure",
    "ActualDate",
    "Ingredients",
    "Location",
    "Name",
    "MoveDate",
    "Destinations",
    "Packages",
    "ItemCategory",
    "AdjustmentReason",
    "AdjustmentDate",
    "ReasonNote",
    "Note",
    "TransferTemplateId",
    "JobName",
    "JobType",
    "Results",
    "ResultDate",
    "RequiredLabTestBatches",
    "UseSameItem",
    "licenseNumber",
    "deliveryId",
    "templateId",
    "transferId",
    "packages",
    "labels",
    "count",
    "rules",
    "world",
    "offsetSeconds",
]
ODD: list[Any] = [
    None, 5, -1, 10**30, 1.5, "", "x", "\u0000", "é" * 300, True, [], [5], [[]], [{}], {}, {"a": []}
]  # fmt: skip


def people_for(path: str) -> tuple[str, str]:
    return ("Lou", LAB) if path.startswith("/labtests") else ("Fay", MFG)


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: repr(odd)[:12])
def test_no_odd_value_in_any_field_breaks_any_write(
    metrc: Metrc, odd: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    label = metrc.stock(MFG, 100)
    good = {**split(metrc.tags()[0], label, 1), **adjustment(label, 1), "MoveDate": TODAY}
    for route in ROUTES:
        if route.method not in {"POST", "PUT"}:
            continue
        user, license_number = people_for(route.path)
        for body in ({**good, **dict.fromkeys(FIELDS, odd)}, {**good, "Quantity": odd}, {}):
            answer = metrc.call(route.method, route.path, user, license_number, json=[body])
            assert answer.status_code in {200, 400, 401}, (route.path, body, answer.text)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: repr(odd)[:12])
def test_no_odd_value_breaks_a_desk_verb(metrc: Metrc, odd: Any) -> None:
    for verb in VERBS:
        for payload in (
            dict.fromkeys(FIELDS, odd),
            {"licenseNumber": MFG, "fromLicense": DIST, "toLicense": MFG, "packages": [{}]},
            {"licenseNumber": MFG, "label": odd, "passed": True, "kind": "hold", "on": True},
        ):
            answer = metrc.http.post(f"/desk/api/{verb}", json=payload)
            assert answer.status_code in {200, 400}, (verb, payload, answer.text)
    metrc.desk("api", up=True)


@pytest.mark.parametrize("segment", ["0", "9" * 30, "9" * 6_000, "%00", "a%2Fb", "-5", "١٢", "²"])
def test_no_odd_id_breaks_a_call(
    metrc: Metrc, segment: str, capfd: pytest.CaptureFixture[str]
) -> None:
    for route in ROUTES:
        if "{id}" in route.path:
            user, license_number = people_for(route.path)
            path = route.path.replace("{id}", segment)
            answer = metrc.call(route.method, path, user, license_number)
            assert answer.status_code in {400, 401, 404}, (path[:80], answer.status_code)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("number", ["9" * 18, "9" * 30, "9" * 6_000, "-1", "1e3", "%00", "²"])
def test_no_odd_number_in_a_query_breaks_a_read(metrc: Metrc, number: str) -> None:
    for name in ("pageNumber", "pageSize", "lastModifiedStart", "packageId", "harvestId"):
        for path in ("/packages/v2/active", "/labtests/v2/results", "/harvests/v2/waste"):
            query = {"licenseNumber": MFG, name: number}
            answer = metrc.call("GET", path, "Fay", None, params=query)
            assert answer.status_code in {200, 400, 401}, (path, name, answer.status_code)
    assert metrc.http.get(f"/desk/api/journal?after={number}").status_code in {200, 400}


@pytest.mark.parametrize(
    "sent",
    [b"NONSENSE\r\n\r\n", b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n", b"\x00" * 70_000],
)
def test_what_is_no_http_gets_an_answer_and_the_server_lives(metrc: Metrc, sent: bytes) -> None:
    port = urlsplit(str(metrc.http.base_url)).port
    with socket.create_connection(("127.0.0.1", port or 0), timeout=5) as raw:
        raw.sendall(sent)
        assert raw.recv(1000).startswith(b"HTTP/1.1 4")
    assert metrc.http.get("/desk/").status_code == 200


def test_many_writers_at_once_lose_no_gram_and_share_no_id(metrc: Metrc) -> None:
    source = metrc.stock(MFG, 1000)
    rows = [split(tag, source, 12.5) for tag in metrc.tags()[:24]]

    def make(row: dict[str, Any]) -> int:
        answer = metrc.post("/packages/v2/", "Ana", MFG, row)
        metrc.get("/packages/v2/active", "Ana", MFG, pageSize=20)
        made: int = answer.json()["Ids"][0]
        return made

    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(make, rows))
    assert len(set(ids)) == 24
    assert Decimal(str(metrc.package(source)["Quantity"])) == 700
    assert metrc.applied().count("package created") == 24
    seqs = [entry["seq"] for entry in metrc.journal()]
    assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))


@pytest.mark.parametrize("header", ["Basic \xe9\xe9", "Basic ====", "Basic /////w==", "Basic"])
def test_a_key_that_is_no_base64_is_a_wrong_key(metrc: Metrc, header: str) -> None:
    for path in ("/facilities/v2/", f"/sandbox/v2/tagtypes?licenseNumber={MFG}"):
        answer = metrc.http.get(path, headers={"Authorization": header.encode("latin-1")})
        assert answer.status_code == 401, path
