"""The sandbox's helpers: keys, tags and goods without a person in between."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest

from tests.simulator.conftest import LAB, MFG, Metrc

CREATE = "/sandbox/v2/packages/create"


def ask(metrc: Metrc, method: str, path: str, body: Any = None, **more: Any) -> httpx.Response:
    metrc.auth("Fay")
    headers = more.pop("headers", {"x-metrc-key": metrc.keys["vendorKey"]})
    params = {"licenseNumber": more.pop("at", MFG), **more.pop("params", {})}
    return metrc.http.request(method, path, params=params, headers=headers, json=body)


def test_minted_tags_are_available_at_once_and_never_repeat(metrc: Metrc) -> None:
    before = metrc.tags()
    body = {"TagType": "cannabis package", "Count": 3}
    answer = ask(metrc, "POST", "/sandbox/v2/facility/tags", body).json()
    assert (answer["TagType"], answer["Count"]) == ("Cannabis Package", 3)
    assert sorted([*before, *answer["Labels"]]) == metrc.tags()
    names = [row["Name"] for row in ask(metrc, "GET", "/sandbox/v2/tagtypes/").json()]
    assert names == ["Cannabis Package"]
    for wrong in ({**body, "Count": 1001}, {**body, "TagType": "Cannabis Plant"}):
        refused = ask(metrc, "POST", "/sandbox/v2/facility/tags", wrong)
        assert refused.status_code == 400


def test_goods_are_made_of_tags_and_items_that_fit_the_filter(metrc: Metrc) -> None:
    answer = ask(
        metrc, "POST", CREATE, {"Count": 2, "FilterBy": "Name", "FilterValue": "crude oil"}
    )
    numbers = answer.json()["Ids"]
    rows = [metrc.get(f"/packages/v2/{number}", "Fay", MFG).json() for number in numbers]
    assert [row["Item"]["Name"] for row in rows] == ["Crude Oil", "Crude Oil"]
    assert [row["Quantity"] for row in rows] == [100, 100]
    assert not {row["Label"] for row in rows} & set(metrc.tags())
    assert len(ask(metrc, "POST", CREATE, {}).json()["Ids"]) == 10


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"Count": 101}, "from 1 to 100"),
        ({"FilterBy": "Color", "FilterValue": "red"}, "none of Name, Category, UnitOfMeasure"),
        ({"FilterBy": "Name"}, "FilterValue was not specified."),
        ({"FilterBy": "Name", "FilterValue": "Gold"}, "No Item of the current Facility"),
        ({"Count": 50}, "available package tags"),
    ],
)
def test_goods_that_cannot_be_made_are_refused_with_the_reason(
    metrc: Metrc, body: dict[str, Any], words: str
) -> None:
    answer = ask(metrc, "POST", CREATE, body)
    assert answer.status_code == 400
    assert words in answer.json()["Message"]
    assert len(metrc.tags()) == 30


def test_a_minted_user_may_work_in_every_facility(metrc: Metrc) -> None:
    path = "/sandbox/v2/integrator/setup"
    key = ask(metrc, "POST", path).json()["UserKey"]
    again = ask(metrc, "POST", path, params={"userKey": key})
    assert again.json() == {"UserKey": key}
    assert ask(metrc, "POST", path, params={"userKey": "nobody"}).status_code == 204
    pair = (metrc.keys["vendorKey"], key)
    for license_number in (MFG, LAB):
        params = {"licenseNumber": license_number}
        assert metrc.http.get("/packages/v2/active", params=params, auth=pair).status_code == 200


def test_the_vendor_key_comes_in_a_header_of_its_own_or_as_basic(metrc: Metrc) -> None:
    metrc.auth("Fay")
    path = "/sandbox/v2/tagtypes"
    basic = base64.b64encode(f"{metrc.keys['vendorKey']}:".encode()).decode()
    assert ask(metrc, "GET", path, headers={"authorization": f"Basic {basic}"}).status_code == 200
    assert ask(metrc, "GET", path, headers={}).status_code == 401
    assert ask(metrc, "GET", path, headers={"x-metrc-key": "wrong"}).status_code == 401
    vendor_only = {"x-metrc-key": metrc.keys["vendorKey"]}
    assert ask(metrc, "GET", "/packages/v2/active", headers=vendor_only).status_code == 401
