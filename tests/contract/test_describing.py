"""The contract as data, as OpenAPI, as a page, as a fixture and on the command line."""

from __future__ import annotations

from urllib.error import HTTPError
from urllib.request import urlopen

import httpx
import pytest

from metrc_simulator.console import main
from metrc_simulator.contract.openapi import openapi
from metrc_simulator.contract.operations import OPERATIONS
from metrc_simulator.testing import SimulatedMetrc, simulated_metrc

__all__ = ["simulated_metrc"]


def test_the_contract_names_each_of_metrcs_278_operations_once() -> None:
    assert len({str(one) for one in OPERATIONS}) == len(OPERATIONS) == 278


def test_an_operation_carries_what_metrc_documents() -> None:
    found = {str(one): one for one in OPERATIONS}["GET /packages/v2/active"]
    assert found.license_rule == "required"
    assert found.is_paged and found.is_windowed and found.answer == "page"
    assert found.permissions == ("View Packages",)
    assert found.row["Label"] == "string" and found.row["LocationId"] == "integer?"


def test_the_openapi_document_holds_every_operation_and_nested_fields() -> None:
    paths = openapi()["paths"]
    assert sum(len(methods) for methods in paths.values()) == 278
    body = paths["/packages/v2/"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    inner = body["items"]["properties"]["Ingredients"]["items"]["properties"]
    assert inner["Quantity"] == {"type": "number"}


def test_coverage_prints_every_operation_and_metrcs_own_gaps(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["coverage"]) == 0
    printed = capsys.readouterr().out
    assert all(f"  {one}\n" in printed for one in OPERATIONS)
    assert "GET /webhooks/v2/: the answer is not documented" in printed


@pytest.mark.metrc_world("empty")
def test_the_fixture_serves_the_api_the_document_and_the_page(
    simulated_metrc: SimulatedMetrc,
) -> None:
    keys = simulated_metrc.keys("Fay")
    answer = httpx.get(f"{simulated_metrc.address}/facilities/v2/", auth=keys)
    assert answer.status_code == 200 and answer.json()
    with urlopen(f"{simulated_metrc.address}/openapi.json") as document:
        assert document.headers["Content-Type"].startswith("application/json")
    page = httpx.get(f"{simulated_metrc.address}/docs/")
    assert "/openapi.json" in page.text and page.headers["content-type"].startswith("text/html")


def test_the_fixtures_desk_says_no_loudly(simulated_metrc: SimulatedMetrc) -> None:
    with pytest.raises(HTTPError, match="404"):
        simulated_metrc.desk("fly")
